"""Writes docs/events.md: what the bot makes of every sample, taken from the code itself.

`python -m tests.tools.events_table` prints the page, `--write` puts it in its place. A test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from bot.core.catalogue import TYPES, UNTOLD_TYPES, possible_outcomes
from bot.core.fields import FIELDS
from bot.sources import Reading
from tests.tools.samples import Sample, all_samples, source_of
from tests.tools.shipped_alerts import shipped_alerts

PAGE: Final = Path(__file__).parents[2] / "docs" / "events.md"
Column = Callable[[Sample], str]

_HEAD: Final = """\
# Events

Written by `python -m tests.tools.events_table --write` from the code and the files of `bot/cli/samples`; a test fails when page and code differ.

Every event becomes one of our **types**, with the **outcomes** of that type and those that only its content tells, and with typed **fields** that are named the same on both platforms. A field that an event does not carry is missing, never guessed; so is a text that shows nothing (blank, zero-width, control and bidi characters) or that is nothing but `null`, `None`, `undefined` or `nil`. `source` and `environment` are always there and not repeated below. Everything else stays reachable as `raw.path.to.value` (Extend: inside `payload`; Alfred: inside `event`, in the flat dialect the whole body).

* An Extend type that nobody listed becomes `extend.` + its eventType, an Alfred name `alfred.` + its name without `alfred_event_` and `_event`; both without outcome, in lower case, at most 100 characters, other characters than `a-z 0-9 . _ -` as `_`. An Alfred name that `more_types` of the source admits is read under the spelling that stands there.
* `workflow` is the workflow's name for runs of a workflow, and the name of the extractor, classifier or splitter for their runs and changes. Steps carry neither; job memory lends it.
* `run` is the event's own run; for a step the run of its workflow, which version 2025-04-21 does not tell.
* `cause` on Extend is the failureReason as sent, for a step that of the run inside it; on Alfred the first error message. `last_error` is the last message, `errors` all of them. A failed validation names the rules that did not hold in `errors`.
* `company` on Extend is the first of the configured metadata paths that leads to a text or a number (here `metadata.company`, then `metadata.tenant`).
* `document` is the file's name; on Alfred, where there is none, the last part of the blob's name.
* Times without a zone are UTC. When an Extend run happened is when it ended or was reviewed, else when it last changed; when it was created or started is not taken for it.
* Alfred's `event_time` is about a year off in every published example, so nothing is reckoned from it. It is kept as the event's own time; a card shows it where it is more than 5 minutes and less than 24 hours before receipt, and never says of an Alfred event that it was late. Of an Extend event a card says so when it is more than 5 minutes and less than 7 days late: a clock further off than that is taken to be wrong.
* Of a key that stands twice in a JSON object, the last one counts.
* Fields named in the source's `drop` are taken out at any depth before anything is stored, also where a key stands twice: a body in which such a name stands is written anew. An unreadable body is treated alike as far as it is JSON; one that is no JSON and mentions such a name, or may hide one behind escapes or NUL bytes, is not kept: its size and SHA-256 stand in for it. JSON that is itself written inside a text (`"{\\"content\\": …}"`) is text, and `drop` does not reach into it.
* The last column tells what the shipped rules do when all samples are posted to a new bot in the order of this page: an alert *fires*, one that stands is seen *again* (its card changes), or it *resolves*. Many samples are about one and the same run; what such a one does *alone*, on a bot of its own, is said where it differs. Rules in `mode: shadow` (extend-new-cause) post nothing and are left out. A test posts all files over HTTP and compares.
"""  # noqa: E501 - a line of the page is a paragraph

_TYPES_HEAD: Final = """
## Types

| type | outcome | also, where the content says so |
|---|---|---|
"""
_UNTOLD_HEAD: Final = """
Older Extend names whose payload does not tell which kind of processor they are about keep their name:

| type | outcome |
|---|---|
"""


def page(alerts: Column | None = None) -> str:
    """Return the whole page; `alerts` fills the last column for each sample, by default with the shipped rules'."""
    shipped = shipped_alerts() if alerts is None else {}
    return _HEAD + _types() + "".join(_samples(alerts or (lambda sample: shipped.get(sample.label, "-"))))


def _types() -> str:
    listed = "".join(f"| {name} | {of} | {_code(_more(name))} |\n" for name, of in TYPES.items())
    return _TYPES_HEAD + listed + _UNTOLD_HEAD + "".join(f"| {name} | {of} |\n" for name, of in UNTOLD_TYPES.items())


def _more(event_type: str) -> list[str]:
    return sorted(possible_outcomes(event_type) - {TYPES[event_type]})


def _samples(alerts: Column) -> Iterator[str]:
    titles = ["sample", "type", "outcomes", "fields", "alerts with the shipped rules"]
    for (platform, version), group in groupby(all_samples(), lambda sample: (sample.platform, sample.version)):
        yield f"\n## {' '.join(filter(None, (platform.capitalize(), version)))}\n\n"
        yield f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|\n"
        for sample in group:
            yield f"| {' | '.join([*_cells(sample), alerts(sample)])} |\n"


def _cells(sample: Sample) -> list[str]:
    source = source_of(sample)
    if source.handshake(sample.body) is not None:
        return [sample.name, "-", "-", "the handshake: its challenge is echoed, nothing is stored"]
    reading = source.read(sample.body)
    return [sample.name, reading.event.type, _code(reading.event.outcomes), _fields(reading)]


def _fields(reading: Reading) -> str:
    names = [name for name in FIELDS if name in reading.event.fields and name not in {"source", "environment"}]
    return ", ".join(names) + (" (payload by reference)" if reading.reference else "")


def _code(words: list[str] | tuple[str, ...]) -> str:
    return ", ".join(words)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
