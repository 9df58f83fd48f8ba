from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.store.absence import Absence


@given(st.sets(st.text()), st.text())
def test_what_was_noted_may_be_there_and_most_of_what_was_not_is_absent(noted: set[str], other: str) -> None:
    absence = Absence()
    absence.note(noted)

    assert set(absence.possible(noted)) == noted
    assert noted or absence.possible([other]) == []


def test_of_many_keys_few_others_seem_to_be_there() -> None:
    absence, noted = Absence(), [f"extend/run/{number}" for number in range(100_000)]
    absence.note(noted)

    assert absence.possible(noted) == noted
    assert len(absence.possible(f"alfred/job/{number}" for number in range(10_000))) < 200
