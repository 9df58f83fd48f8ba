"""`when` and `resolved_by`: outcomes, types, globs and `any`, or what somebody meant who wrote something else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bot.config.nodes import Node, Text
from bot.config.notes import Notes
from bot.config.shapes import JsonSchema, ListOf, Shape, text_at
from bot.config.words import nearest, one_of
from bot.core.catalogue import TYPES, UNTOLD_TYPES, Outcome
from bot.core.selector import OWN_SOURCE, Selector, fnmatch
from bot.rulepack.traits import ALFRED, EXTEND

ANY: Final = "any"
_GLOB: Final = re.compile(r"[a-z0-9_.*-]+")
_OUTCOMES: Final = frozenset(outcome.value for outcome in Outcome)


def _wire_names() -> dict[str, str]:
    """Map how the platforms spell their events to our types, in all versions and dialects."""
    found: dict[str, str] = {}
    for name in TYPES:
        platform, bare = name.split(".", 1)
        if platform == EXTEND:
            found[bare] = name
        else:
            flat = bare.replace(".", "_")
            found |= dict.fromkeys((flat, f"{flat}_event", f"alfred_event_{flat}"), name)
    for end in ("processed", "failed"):
        found[f"processor_run.{end}"] = f"extend.extract_run.{end}"
        found[f"parser_run.{end}"] = found[f"{EXTEND}.parser_run.{end}"] = f"extend.parse_run.{end}"
    for what in ("created", "updated", "deleted", "draft.updated", "version.published"):
        found[f"processor.{what}"] = f"extend.extractor.{what}"
    found["file_added_to_job_event"] = "alfred.file.add_to_job"
    return found


WIRE_NAMES: Final = _wire_names()


class SelectorWord(Shape):
    """One word of a selector. Whether a type exists is asked later, when the config's `more_types` are known."""

    def _schema(self) -> JsonSchema:
        known = [*_OUTCOMES, *TYPES, *UNTOLD_TYPES, ANY]
        return {"anyOf": [{"enum": sorted(known)}, {"type": "string", "pattern": "\\*|^(extend|alfred|tocsin)\\."}]}

    def _read(self, node: Node, notes: Notes) -> Text | None:
        return text_at(node, notes, "an outcome, a type or a glob")


SELECTOR: Final = ListOf(SelectorWord())


def resolve(words: Iterable[Text], known_types: frozenset[str], notes: Notes) -> Selector:
    """Return the selector of written words; a word that means nothing is noted with the nearest that does."""
    kept = [word for word in words if _is_known(word, known_types, notes)]
    texts = [word.text for word in kept]
    return Selector(
        outcomes=frozenset(Outcome(text) for text in texts if text in _OUTCOMES),
        types=frozenset(text for text in texts if text in known_types),
        globs=tuple(text for text in texts if "*" in text),
        any=ANY in texts,
    )


def _is_known(word: Text, known_types: frozenset[str], notes: Notes) -> bool:
    if word.text == ANY or word.text in _OUTCOMES or word.text in known_types:
        return True
    if "*" in word.text:
        return _is_glob(word, known_types, notes)
    message, hint = unknown_type(word.text, known_types, also=(*_OUTCOMES, ANY))
    notes.error(word, message, hint=hint)
    return False


def _is_glob(word: Text, known_types: frozenset[str], notes: Notes) -> bool:
    if not _GLOB.fullmatch(word.text):
        notes.error(word, f"`{word.text}` can match no type: a glob is small letters, digits, `.`, `_` and `*`")
    elif not any(fnmatch(name, word.text) for name in known_types if not name.startswith(OWN_SOURCE)):
        near = nearest(word.text, known_types)
        notes.error(word, f"no listed type matches `{word.text}`; `more_types` of a source admits new ones", hint=near)
    else:
        return True
    return False


def unknown_type(word: str, known_types: frozenset[str], also: Iterable[str] = ()) -> tuple[str, str]:
    """Return what is wrong with a word that is no type, and the nearest valid one."""
    said = word.strip().lower()
    for spelling in (said, said.replace(".", "_"), said.removeprefix(f"{EXTEND}."), said.removeprefix(f"{ALFRED}.")):
        if spelling in WIRE_NAMES and WIRE_NAMES[spelling] in known_types:
            ours = WIRE_NAMES[spelling]
            return f"`{word}` is how the platform spells it; here it is `{ours}`", ours
    valid = {*known_types, *also}
    hint = nearest(word, valid)
    outcomes = f"; outcomes are {one_of(_OUTCOMES, 20)}, types look like extend.workflow_run.failed"
    return f"no outcome or type `{word}`" + ("" if hint else outcomes), hint
