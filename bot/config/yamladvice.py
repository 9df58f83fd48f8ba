"""What the YAML parser complains about, in the words of somebody who wants to write a rule."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from bot.config.notes import Notes

QUOTE_IT: Final = "put it in quotes"
_VALUE: Final = re.compile(r"^(?P<before>\s*(?:- +)*(?:[\w.\-]+: +)?)(?P<value>\S.*?)\s*$")
_STARTERS: Final = {
    "{": "a text that starts with `{` is a map for YAML",
    "[": "a text that starts with `[` is a list for YAML",
    "%": "a text cannot start with `%`",
    "@": "a text cannot start with `@`",
    "`": "a text cannot start with a backtick",
    "*": "`*` at the start means an alias in YAML",
    "&": "`&` at the start means an anchor in YAML",
    "!": "`!` at the start means a tag in YAML",
    "|": "`|` at the start means a block text in YAML",
    ">": "`>` at the start means a folded text in YAML",
}
_PLAIN_WORDS: Final = (
    ("found unknown escape", "an escape that YAML does not know: inside double quotes write `\\\\` for one backslash"),
    ("invalid Unicode", "an escape that is no character"),
    ("block sequence entries are not allowed", "a `- ` item cannot stand here: begin the list on a line of its own"),
    ("mapping keys are not allowed", f"`? ` means a complex key in YAML: {QUOTE_IT}"),
    ("could not find expected ':'", "a `:` is missing after this word, or a quote or bracket above is not closed"),
    ("did not find expected ',' or '}'", f"a `,` or `}}` is missing; if this is a text, {QUOTE_IT}"),
    ("did not find expected ',' or ']'", f"a `,` or `]` is missing; if this is a text, {QUOTE_IT}"),
    ("did not find expected '-' indicator", "every item of a list starts with `- `, all in the same column"),
    ("did not find expected key", "this line does not fit those above: look at its indentation"),
    ("did not find expected node content", f"a value cannot start like this: {QUOTE_IT}"),
    ("unknown directive", f"a text cannot start with `%`: {QUOTE_IT}"),
)


class _Place(NamedTuple):
    line: int
    column: int


def explain(error: Any, lines: list[str], notes: Notes) -> None:
    """Note one `yaml.MarkedYAMLError` at the place that the writer has to change."""
    mark, context = _place(error.problem_mark), _place(error.context_mark)
    here = mark or context or _Place(0, 0)
    problem = str(error.problem or "")
    if "unexpected end of stream" in problem and context:
        notes.at(context.line + 1, context.column + 1, "the quote that opens here is never closed")
        return
    if "mapping values are not allowed" in problem:
        _explain_colon(here, lines, notes)
        return
    if _explain_start(here, lines, notes):
        return
    said = next((words for part, words in _PLAIN_WORDS if part in problem), f"this is not YAML: {problem}")
    here = _inside(here, lines)
    notes.at(here.line + 1, here.column + 1, said, word=_word_at(here, lines))


def _explain_colon(here: _Place, lines: list[str], notes: Notes) -> None:
    """A second `: ` in one line is a text that wants quotes; a first one is an indentation that does not fit."""
    found = _VALUE.match(_line(here, lines))
    before = len(found["before"]) if found else 0
    if found and before < here.column and before > len(_line(here, lines)) - len(_line(here, lines).lstrip(" -")):
        advice = _STARTERS.get(found["value"][0], "a text with `: ` in it is a map for YAML")
        notes.at(here.line + 1, before + 1, f"{advice}: {QUOTE_IT}", word=found["value"])
        return
    message = "this line does not fit those above: look at its indentation, and whether a `:` is missing above"
    notes.at(here.line + 1, _indentation(here, lines) + 1, message, word=_line(here, lines).strip())


def _explain_start(here: _Place, lines: list[str], notes: Notes) -> bool:
    """Say so when the value on this line starts with a character that YAML keeps for itself."""
    found = _VALUE.match(_line(here, lines))
    if found is None:
        return False
    start = _Place(here.line, len(found["before"]))
    if here.column > start.column and _word_at(here, lines, back=1)[:1] in {"*", "&", "!"}:
        start = _Place(here.line, here.column - 1)
    word = _line(start, lines)[start.column :].rstrip()
    if word[:1] in {"'", '"'} and here.column > start.column and not word.endswith(word[0]):
        notes.at(start.line + 1, start.column + 1, "text goes on after the closing quote: quote all of it", word=word)
        return True
    if word[:1] not in _STARTERS or _only_open(word):
        return False
    notes.at(start.line + 1, start.column + 1, f"{_STARTERS[word[:1]]}: {QUOTE_IT}", word=_first_part(word))
    return True


def _only_open(word: str) -> bool:
    """A bracket that is never closed on its line is a list or map with a fault inside, not a text."""
    closing = {"{": "}", "[": "]"}.get(word[:1])
    return closing is not None and (closing not in word or word.endswith(closing))


def _first_part(word: str) -> str:
    return word if word[:1] in {"{", "["} else re.split(r"[,\]}]", word)[0]


def _place(mark: Any) -> _Place | None:
    return None if mark is None else _Place(mark.line, mark.column)


def _line(here: _Place, lines: list[str]) -> str:
    return lines[here.line] if here.line < len(lines) else ""


def _indentation(here: _Place, lines: list[str]) -> int:
    line = _line(here, lines)
    return len(line) - len(line.lstrip(" "))


def _inside(here: _Place, lines: list[str]) -> _Place:
    """The parser often notices at the end of the file; show the last line that says something instead."""
    line = min(here.line, len(lines) - 1)
    while line > 0 and not lines[line].strip():
        line -= 1
    return here if line == here.line else _Place(line, len(lines[line].rstrip()))


def _word_at(here: _Place, lines: list[str], back: int = 0) -> str:
    found = re.match(r"\S*", _line(here, lines)[max(0, here.column - back) :])
    return found.group() if found else ""
