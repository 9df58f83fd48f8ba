"""The object that `check --json` prints, and the lines for a person."""

from __future__ import annotations

from bot.errors import Problem
from bot.rulepack.examples import ExampleResult
from bot.rulepack.report import as_json, as_lines, is_ok

ERROR = Problem("rules/a.yaml", 8, 5, "severty", "error", "unknown key `severty`", "severity")
WARNING = ERROR._replace(level="warning")
GOOD = ExampleResult("rules/a.yaml", "r", "fine", ok=True, message="", timeline=("t0",), line=3)
BAD = ExampleResult(
    "rules/a.yaml", "r", "four is not enough", ok=False, message="expected …", timeline=("t1", "t2"), line=9
)


def test_the_object_is_as_programs_expect_it() -> None:
    assert as_json([ERROR], [BAD]) == {
        "ok": False,
        "problems": [
            {
                "file": "rules/a.yaml",
                "line": 8,
                "column": 5,
                "word": "severty",
                "level": "error",
                "message": "unknown key `severty`",
                "hint": "severity",
            }
        ],
        "examples": [
            {
                "file": "rules/a.yaml",
                "rule": "r",
                "name": "four is not enough",
                "ok": False,
                "message": "expected …",
                "timeline": ["t1", "t2"],
            }
        ],
    }


def test_warnings_alone_are_ok_and_a_failed_example_is_not() -> None:
    assert is_ok([WARNING], [GOOD])
    assert not is_ok([ERROR], [GOOD])
    assert not is_ok([], [GOOD, BAD])


def test_a_terminal_shows_problems_failures_and_a_sum() -> None:
    lines = list(as_lines([ERROR, WARNING], [GOOD, BAD]))
    assert lines[0] == "rules/a.yaml:8:5: error: unknown key `severty` (did you mean severity?)"
    assert "FAILED rules/a.yaml:9 r: four is not enough" in lines
    assert not any("fine" in line for line in lines)
    assert lines[-1] == "1 error, 1 warning, 2 examples, 1 of them failed"


def test_verbose_shows_every_timeline() -> None:
    assert any("t0" in line for line in as_lines([], [GOOD], verbose=True))
