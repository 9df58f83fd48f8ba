"""What a good config says, with its defaults."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from bot.config.load import load_config
from bot.config.model import Config, OnUnknown
from bot.config.secrets import read_again
from bot.errors import InvalidInputError

SMALL = """\
sources:
  extend: {kind: extend, secrets: [env:A, env:B]}
  alfred: {kind: alfred, token: env:A}
rules: [rules/, more.yaml]
"""
FULL = (
    SMALL
    + """\
server: {host: 0.0.0.0, port: "9090", external_url: https://t.test, max_body: 2MB}
store: sqlite:///data/t.db
timezone: America/Santo_Domingo
slack:
  bot_token: env:A
  app_token: env:A
  signing_secret: env:B
  api_url: https://slack-gov.com/api
  admin_channel: doc-ops
  may_act: [oncall, any, U0ANA00001, S0ONCALL01]
  timeout: 5s
  settle: 2m
  on_unknown: park
channels: {doc-alerts: C1, doc-ops: C2}
people: {oncall: S1AB, ana: ana@t.test}
hours:
  office: {days: mon-fri, from: "08:00", to: "18:00", holidays: [2026-12-25]}
  night: {days: [sat-mon, wed], from: 22:00, to: "06:00", timezone: Europe/Madrid}
digests:
  daily: {at: 08:30, days: mon-sun, notify: doc-alerts, cover: 12h}
storm: {messages: 3, within: 1m}
api: {tokens: [env:B]}
keep: {bodies: 1d, keys: 2w, audit: 30d, max_size: 1GiB}
"""
)
ENV = {"A": "secret-a", "B": "secret-b"}
MINUTE, DAY = 60_000, 86_400_000


def loaded(tmp_path: Path, text: str, *, dev: bool = False) -> Config:
    path = tmp_path / "config.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return load_config(path, ENV, dev=dev, secrets_required=True)


def test_sources_and_rules_are_enough(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL)
    assert (config.server.host, config.server.port, config.server.max_body) == ("127.0.0.1", 8080, 32 * 1024**2)
    assert config.store == f"sqlite:///{tmp_path}/var/tocsin.db"
    assert config.store_path == tmp_path / "var" / "tocsin.db"
    assert config.timezone == ZoneInfo("UTC")
    assert config.rules == (tmp_path / "rules", tmp_path / "more.yaml")
    assert (config.keep.bodies_ms, config.keep.keys_ms, config.keep.audit_ms) == (7 * DAY, 90 * DAY, 400 * DAY)
    assert (config.storm.messages, config.storm.within_ms) == (20, 5 * MINUTE)
    assert config.slack is None
    assert config.preview


def test_a_source_has_the_defaults_of_its_kind(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL)
    extend, alfred = config.sources["extend"], config.sources["alfred"]
    assert (extend.secrets, extend.token, extend.drop) == ((b"secret-a", b"secret-b"), None, ())
    assert (alfred.secrets, alfred.token, alfred.drop) == ((), b"secret-a", ("content", "value"))
    assert (extend.environment, extend.company, extend.fetch_from, extend.link) == ("prod", (), (), None)


def test_what_a_source_is_told_arrives(tmp_path: Path) -> None:
    text = """\
        sources:
          e:
            kind: extend
            secrets: env:A
            company: [metadata.company, metadata.tenant]
            link: "https://x.test/{job}?f={file}&r={run}"
            drop: []
            environment: test
            more_types: [extend.verify_run.failed]
            fetch_from: [files.x.test, "127.0.0.1:9000"]
        rules: [r]
        """
    source = loaded(tmp_path, text).sources["e"]
    assert source.company == ("metadata.company", "metadata.tenant")
    assert source.link == "https://x.test/{job}?f={file}&r={run}"
    assert source.environment == "test"
    assert source.more_types == ("extend.verify_run.failed",)
    assert source.fetch_from == ("files.x.test", "127.0.0.1:9000")


def test_an_alfred_source_may_be_told_to_drop_nothing(tmp_path: Path) -> None:
    text = "sources: {a: {kind: alfred, token: env:A, drop: []}}\nrules: [r]\n"
    assert loaded(tmp_path, text).sources["a"].drop == ()


def test_every_key_is_read(tmp_path: Path) -> None:
    config = loaded(tmp_path, FULL)
    assert (config.server.host, config.server.port, config.server.max_body) == ("0.0.0.0", 9090, 2_000_000)  # noqa: S104
    assert config.store == f"sqlite:///{tmp_path}/data/t.db"
    slack = config.slack
    assert slack is not None
    assert (slack.bot_token, slack.app_token, slack.signing_secret) == ("secret-a", "secret-a", b"secret-b")
    assert (slack.api_url, slack.admin_channel) == ("https://slack-gov.com/api/", "doc-ops")
    assert (slack.may_act, slack.timeout_ms, slack.settle_ms) == (
        ("oncall", "any", "U0ANA00001", "S0ONCALL01"),
        5_000,
        120_000,
    )
    assert slack.on_unknown is OnUnknown.PARK
    assert config.people == {"oncall": "S1AB", "ana": "ana@t.test"}
    assert (config.digests["daily"].at, config.digests["daily"].cover) == (30_600, 12 * 60 * MINUTE)
    assert config.api_tokens == (b"secret-b",)
    assert (config.keep.keys_ms, config.keep.max_size) == (14 * DAY, 1024**3)
    assert not config.preview


def test_hours_take_lists_and_ranges_of_days(tmp_path: Path) -> None:
    hours = loaded(tmp_path, FULL).hours
    assert hours["office"].days == frozenset(range(5))
    assert (hours["office"].start, hours["office"].end) == (480, 1080)
    assert hours["office"].holidays == {date(2026, 12, 25)}
    assert hours["night"].days == {5, 6, 0, 2}
    assert hours["night"].timezone == ZoneInfo("Europe/Madrid")


def test_an_absolute_store_stays_where_it_is(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL + "store: sqlite:////srv/tocsin.db\n")
    assert config.store_path == Path("/srv/tocsin.db")


def test_slack_without_token_or_webhooks_is_a_preview(tmp_path: Path) -> None:
    assert loaded(tmp_path, SMALL + "slack: {admin_channel: ops}\n").preview


def test_webhooks_post(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL + "slack: {webhooks: {doc-alerts: env:A}}\n")
    assert config.slack is not None
    assert config.slack.webhooks == {"doc-alerts": "secret-a"}
    assert not config.preview


def test_dev_previews_whatever_slack_says_and_needs_none_of_its_secrets(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL + "slack: {bot_token: env:UNSET}\n", dev=True)
    assert config.preview
    assert config.missing_secrets == ()


def test_dev_says_which_secrets_of_sources_are_missing(tmp_path: Path) -> None:
    text = "sources: {a: {kind: alfred, token: env:UNSET}}\nrules: [r]\n"
    config = loaded(tmp_path, text, dev=True)
    missing = config.missing_secrets[0]
    assert (missing.key, missing.reference, missing.line, missing.column) == ("sources.a.token", "env:UNSET", 1, 36)
    assert config.sources["a"].token is None


def test_run_names_every_secret_that_is_not_set(tmp_path: Path) -> None:
    text = SMALL.replace("env:B", "env:C") + "slack: {bot_token: env:D}\napi: {tokens: [env:E, env:A]}\n"
    with pytest.raises(InvalidInputError) as raised:
        loaded(tmp_path, text)
    assert [problem.word for problem in raised.value.problems if problem.level == "error"] == [
        "env:C",
        "env:D",
        "env:E",
    ]
    assert "sources.extend.secrets[1]" in str(raised.value)


def test_an_unset_secret_is_only_a_note_for_check(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(SMALL, encoding="utf-8")
    config = load_config(path, {}, secrets_required=False)
    assert [note.word for note in config.warnings if "not set" in note.message and note.word] == [
        "env:A",
        "env:B",
        "env:A",
    ]


def test_what_becomes_of_an_unknown_post_may_depend_on_the_severity(tmp_path: Path) -> None:
    by_severity = loaded(tmp_path, SMALL + "slack: {on_unknown: {critical: repeat_marked, otherwise: park}}\n").slack
    assert by_severity is not None
    assert (by_severity.on_unknown, by_severity.on_unknown_by) == (
        OnUnknown.PARK,
        {"critical": OnUnknown.REPEAT_MARKED},
    )
    without = loaded(tmp_path, SMALL + "slack: {on_unknown: {info: park}}\n").slack
    assert without is not None
    assert (without.on_unknown, without.on_unknown_by) == (OnUnknown.REPEAT_MARKED, {"info": OnUnknown.PARK})


def test_a_token_in_a_file_is_remembered_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret-c")
    (tmp_path / "token").chmod(0o600)
    slack = loaded(tmp_path, SMALL + "slack: {bot_token: file:token}\n").slack
    assert slack is not None
    assert (slack.bot_token, slack.bot_token_file) == ("secret-c", tmp_path / "token")
    assert read_again(tmp_path / "token") == "secret-c"
    assert read_again(tmp_path / "nowhere") is None
    (tmp_path / "token").write_text(" \n")
    assert read_again(tmp_path / "token") is None
