from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.catalogue import TYPES
from bot.errors import UsageError
from bot.sources import WIRE_NAMES, build, hint_for_wire_name
from bot.sources.names import MAX_NAME, clean_name
from tests.tools.samples import Settings


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("workflow_run.failed", "extend.workflow_run.failed"),
        ("processor_run.failed", "extend.extract_run.failed"),
        ("extend.processor_run.processed", "extend.extract_run.processed"),
        ("processor.version.published", "extend.extractor.version.published"),
        ("parser_run.failed", "extend.parse_run.failed"),
        ("extend.parser_run.failed", "extend.parse_run.failed"),
        ("job_failed_event", "alfred.job.failed"),
        ("alfred_event_job_failed", "alfred.job.failed"),
        ("JOB_EXCEEDED_RETRIES_EVENT", "alfred.job.exceeded_retries"),
        ("job_failed", "alfred.job.failed"),
        ("job.failed", "alfred.job.failed"),
        ("alfred.job_failed", "alfred.job.failed"),
        ("alfred.job.failed_event", "alfred.job.failed"),
        ("file_added_to_job_event", "alfred.file.add_to_job"),
        (" file_done_event ", "alfred.file.done"),
        ("alfred.job.failed", None),
        ("extend.workflow_run.failed", None),
        ("failed", None),
        ("job_paused_event", None),
        ("", None),
    ],
)
def test_a_wire_spelling_is_answered_with_our_name(name: str, hint: str | None) -> None:
    assert hint_for_wire_name(name) == hint


def test_every_hint_is_a_type_and_every_type_has_a_spelling() -> None:
    assert set(WIRE_NAMES.values()) == set(TYPES)


@given(st.text(max_size=300))
def test_a_cleaned_name_can_stand_anywhere(name: str) -> None:
    cleaned = clean_name(name)

    assert 1 <= len(cleaned) <= MAX_NAME
    assert set(cleaned) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert clean_name(cleaned) == cleaned


def test_an_unknown_kind_of_source_is_named() -> None:
    with pytest.raises(UsageError, match="smtp"):
        build(Settings(name="mail", kind="smtp"))


@pytest.mark.parametrize("kind", ["extend", "alfred"])
def test_a_source_is_made_of_its_settings(kind: str) -> None:
    source = build(Settings(name="n", kind=kind, fetch_from=("a.example",)))

    assert (source.name, source.kind, source.fetch_from) == ("n", kind, ("a.example",))
