"""The faults that `make mutants` plants still have a place in the code."""

from __future__ import annotations

import pytest

from tests.mutants import CORE, FAULTS, ROOT, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_the_text_that_a_fault_changes_stands_in_the_code_exactly_once(fault: Fault) -> None:
    assert (ROOT / CORE / fault.file).read_text().count(fault.old) == 1
    assert fault.new != fault.old


def test_there_are_at_least_twenty_five_faults() -> None:
    assert len({(fault.file, fault.old) for fault in FAULTS}) >= 25
