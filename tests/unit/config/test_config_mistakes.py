"""What is wrong with a config: file, line, column, word and hint, all of it at once."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from bot.config.load import examine_config, load_config
from bot.errors import InvalidInputError

GOOD = """\
sources:
  extend: {kind: extend, secrets: [env:SECRET]}
rules: [rules/]
"""
ENV = {"SECRET": "s", "TOKEN": "t"}


def problems(tmp_path: Path, text: str, level: str = "error") -> list[tuple[int, int, str, str]]:
    path = tmp_path / "config.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    _, found = examine_config(path, ENV, dev=False, secrets_required=True)
    assert all(problem.file == str(path) for problem in found)
    return [(p.line, p.column, p.word, p.hint) for p in found if p.level == level]


# (what is added to GOOD from line 4 on, line, column, word, hint)
ADDED = [
    ("sever: {port: 1}\n", 4, 1, "sever", "server"),
    ("server: {prot: 1}\n", 4, 10, "prot", "port"),
    ("server: {port: http}\n", 4, 16, "http", ""),
    ("server: {port: 70000}\n", 4, 16, "70000", ""),
    ("server: {max_body: 32 MiB}\n", 4, 20, "32 MiB", ""),
    ("server: {max_body: 0MiB}\n", 4, 20, "0MiB", ""),
    ("server: {external_url: alerts.example.org}\n", 4, 24, "alerts.example.org", ""),
    ("server: {host: 'http://x'}\n", 4, 16, "http://x", ""),
    ("server: {host: not a host}\n", 4, 16, "not a host", ""),
    ("server: {host: 127.0.0.1:8080}\n", 4, 16, "127.0.0.1:8080", ""),
    ("server: {host: 999.1.1.1}\n", 4, 16, "999.1.1.1", ""),
    ("server: {host: '[::1]'}\n", 4, 16, "[::1]", ""),
    ("server: {host: a..b}\n", 4, 16, "a..b", ""),
    ("server: {host: '-a'}\n", 4, 16, "-a", ""),
    ("server: 8080\n", 4, 9, "8080", ""),
    ("timezone: Europe/Madird\n", 4, 11, "Europe/Madird", "Europe/Madrid"),
    ("timezone: ../etc/passwd\n", 4, 11, "../etc/passwd", ""),
    ("store: postgres://x\n", 4, 8, "postgres://x", ""),
    ('store: "sqlite:///:memory:"\n', 4, 8, "sqlite:///:memory:", ""),
    ("store: sqlite:///var/\n", 4, 8, "sqlite:///var/", ""),
    ("store: sqlite:///.\n", 4, 8, "sqlite:///.", ""),
    ("store: sqlite:////tmp\n", 4, 8, "sqlite:////tmp", ""),
    ("store: sqlite:///config.yaml/x.db\n", 4, 8, "sqlite:///config.yaml/x.db", ""),
    ("keep: {bodies: 7}\n", 4, 16, "7", ""),
    ("keep: {bodies: 7 d}\n", 4, 16, "7 d", "7d"),
    ("keep: {bodies: 0d}\n", 4, 16, "0d", ""),
    ("keep: {max_size: 5}\n", 4, 18, "5", ""),
    ("storm: {messages: 0}\n", 4, 19, "0", ""),
    ("storm: {within: -5m}\n", 4, 17, "-5m", "5m"),
    ("hours: {o: {days: mon-fry, from: '08:00', to: '18:00'}}\n", 4, 19, "mon-fry", "mon-fri"),
    ("hours: {o: {days: mun, from: '08:00', to: '18:00'}}\n", 4, 19, "mun", "mon"),
    ("hours: {o: {days: 'mon, thursday', from: '08:00', to: '18:00'}}\n", 4, 19, "mon, thursday", "mon, thu"),
    ("hours: {o: {days: [xyz], from: '08:00', to: '18:00'}}\n", 4, 20, "xyz", ""),
    ("hours: {o: {days: weekdays, from: '08:00', to: '18:00'}}\n", 4, 19, "weekdays", "mon-fri"),
    ("digests: {d: {at: '08:30', days: tus, notify: a}}\n", 4, 34, "tus", "tue"),
    ("hours: {o: {days: mon-fri, from: '8:00', to: '18:00'}}\n", 4, 34, "8:00", ""),
    ("hours: {o: {days: mon-fri, from: '24:00', to: '18:00'}}\n", 4, 34, "24:00", ""),
    ("hours: {o: {days: mon-fri, from: '08:00', to: '08:00'}}\n", 4, 47, "08:00", ""),
    ("hours: {o: {days: mon, from: '08:00', to: '09:00', holidays: [2026-02-30]}}\n", 4, 63, "2026-02-30", ""),
    ("hours: {o: {from: '08:00', to: '09:00'}}\n", 4, 12, "days", ""),
    ("digests: {d: {at: '08:30'}}\n", 4, 14, "notify", ""),
    ("channels: {'#doc': C1}\n", 4, 12, "#doc", ""),
    ("channels: {doc: '#C1'}\n", 4, 17, "#C1", "C1"),
    ("channels:\n  doc: #C1\n", 5, 8, "#C1", ""),
    ("channels: {doc: C1}\ndigests: {d: {at: '08:30', notify: dco}}\n", 5, 36, "dco", "doc"),
    ("channels: {doc: C1}\ndigests: {d: {at: '08:30', notify: C1}}\n", 5, 36, "C1", "doc"),
    ("people: {ana: ana}\n", 4, 15, "ana", ""),
    ("slack: {bot_token: xoxb-1234}\n", 4, 20, "…", ""),
    ("slack: {bot_token: env:TOKEN, webhooks: {a: env:TOKEN}}\n", 4, 41, "webhooks", ""),
    ("slack: {bot_token: env:TOKEN, on_unknown: parc}\n", 4, 43, "parc", "park"),
    (
        "slack: {bot_token: env:TOKEN, may_act: [doc-oncal]}\npeople: {doc-oncall: S1AB}\n",
        4,
        41,
        "doc-oncal",
        "doc-oncall",
    ),
    ("slack: {bot_token: env:TOKEN, settle: 0s}\n", 4, 39, "0s", ""),
    ("slack: {bot_token: env:UNSET}\n", 4, 20, "env:UNSET", ""),
    ("slack: {bot_token: file:there/is/none}\n", 4, 20, "file:there/is/none", ""),
    ("api: {tokens: []}\n", 4, 15, "[…]", ""),
    ("api: {}\n", 4, 6, "tokens", ""),
    ("defaults: yes\n", 4, 11, "yes", ""),
    ("server: {}\nserver: {}\n", 5, 1, "server", ""),
]


@pytest.mark.parametrize("case", ADDED, ids=lambda case: case[0])
def test_a_mistake_is_shown_at_its_place(tmp_path: Path, case: tuple[str, int, int, str, str]) -> None:
    added, *expected = case
    assert problems(tmp_path, GOOD + added) == [tuple(expected)]


# (a whole config, its errors)
WHOLE = [
    ("", [(0, 0, "", "")]),
    ("# nothing\n", [(0, 0, "", "")]),
    ("just a text\n", [(1, 1, "just a text", "")]),
    ("- a\n", [(1, 1, "[…]", "")]),
    ("rules: [r]\n", [(1, 1, "sources", "")]),
    ("sources: {}\nrules: [r]\n", [(1, 10, "{…}", "")]),
    ("sources:\nrules: [r]\n", [(1, 9, "", "")]),
    ("sources: {e: {kind: extend, secrets: [env:SECRET]}}\nrules: []\n", [(2, 8, "[…]", "")]),
    ("sources: {e: {kind: extnd}}\nrules: [r]\n", [(1, 21, "extnd", "extend")]),
    ("sources: {e: {kind: extend}}\nrules: [r]\n", [(1, 14, "secrets", "")]),
    ("sources: {e: {kind: alfred}}\nrules: [r]\n", [(1, 14, "token", "")]),
    (
        "sources: {e: {kind: alfred, token: env:TOKEN, secrets: env:SECRET}}\nrules: [r]\n",
        [(1, 56, "secrets", "token")],
    ),
    ("sources: {E: {kind: alfred, token: env:TOKEN}}\nrules: [r]\n", [(1, 11, "E", "")]),
    ("sources: {tocsin: {kind: alfred, token: env:TOKEN}}\nrules: [r]\n", [(1, 11, "tocsin", "")]),
    (
        "sources: {e: {kind: alfred, token: env:TOKEN, more_types: [extend.a.b]}}\nrules: [r]\n",
        [(1, 60, "extend.a.b", "alfred.a.b")],
    ),
    (
        "sources: {e: {kind: alfred, token: env:TOKEN, fetch_from: ['https://x']}}\nrules: [r]\n",
        [(1, 60, "https://x", "")],
    ),
    ("sources: {e: {kind: alfred, token: env:TOKEN, link: '{x}'}}\nrules: [r]\n", [(1, 53, "{x}", "")]),
    ("sources: {e: {kind: alfred, token: env:TOKEN, company: a..b}}\nrules: [r]\n", [(1, 56, "a..b", "")]),
]


@pytest.mark.parametrize(("text", "expected"), WHOLE)
def test_a_config_without_what_it_needs_is_refused(
    tmp_path: Path, text: str, expected: list[tuple[int, int, str, str]]
) -> None:
    assert problems(tmp_path, text) == expected


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = "sources: {e: {kind: extnd}}\nruels: [r]\nserver: {port: x}\ntimezone: Nowhere/Land\n"
    words = [word for _, _, word, _ in problems(tmp_path, text)]
    assert words == ["extnd", "ruels", "x", "Nowhere/Land"]


def test_a_config_that_is_not_there_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="No such file") as raised:
        load_config(tmp_path / "none.yaml", {}, secrets_required=True)
    assert raised.value.problems[0].line == 0


def test_no_secret_written_into_the_file_is_said_again(tmp_path: Path) -> None:
    text = GOOD + "slack: {bot_token: xoxb-1234-my-secret}\n"
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError) as raised:
        load_config(path, ENV, secrets_required=True)
    assert "xoxb" not in str(raised.value)


# (added to GOOD, part of the warning)
DOUBTFUL = [
    ("", "previewed"),
    ("slack: {admin_channel: x}\n", "previewed"),
    ("slack: {webhooks: {doc: env:TOKEN}, admin_channel: ops}\n", "no channel `ops`"),
    ("slack: {bot_token: env:TOKEN}\n", "`channels:` is not set"),
    ("slack: {bot_token: env:TOKEN, settle: 30s}\n", "under 60s"),
    ("channels: {doc: C0123456789}\n", "placeholder C0123456789"),
    ("people: {ana: ana@example.com}\n", "placeholder ana@example.com"),
    ("server: {external_url: 'https://alerts.example.com'}\n", "placeholder https://alerts.example.com"),
]


@pytest.mark.parametrize(("added", "part"), DOUBTFUL)
def test_what_is_doubtful_is_a_warning(tmp_path: Path, added: str, part: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(GOOD + added, encoding="utf-8")
    config = load_config(path, ENV, secrets_required=True)
    assert any(part in warning.message for warning in config.warnings)
    assert {warning.level for warning in config.warnings} == {"warning"}


@pytest.mark.parametrize("host", ["192.0.2.1", "::", "::1", "localhost", "my_service", "alerts.example.com"])
def test_names_and_addresses_to_listen_on(tmp_path: Path, host: str) -> None:
    assert problems(tmp_path, GOOD + f"server: {{host: '{host}'}}\n") == []
