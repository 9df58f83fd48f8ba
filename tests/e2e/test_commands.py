"""The other commands, as a person or a program runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.bots import ENV, ROOT, command, settle_in
from tests.e2e.test_running import GIVES_UP

WITH_EXAMPLE = (
    GIVES_UP
    + """
    examples:
      one:
        events: [{type: alfred.job.exceeded_retries, at: 1m, job: J1, company: Acme}]
        expect: [{at: 1m, fires: J1, title: "Acme: J1 gives up"}]
"""
)


async def test_check_says_that_all_is_well_with_what_ships(tmp_path: Path) -> None:
    code, out, err = await command(tmp_path, "check", "--config", str(ROOT / "config.yaml"))
    assert (code, err) == (0, "")
    assert "0 errors" in out
    assert "0 of them failed" in out


async def test_check_names_every_problem_of_every_file_with_its_place_and_the_nearest_word(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=WITH_EXAMPLE, more="timzone: UTC\n")
    (tmp_path / "rules" / "broken.yaml").write_text("rules:\n  other:\n    title: x\n    when: faild\n")
    code, out, _ = await command(tmp_path, "check", "--json")
    said = json.loads(out)
    assert (code, said["ok"]) == (1, False)
    problems = {(Path(each["file"]).name, each["word"]): each for each in said["problems"] if each["level"] == "error"}
    assert problems["config.yaml", "timzone"]["hint"] == "timezone"
    assert problems["broken.yaml", "faild"]["hint"] == "failed"
    assert problems["broken.yaml", "faild"]["line"] == 4
    assert [example["ok"] for example in said["examples"]] == [True]


async def test_a_failing_example_fails_check_and_test_and_tells_its_story(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=WITH_EXAMPLE.replace('"Acme: J1 gives up"', '"something else"'))
    for name in ("check", "test"):
        code, out, _ = await command(tmp_path, name)
        assert code == 1
        assert "Acme: J1 gives up" in out
        assert "something else" in out


async def test_a_path_replaces_the_rules_of_the_config(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    other = tmp_path / "other.yaml"
    other.write_text(WITH_EXAMPLE.replace("gives-up:", "renamed:"))
    code, out, _ = await command(tmp_path, "test", str(other), "--json")
    assert code == 0
    assert [example["rule"] for example in json.loads(out)["examples"]] == ["renamed"]


async def test_a_rule_is_chosen_by_name_and_a_misspelt_one_gets_a_hint(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=WITH_EXAMPLE)
    assert (await command(tmp_path, "test", "gives-up"))[0] == 0
    code, out, _ = await command(tmp_path, "test", "give-up")
    assert code == 1
    assert "did you mean gives-up" in out


@pytest.mark.parametrize(
    "name", ["nosuch", "rules/nosuch.yaml", "n" * 5000, b"\xff".decode("utf-8", "surrogateescape")]
)
async def test_an_unknown_name_or_path_is_a_problem_also_for_programs(tmp_path: Path, name: str) -> None:
    settle_in(tmp_path, rules=WITH_EXAMPLE)
    for asked in ("test", "check"):
        code, out, err = await command(tmp_path, asked, name, "--json")
        said = json.loads(out)
        assert (code, err, said["ok"]) == (1, "", False)
        assert any(each["level"] == "error" and each["file"] == name for each in said["problems"])


async def test_a_config_that_cannot_be_read_hides_no_problem_of_a_named_rule_file(tmp_path: Path) -> None:
    settle_in(tmp_path)
    (tmp_path / "config.yaml").write_text("sources: {alfred: [\n")
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        GIVES_UP.replace("exceeded_retries", "exceded_retries").replace("    notify: doc-alerts\n", "    owner: ana\n")
    )
    for asked in ("check", "test"):
        code, out, _ = await command(tmp_path, asked, str(mine), "--json")
        errors = {(Path(each["file"]).name, each["word"]) for each in json.loads(out)["problems"] if each["hint"]}
        files = {Path(each["file"]).name for each in json.loads(out)["problems"] if each["level"] == "error"}
        assert code == 1
        assert files == {"config.yaml", "mine.yaml"}
        assert errors == {("mine.yaml", "exceded_retries")}


async def test_what_only_the_config_could_tell_is_not_held_against_a_rule_without_it(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("{")
    mine = tmp_path / "mine.yaml"
    body = "{source: jobs, body: {event_id: e}}"
    examples = f"    examples: {{one: {{events: [{body}], expect: []}}}}\n"
    mine.write_text(GIVES_UP.replace("    notify: doc-alerts\n", "    owner: ana\n") + examples)
    code, out, _ = await command(tmp_path, "check", str(mine), "--json")
    assert code == 1
    assert {each["file"] for each in json.loads(out)["problems"] if each["level"] == "error"} == {"config.yaml"}


async def test_preview_draws_what_would_be_posted(tmp_path: Path) -> None:
    settle_in(tmp_path)
    code, out, err = await command(tmp_path, "preview", "job_exceeded_retries")
    assert (code, err) == (0, "")
    assert "doc-alerts" in out
    assert "Alfred job stopped" in out


async def test_preview_gives_the_slack_payload_as_json(tmp_path: Path) -> None:
    settle_in(tmp_path)
    code, out, _ = await command(tmp_path, "preview", "workflow_run.failed", "--json")
    payload = json.loads(out)
    assert code == 0
    assert {"channel", "text", "blocks", "metadata"} <= payload.keys()


async def test_preview_says_why_nothing_would_be_posted(tmp_path: Path) -> None:
    settle_in(tmp_path)
    code, out, _ = await command(tmp_path, "preview", "job_retry")
    assert code == 0
    assert "alone posts nothing" in out
    assert "alfred-jobs-retrying: counts as one of 5" in out


async def test_preview_reads_a_file_and_says_when_it_cannot(tmp_path: Path) -> None:
    settle_in(tmp_path)
    body = tmp_path / "own.json"
    body.write_text(json.dumps({"eventId": "e", "eventType": "workflow_run.failed", "payload": {"id": "r1"}}))
    assert "r1" in (await command(tmp_path, "preview", str(body)))[1]
    body.write_text("[]")
    code, _, err = await command(tmp_path, "preview", str(body))
    assert code == 2
    assert "cannot be read" in err


async def test_send_says_in_words_what_is_wrong(tmp_path: Path) -> None:
    settle_in(tmp_path)
    for arguments, word in (
        (("nobody", "job_failed"), "extend"),
        (("alfred", "job_faild"), "did you mean job_failed"),
        (("alfred", "job_failed"), "no bot answers"),
        (("alfred", "job_failed", "--set", "novalue"), "path=value"),
        (("alfred", "job_failed", "--url", "ftp://x"), "http"),
        (("alfred", "job_failed", "--url", "http://127.0.0.1:99999"), "--url"),
        (("alfred", "job_failed", "--url", "http://[::1"), "--url"),
        (("alfred", "job_failed", "--url", "http://b\u00fccher"), "--url"),
        (("alfred", "job_failed", "--url", f"http://{'x' * 70}.example"), "--url"),
        (("alfred", "job_failed", "--url", "http://127.0.0.1/a b"), "answers"),
        (("alfred", "job_failed", "--set", b"x=\xff".decode("utf-8", "surrogateescape")), "UTF-8"),
        (("alfred", "job_failed", "--set", "x." * 5000 + "x=1"), "deep"),
        (("alfred", "x" * 5000), "tocsin: xxx"),
    ):
        code, out, err = await command(tmp_path, "send", *arguments, env=ENV)
        assert (code, out) == (2, ""), arguments
        assert word in err
        assert "Traceback" not in err
        assert '"where"' not in err


async def test_alerts_says_that_a_file_is_no_store(tmp_path: Path) -> None:
    settle_in(tmp_path)
    (tmp_path / "var").mkdir()
    for content in (b"no database at all " * 1000, b"SQLite format 3\0" + b"x" * 5000):
        (tmp_path / "var" / "tocsin.db").write_bytes(content)
        code, out, err = await command(tmp_path, "alerts")
        assert (code, out) == (3, "")
        assert "tocsin.db" in err
        assert '"where"' not in err


async def test_alerts_says_that_no_bot_has_run(tmp_path: Path) -> None:
    settle_in(tmp_path)
    code, _, err = await command(tmp_path, "alerts")
    assert code == 2
    assert "no bot has run" in err


async def test_schema_is_json_for_both_kinds_of_files(tmp_path: Path) -> None:
    for of in ("config", "rules"):
        code, out, _ = await command(tmp_path, "schema", of)
        assert code == 0
        assert json.loads(out)["type"] == "object"


async def test_a_config_that_is_not_there_is_said_without_a_stack(tmp_path: Path) -> None:
    for name in ("run", "check", "test", "alerts"):
        code, out, err = await command(tmp_path, name)
        assert code in {1, 2}, name
        assert "config.yaml" in out + err
        assert "Traceback" not in err
        assert '"where"' not in err


async def test_help_and_version_need_no_files(tmp_path: Path) -> None:
    _, out, _ = await command(tmp_path, "--help")
    for name in ("run", "check", "test", "send", "preview", "alerts", "schema"):
        assert f"  {name} " in out
    assert (await command(tmp_path, "--version"))[1].startswith("tocsin ")
