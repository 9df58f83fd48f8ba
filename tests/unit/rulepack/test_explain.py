"""`check --explain`: a rule in plain words with every default filled in."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from bot.rulepack.explain import explain
from tests.unit.rulepack.written import CONFIG, NAMES, rules_in


def said(folder: Path, keys: str, config: str = CONFIG + NAMES) -> dict[str, str]:
    """Return what is said of one rule, by label."""
    text = 'defaults: {notify: doc-alerts}\nrules:\n  r:\n    title: "{job}"\n' + indent(keys, "    ")
    loaded = rules_in(folder, text, config)
    assert not loaded.has_errors, loaded.problems
    lines = list(explain(loaded.rule_set, ["r", "r", "another"]))
    assert lines[0] == f"r ({folder / 'rules.yaml'}:3)"
    pairs = (line.strip().split(":", 1) for line in lines[1 : lines.index("")])
    return {label: words.strip() for label, words in pairs}


def test_a_rule_of_two_keys_is_explained_with_every_default(tmp_path: Path) -> None:
    assert said(tmp_path, "when: failed\n") == {
        "fires on": "every event (failed)",
        "where": "no further condition",
        "clock": "runs always",
        "one alert": "for each run, else job, else file that events are about",
        "ends": "by a person only",
        "expires": "1d after the last match, which is not resolved: nobody confirmed a fix",
        "message": "warning, “{job}”",
        "shows": "a preset for the platform",
        "top": "nothing",
        "tells": "doc-alerts",
        "when told": "at once, at any time",
        "reminds": "never",
        "then": "no further steps",
        "held by": "no other rule",
        "mode": "live, told",
        "owner": "nobody",
        "runbook": "none",
        "means": "nobody has written it down",
        "examples": "2",
    }


# keys, then the label, and what is said there
WORDS = [
    (
        "when: [failed, alfred.job.retry, 'extend.*']\n",
        "fires on",
        "every event (failed, alfred.job.retry or extend.*)",
    ),
    ("when: failed\nat_least: 5\nwithin: 15m\n", "fires on", "at least 5 events (failed) within 15m"),
    ("when: failed\nat_least: 5\nwithin: 15m\n", "ends", "when the condition is false again"),
    ("when: failed\nat_least: 5\nwithin: 15m\n", "expires", "never by itself"),
    ("when: failed\nat_least: 5\nwithin: 15m\n", "one alert", "for all of them"),
    ("when: failed\nat_least: 5\nwithin: 15m\n", "top", "the three most frequent values of cause"),
    (
        "when: failed\nat_least: 5\nwithin: 15m\ndistinct: run\n",
        "fires on",
        "at least 5 different values of run in events (failed) within 15m",
    ),
    (
        "when: failed\nat_least: 12.5%\nof: [finished, failed]\nwithin: 1h\nminimum: 20\n",
        "fires on",
        "events (failed) that are at least 12.5% of the events (failed or finished) within 1h, once there are 20",
    ),
    (
        "when: failed\nconsecutive: 3\n",
        "fires on",
        "3 events (failed) in a row, with none between them that is finished",
    ),
    ("when: failed\nconsecutive: 3\n", "ends", "with an event that is finished, of the same key"),
    (
        "when: needs_review\nnot_followed_by: [finished, rejected]\nwithin: 30m\n",
        "fires on",
        "an event (needs_review) after which none that is finished or rejected comes within 30m",
    ),
    ("when: failed\nabsent_for: 2h\n", "fires on", "no event (failed) for 2h"),
    ("when: failed\nabsent_for: 2h\n", "ends", "with the next match"),
    (
        "when: any\nnew_value: cause\nwithin: 30d\n",
        "fires on",
        "an event (any) with a value of cause that was not seen in the 30d before",
    ),
    (
        "when: failed\nwhere: {company: [A, B], score: {less_than: 0.5}}\n",
        "where",
        "company is A or B, and score is less than 0.5",
    ),
    (
        "when: failed\nwhere: {any: [{company: A}, {cause: {exists: no}, tag: x}], not: {valid: no}}\n",
        "where",
        "(company is A, or (cause is missing, and tag is x)), and not (valid is no)",
    ),
    (
        "when: failed\nper: [source, job]\nif_unknown: skip\n",
        "one alert",
        "for each source and job; events that lack one are left out",
    ),
    (
        "when: failed\nresolved_by: finished\nresolved_after: 2h\n",
        "ends",
        "with an event that is finished, of the same key; or after 2h without a match",
    ),
    (
        "when: failed\nabsent_for: 2h\nduring: office\n",
        "clock",
        "runs only in office (mon-fri 08:00 to 18:00, UTC, not on 1 holiday)",
    ),
    (
        "when: failed\ngroup_wait: 5m\nnotify_during: nights\n",
        "when told",
        (
            "after collecting for 5m, in nights (mon-sun 22:00 to 06:00 of the next day, Europe/Madrid); "
            "outside them held, and handed over as one card"
        ),
    ),
    ("when: failed\nrepeat: 4h\n", "reminds", "every 4h from firing, while nobody has acknowledged"),
    (
        'when: failed\nthen: [{after: 2h, notify: [{channel: "{job}", otherwise: y}, z], mention: ana}, {after: 3h}]\n',
        "then",
        (
            "2h after firing, unless acknowledged, tells {job} (otherwise y) and z and mentions ana; "
            "3h after firing, unless acknowledged, tells its own channels"
        ),
    ),
    ("when: failed\nmode: shadow\n", "mode", "shadow, evaluated and counted, not posted"),
    ("when: failed\ndescription: |\n  Look\n  here.\n", "means", "Look here."),
    ("when: failed\nshow: []\n", "shows", "no fields"),
]


@pytest.mark.parametrize(("keys", "label", "words"), WORDS)
def test_each_key_is_said_in_words(tmp_path: Path, keys: str, label: str, words: str) -> None:
    assert said(tmp_path, keys)[label] == words


def test_inhibitors_and_the_storm_are_said(tmp_path: Path) -> None:
    text = "defaults: {notify: d}\nrules: {a: {title: t, when: failed, inhibited_by: b}, b: {title: t, when: failed}}\n"
    lines = list(explain(rules_in(tmp_path, text).rule_set, []))
    assert "  held by:     b while that stands" in lines
    assert lines[-1].startswith("All rules: a channel takes 20 first messages within 5m;")
