"""`make mutants`: plants faults in the core, one at a time, and sees whether the core's own tests catch each.

A suite that passes says little until it has been seen to fail. Each fault is one that somebody could make: a bound off
by one, a timer that is not cancelled, a counter that is not emptied. The tests run on a copy, so the code stays as it
is. tests/unit/core/test_mutants.py sees to it that every fault still has the place in the code that it changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
CORE: Final = Path("bot/core")
TESTS: Final = "tests/unit/core"
TIMEOUT_S: Final = 120
# Fewer examples than in `make test`: what is planted is found by the first ones or by a story.
EXAMPLES: Final = "60"
_OTHERS: Final = ("mutants", "hours", "localtime", "cause", "zones")


class Fault(NamedTuple):
    """One change of one file: the text that is there exactly once, and what stands there instead."""

    what: str
    file: str
    old: str
    new: str


FAULTS: Final = (
    Fault("threshold off by one", "counting.py", "len(live) >= kind.threshold", "len(live) > kind.threshold"),
    Fault("the window's edge is inside", "counting.py", "if sighting.at > start", "if sighting.at >= start"),
    Fault("too few sightings kept", "counting.py", "match)[-kind.threshold :]", "match)[-kind.threshold + 1 :]"),
    Fault("a distinct value is not renewed", "counting.py", "if old.value != match.value", "if old is not None"),
    Fault("the minimum of a share is exclusive", "share.py", "matched or of < kind.", "matched or of <= kind."),
    Fault(
        "the share itself is exclusive",
        "share.py",
        "return matched * denominator >= numerator * of",
        "return matched * denominator > numerator * of",
    ),
    Fault("a share's window never drains", "share.py", "return tally.at\n", "return window[-1].at\n"),
    Fault("moments that are joined lose events", "share.py", "later.of + other.of", "later.of"),
    Fault("a row is one too long", "waits.py", "row >= kind.threshold", "row > kind.threshold"),
    Fault(
        "a second opening does not restart the clock",
        "waits.py",
        "turn.desk.rule_set),\n        values=kept_values(turn.rule, turn.enriched),\n        since=turn.at,",
        "turn.desk.rule_set),\n        since=slice_.since or turn.at,",
    ),
    Fault("what closes is not looked at while a clock runs", "step.py", "or slice_.pending is not None or", "or"),
    Fault(
        "a row is not broken by what breaks it", "lifecycle.py", "since=None, row=0, values={}", "since=None, values={}"
    ),
    Fault("an excuse is ignored", "waits.py", "if is_excused(turn, slice_):", "if False:"),
    Fault(
        "an excuse lasts for ever", "excuse.py", "slice_.closed_at > turn.at - EXCUSED_FOR_MS", "slice_.closed_at > 0"
    ),
    Fault(
        "a final opening is excused", "excuse.py", "and is_final(enriched.event.outcomes)):", "and not enriched.event):"
    ),
    Fault("a lent id closes", "match.py", "name in enriched.lent and", "name == '' and"),
    Fault("an ended alert keeps its timers", "lifecycle.py", "for name in _names(rule)})", "for name in ()})"),
    Fault(
        "an ending leaves the window",
        "lifecycle.py",
        "recent=slice_.recent if keeps_window else ()",
        "recent=slice_.recent",
    ),
    Fault(
        "nothing ever expires", "ending.py", "return None if rule.expiry_ms is None else", "return None if rule else"
    ),
    Fault(
        "quiet time counts from firing",
        "ending.py",
        "due = alert.last_at + quiet",
        "due = alert.fired_at + quiet",
    ),
    Fault(
        "a timer that came too early ends the alert",
        "ticking.py",
        "elif due > tick.at:",
        "elif due > tick.at + 10**15:",
    ),
    Fault(
        "a deadline sooner than its time",
        "ruleclock.py",
        "return start + duration if",
        "return start + duration - 1 if",
    ),
    Fault(
        "a reminder after it was acknowledged",
        "following.py",
        "alert.state is not AlertState.FIRING or",
        "not alert.state.is_open or",
    ),
    Fault("reminders while the first message is held", "following.py", "or alert.held_by is not None or", "or"),
    Fault("reminders while a silence hushes", "following.py", " or alert.hushed is not None:", ":"),
    Fault(
        "one reminder and no more",
        "ticking.py",
        "None if following_due is None else max(following_due, desk.at)",
        "None",
    ),
    Fault(
        "a step names its person twice",
        "following.py",
        "return None if step.mention in named else step.mention",
        "return None",
    ),
    Fault("a storm never begins", "storm.py", "len(recent) < storm.messages\n", "len(recent) < 10**6\n"),
    Fault("a storm never ends", "storm.py", "if due > desk.at:", "if due > 0:"),
    Fault(
        "a released alert is not told",
        "gates.py",
        "for key in held_slices(desk, BY_RULE, over.rule, rule.name):",
        "for key in ():",
    ),
    Fault(
        "any alert inhibits, whatever its key",
        "inhibiting.py",
        "all(fields[field] == shared[field] for field in both)",
        "True",
    ),
    Fault(
        "a shadow inhibits",
        "inhibiting.py",
        "alert is None or alert.mode is not Mode.LIVE",
        "alert is None",
    ),
    Fault("what inhibits has no first turn", "decide.py", "if len(found) > 1:", "if len(found) > 99:"),
    Fault("what ends together releases", "gates.py", " or ends_now(rule, slice_, desk.at):", ":"),
    Fault("a joined stretch never leaves", "share.py", "found[-1].at // width == tally.at // width", "tally"),
    Fault("a silence holds nothing", "gates.py", "if not silences:", "if silences:"),
    Fault("a silence's end releases nothing", "silencing.py", "gates.reconsider(desk, key)", "gates.silence_of"),
    Fault(
        "a silence does not warn",
        "silencing.py",
        "desk.into.timers[(mark, WARNING)] = silence.until -",
        "_ = silence.until -",
    ),
    Fault(
        "hours hold nothing",
        "gates.py",
        "if quiet is not None and not hours.is_open",
        "if quiet is None and not hours.is_open",
    ),
    Fault(
        "what ended in the night is forgotten", "handing_over.py", "if not member.state.is_open]", "if member is None]"
    ),
    Fault("a group posts what has ended", "grouping.py", "    elif free:\n", "    else:\n"),
    Fault(
        "a member that ends is not counted down",
        "roundups.py",
        "roundup.standing + now.is_open - was.is_open",
        "roundup.standing",
    ),
    Fault(
        "a shadow is told",
        "gates.py",
        "if alert.mode is Mode.LIVE and alert.channels else alert",
        "if alert.channels else alert",
    ),
    Fault("a new value is not renewed by a sighting", "novelty.py", "| {mark: at}", "| {mark: seen.get(mark, at)}"),
    Fault("exactly the time ago is not new", "novelty.py", "before <= ruleclock", "before < ruleclock"),
    Fault(
        "a field is not learnt",
        "enrich.py",
        "if name in fields:\n                told",
        "if name in fields and name != 'company':\n                told",
    ),
    Fault("timers of one instant come before events", "timers.py", "timer.due >= before", "timer.due > before"),
    Fault("a moved timer fires at its old time", "timers.py", "== timer.due:", "is not None:"),
    Fault(
        "effects of a rule that raised stay",
        "decide.py",
        "Overlay(desk.view, own), own)",
        "desk.view, desk.into)",
    ),
    Fault(
        "a rule that raises takes others with it",
        "decide.py",
        "        set_aside(match.rule, enriched.event, error, desk.into)\n",
        "        raise\n",
    ),
    Fault("the key's order makes another alert", "identity.py", "for pair in sorted(key)", "for pair in key"),
    Fault(
        "an alert of a vanished rule stays open",
        "reloading.py",
        "if rule is None or rule.mode is Mode.OFF:",
        "if rule is not None and rule.mode is Mode.OFF:",
    ),
)


def main() -> None:
    """Plant every fault, or those from a number on; say which were caught; end with 1 when one was not."""
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    planted = list(enumerate(FAULTS, 1))[first - 1 :]
    missed = [fault for number, fault in planted if not _report(number, fault)]
    _say(f"{len(planted) - len(missed)} of {len(planted)} faults were caught")
    sys.exit(1 if missed else 0)


def _report(number: int, fault: Fault) -> bool:
    caught = _is_caught(fault)
    _say(f"{number:2d} {'caught' if caught else 'MISSED'}  {fault.file}: {fault.what}")
    return caught


def _is_caught(fault: Fault) -> bool:
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        for name in ("bot", "tests"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "samples"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        place = copy / CORE / fault.file
        place.write_text(place.read_text().replace(fault.old, fault.new))
        return _fails(copy)


def _fails(copy: Path) -> bool:
    environment = {**os.environ, "TOCSIN_EXAMPLES": EXAMPLES, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *_tests(copy)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter on our own files
            command, cwd=copy, env=environment, timeout=TIMEOUT_S, capture_output=True, check=False
        )
    except subprocess.TimeoutExpired:
        return True  # what hangs is noticed too
    return done.returncode == 1


def _tests(copy: Path) -> list[str]:
    """Return the core's tests, stories first: laws take longer. Hours and causes are not where faults are planted."""
    found = {str(path.relative_to(copy)) for path in (copy / TESTS).glob("test_*.py")}
    wanted = sorted(name for name in found if not any(other in name for other in _OTHERS))
    return sorted(wanted, key=lambda name: "laws" in name)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
