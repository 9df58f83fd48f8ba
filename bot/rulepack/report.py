"""What `check --json` and `test --json` print, as RULES.md fixes it, and the same for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bot.config.notes import ERROR
from bot.errors import Problem
from bot.rulepack.examples import ExampleResult


def is_ok(problems: Iterable[Problem], results: Iterable[ExampleResult]) -> bool:
    """Say whether everything is well; warnings alone are."""
    return not any(problem.level == ERROR for problem in problems) and all(result.ok for result in results)


def as_json(problems: Iterable[Problem], results: Iterable[ExampleResult]) -> dict[str, Any]:
    """Return the one object that goes to stdout."""
    problems, results = list(problems), list(results)
    return {
        "ok": is_ok(problems, results),
        "problems": [problem._asdict() for problem in problems],
        "examples": [_example(result) for result in results],
    }


def as_lines(problems: Iterable[Problem], results: Iterable[ExampleResult], *, verbose: bool = False) -> Iterator[str]:
    """Yield lines for a terminal: problems, failed examples with their timeline (with `verbose` all of them), a sum."""
    problems, results = list(problems), list(results)
    yield from map(str, problems)
    for result in results:
        if verbose or not result.ok:
            yield from _example_lines(result)
    failed = sum(not result.ok for result in results)
    errors = sum(problem.level == ERROR for problem in problems)
    warnings = len(problems) - errors
    counts = (_counted(errors, "error"), _counted(warnings, "warning"), _counted(len(results), "example"))
    yield f"{', '.join(counts)}, {failed} of them failed"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _example(result: ExampleResult) -> dict[str, Any]:
    return {
        "file": result.file,
        "rule": result.rule,
        "name": result.name,
        "ok": result.ok,
        "message": result.message,
        "timeline": list(result.timeline),
    }


def _example_lines(result: ExampleResult) -> Iterator[str]:
    yield f"{'ok    ' if result.ok else 'FAILED'} {result.file}:{result.line} {result.rule}: {result.name}"
    if result.message:
        yield f"       {result.message}"
    yield from (f"       {line}" for line in result.timeline)
