"""kill -9 around the minute of the digest, on five days. `make soak` does it on fifty."""

from __future__ import annotations

from pathlib import Path

from tests.e2e import digest_kills
from tests.fakes.slack import FakeSlack

KILLS = 5


async def test_a_bot_killed_around_the_scheduled_minute_posts_one_digest_a_day_with_the_right_numbers(
    tmp_path: Path,
) -> None:
    async with FakeSlack() as fake:
        digest_kills.furnish(fake, tmp_path)
        lived = await digest_kills.days(tmp_path, KILLS, seed=3)
        assert digest_kills.verdict(fake, tmp_path, lived) == []
        # The verdict itself must be able to say no.
        digest = next(one for one in fake.messages() if str(one.content.get("text", "")).startswith("daily, "))
        fake.workspace.messages.append(digest)
        assert len(digest_kills.verdict(fake, tmp_path, lived)) == 1
    for life in range(2 * KILLS + 1):
        assert "Traceback" not in (tmp_path / f"err-{life}.txt").read_text()
