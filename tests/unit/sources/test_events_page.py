from __future__ import annotations

import re

from bot.core.catalogue import TYPES, UNTOLD_TYPES
from tests.tools import events_table
from tests.tools.samples import all_samples


def test_the_page_says_what_the_code_does() -> None:
    written = events_table.PAGE.read_text(encoding="utf-8")

    assert written == events_table.page(), "run python -m tests.tools.events_table --write"


def test_every_sample_and_every_type_has_a_row() -> None:
    rows = re.findall(r"^\| (\S+) \|", events_table.page(), re.MULTILINE)

    assert [row for row in rows if row in TYPES or row in UNTOLD_TYPES] == [*TYPES, *UNTOLD_TYPES]
    assert sorted(rows) == sorted(
        ["type", "type", *["sample"] * 4, *TYPES, *UNTOLD_TYPES, *(s.name for s in all_samples())]
    )


def test_another_part_can_add_what_each_sample_alerts() -> None:
    page = events_table.page(alerts=lambda sample: f"rule for {sample.name}")

    assert "| sample | type | outcomes | fields | alerts with the shipped rules |" in page
    assert "| rule for workflow_run.needs_review |" in page
