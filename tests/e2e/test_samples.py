"""Every documented event, posted as it stands to a running bot with the rules that ship."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from bot.core.rule import Mode
from bot.core.selector import OWN_SOURCE
from bot.core.state import AlertState
from bot.store import open_reading
from tests.e2e.bots import running, sending, settle_in
from tests.tools.events_table import PAGE
from tests.tools.samples import all_samples
from tests.tools.shipped_alerts import ALONE
from tests.waiting import eventually_async

_ROW = re.compile(r"^\| (\S+) \| (\S+) \| ([^|]*) \| [^|]* \| ([^|]*) \|$", re.MULTILINE)


def rows_of_the_page() -> list[tuple[str, str, set[str], list[str]]]:
    """Return name, type, outcomes and what happens in order, for every sample in the order of docs/events.md."""
    found = _ROW.findall(PAGE.read_text("utf-8"))
    return [
        (name, kind, set(filter(None, outcomes.split(", "))), alerts.split(ALONE)[0].split(", "))
        for name, kind, outcomes, alerts in found
        if name != "sample"
    ]


async def test_every_sample_is_answered_200_and_does_exactly_what_the_page_says(tmp_path: Path) -> None:
    rows, samples = rows_of_the_page(), list(all_samples())
    assert [row[0] for row in rows] == [sample.name for sample in samples]
    settle_in(tmp_path)
    ids = []
    async with running(tmp_path, "--dev") as bot, sending(bot.port) as sender:
        for sample, (_, kind, _, _) in zip(samples, rows, strict=True):
            answer = await (sender.extend if sample.platform == "extend" else sender.alfred)(sample.body)
            assert answer.status == 200, sample.label
            assert ("challenge" in answer.values) if kind == "-" else (answer.values["status"] == "accepted"), sample
            ids.append(answer.event_id)

        async def decided() -> bool:
            with open_reading(tmp_path / "var" / "tocsin.db") as reads:
                return reads.counts().behind == 0

        await eventually_async(decided, "every sample to be decided")
        assert await bot.stop() == 0
    with open_reading(tmp_path / "var" / "tocsin.db") as reads:
        for event_id, (name, kind, outcomes, _) in zip(ids, rows, strict=True):
            if kind != "-":
                event = reads.event(event_id)[0].event
                assert event is not None
                assert (name, event.type, set(event.outcomes)) == (name, kind, outcomes)
        listed = [alert for alert in reads.alerts(limit=1_000) if not alert.rule.startswith(f"{OWN_SOURCE}-")]
    alerts = [alert for alert in listed if alert.mode is Mode.LIVE]
    assert {alert.rule for alert in listed if alert.mode is not Mode.LIVE} == {"extend-new-cause"}
    words = Counter(word for *_, told in rows for word in told if word != "-")
    assert Counter(f"fires {alert.rule}" for alert in alerts) == _only("fires", words)
    resolved = [alert for alert in alerts if alert.state is AlertState.RESOLVED]
    assert Counter(f"resolves {alert.rule}" for alert in resolved) == _only("resolves", words)
    assert len(alerts) > 10


def _only(change: str, words: Counter[str]) -> Counter[str]:
    return Counter({word: count for word, count in words.items() if word.startswith(f"{change} ")})
