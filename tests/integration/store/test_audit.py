"""What people did: recorded once, read back, and kept longer than the journal around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.decisions import Decisions
from bot.core.deeds import silenced
from bot.core.inputs import Action, ActionKind
from bot.core.rule import MS_PER_DAY
from bot.store import Store, settling
from bot.store.audit import audit
from bot.store.values import Cursor, Keep, Signature, Way
from tests.clocks import VirtualClock
from tests.integration.store.opened import BODY, append_all, event, look, opened


def acknowledged(card: str = "al_1", actor: str = "ana") -> Action:
    return Action(at=0, kind=ActionKind.ACKNOWLEDGE, actor=actor, alert_id=card)


def by(number: int, way: Way = Way.BUTTON) -> Signature:
    return Signature(f"ac_{number}", way, f"U{number}")


async def test_actions_are_read_back_with_who_what_when_and_by_which_way(tmp_path: Path) -> None:
    clock = VirtualClock()
    silence = silenced("ac_2", (("rule", "r"),), until=5, actor="ben", reason="work")
    async with opened(tmp_path / "t.db", clock) as store:
        await store.append_action(acknowledged(), by(1))
        clock.advance(1_000)
        await store.append_action(silence, by(2, Way.CLI))
        await store.append(event(), BODY)
        second, first = await store.ask(audit)
    assert (first.action.alert_id, first.action.actor, first.signature) == ("al_1", "ana", by(1))
    assert (second.signature, second.at - first.at, second.action.at) == (by(2, Way.CLI), 1_000, second.at)
    assert second.action.silence == silence.silence


async def test_the_same_signed_action_is_journaled_once_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    async with opened(path) as store:
        first = await store.append_action(acknowledged(), by(1))
        again = await store.append_action(acknowledged(), by(1))
    async with opened(path) as store:
        later = await store.append_action(acknowledged(), by(1))
        other = await store.append_action(acknowledged(), by(2))
        assert len(await store.inputs_after(0, 10)) == 2
    assert [one.duplicate for one in (first, again, later, other)] == [False, True, True, False]
    assert again.seq == later.seq == first.seq


async def test_the_trail_of_one_card_and_of_before_a_time(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with opened(tmp_path / "t.db", clock) as store:
        for number in range(5):
            await store.append_action(acknowledged(f"al_{number % 2}"), by(number))
            clock.advance(1_000)
        of_one = await store.ask(lambda cursor: audit(cursor, card_id="al_1"))
        newest = await store.ask(lambda cursor: audit(cursor, limit=2))
        older = await store.ask(lambda cursor: audit(cursor, before=newest[-1].at))
    assert [entry.seq for entry in of_one] == [4, 2]
    assert [entry.seq for entry in newest] == [5, 4]
    assert [entry.seq for entry in older] == [3, 2, 1]


async def test_actions_outlive_the_events_around_them_and_go_by_keep_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "SETTLE_AT", 4)
    monkeypatch.setattr(settling, "STEP", 4)
    clock, path = VirtualClock(), tmp_path / "t.db"
    keep = Keep(bodies_ms=MS_PER_DAY, keys_ms=10 * MS_PER_DAY, audit_ms=400 * MS_PER_DAY)
    async with opened(path, clock, keep=keep) as store:
        await append_all(store, ["1"])
        await store.append_action(acknowledged(), by(1))
        await append_all(store, ["2"])
        clock.advance(20 * MS_PER_DAY)
        await _grow(store, 10)
        await store.prune()
        rows = [seq for (seq,) in look(path, "SELECT seq FROM journal ORDER BY seq")]
        assert rows == [2, *range(4, 14)], "the events before and after the action are gone, the action is not"
        assert (await store.append_action(acknowledged(), by(1))).duplicate
        assert len(await store.ask(audit)) == 1
        clock.advance(381 * MS_PER_DAY)
        await _grow(store, 20)
        await store.prune()
        assert await store.ask(audit) == []
        assert not (await store.append_action(acknowledged(), by(1))).duplicate


async def _grow(store: Store, first: int) -> None:
    """Append enough events, one a batch, for older keys to be settled; let all be decided."""
    for number in range(first, first + 10):
        await append_all(store, [str(number)])
    rows = await store.inputs_after(store.cursor().seq, 1_000)
    await store.save(Decisions(), Cursor(rows[-1].seq, rows[-1].input.at))
