"""What goes into the journal comes out of it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.core.catalogue import Outcome
from bot.core.inputs import Action, ActionKind, Details, Event, Reload
from bot.store.operations import Append
from bot.store.rows import ERROR, REFERENCE, STATUS, VALUES, event_row, input_of, key_of, other_row, unreadable_row
from bot.store.values import RowKind, RowStatus

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_VALUES = st.one_of(
    _TEXT,
    st.booleans(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(_TEXT, max_size=3).map(tuple),
)
_FIELDS = st.dictionaries(_TEXT, _VALUES, max_size=4)
_EVENTS = st.builds(
    Event,
    event_id=st.from_regex(r"evt_[0-9a-f]{20}", fullmatch=True),
    source=_TEXT,
    type=_TEXT,
    at=st.just(0),
    outcomes=st.lists(st.sampled_from(Outcome), max_size=3).map(tuple),
    fields=_FIELDS,
    occurred_at=st.none() | st.integers(-(1 << 62), 1 << 62),
    details=st.sampled_from(Details),
)


def _row(make: Any, *values: Any) -> Append:
    loop = asyncio.new_event_loop()
    try:
        row: Append = make(*values, loop.create_future())
    finally:
        loop.close()
    return row


@given(sent=_EVENTS, at=st.integers(0, 1 << 50))
def test_an_event_comes_back_as_it_went_in_but_for_its_time(sent: Event, at: int) -> None:
    row = _row(event_row, sent, "event", b"{}", "https://files.example.com")
    back = input_of(row.values, at, None, lambda _event, _body: None)
    assert back == msgspec.structs.replace(sent, at=at)
    assert isinstance(back, Event)
    assert {name: type(value) for name, value in back.fields.items()} == {
        name: type(value) for name, value in sent.fields.items()
    }


def test_the_payload_is_decoded_from_the_body_while_there_is_one() -> None:
    sent = Event(event_id="evt_1", source="extend", type="t", at=0)
    row = _row(event_row, sent, "event", b'{"a": 1}', None)
    given_body = input_of(row.values, 5, b'{"a": 1}', lambda event, body: (event.event_id, body))
    assert isinstance(given_body, Event)
    assert given_body.raw == ("evt_1", b'{"a": 1}')


def test_actions_and_reloads_come_back() -> None:
    action = Action(at=0, kind=ActionKind.ACKNOWLEDGE, alert_id="al_1", actor="Ana")
    for sent in (action, Reload(at=0, version="v1")):
        row = _row(other_row, sent)
        assert row.key is None
        assert input_of(row.values, 7, None, lambda _event, _body: None) == msgspec.structs.replace(sent, at=7)


def test_an_unreadable_body_has_no_input_and_an_id_of_its_own() -> None:
    row = _row(unreadable_row, "extend", b"\xff", "not UTF-8")
    assert input_of(row.values, 7, b"\xff", lambda _event, _body: None) is None
    assert (row.values[STATUS], row.values[ERROR]) == (RowStatus.QUARANTINED, "not UTF-8")
    assert row.event_id != _row(unreadable_row, "extend", b"\xfe", "not UTF-8").event_id
    assert row.event_id != _row(unreadable_row, "alfred", b"\xff", "not UTF-8").event_id


def test_every_row_has_a_value_for_every_column() -> None:
    sent = Event(event_id="evt_1", source="extend", type="t", at=0)
    rows = [
        _row(event_row, sent, "event", b"", "url"),
        _row(other_row, Reload(at=0, version="v")),
        _row(unreadable_row, "extend", b"", "why"),
    ]
    assert {len(row.values) for row in rows} == {len(VALUES)}
    assert rows[0].values[REFERENCE] == "url"


def test_later_rows_of_an_event_have_keys_of_their_own() -> None:
    keys = {key_of(kind.value, "evt_1") for kind in (RowKind.EVENT, RowKind.ENVELOPE, RowKind.COMPLETION)}
    assert len(keys) == 3
    assert key_of(RowKind.EVENT.value, "evt_1") == key_of(RowKind.OWN.value, "evt_1") == "evt_1"
