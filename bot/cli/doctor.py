"""`tocsin doctor`: looks at everything that a running bot needs and says in plain words what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import click

from bot import log
from bot.cli.options import config_option, env_file_option, json_option
from bot.cli.output import Exit, say, say_json
from bot.clock import SystemClock
from bot.service.doctor import examine_all
from bot.service.findings import Finding, Level
from bot.service.process import secrets_of
from bot.service.setup import Examined, examine

_SIGNS: Final = {Level.GOOD: "ok   ", Level.DOUBT: "note ", Level.FAULT: "FAULT"}


@click.command("doctor")
@env_file_option
@json_option
@config_option
def command(*, env_file: Path | None, as_one_object: bool, config: Path) -> int:
    """Check files, store, disk, the running bot, its address, and with a bot token everything at Slack.

    Nothing is changed and nothing is posted. Exit code 1 when something does not work.
    """
    del env_file  # it is in the environment by now
    examined = examine(config)
    if examined.config is not None:
        log.hide(secrets_of(examined.config))
    findings = asyncio.run(_collect(examined, is_told=not as_one_object))
    ok = all(finding.level is not Level.FAULT for finding in findings)
    if as_one_object:
        say_json({"ok": ok, "findings": [finding._asdict() for finding in findings]})
    else:
        faults = sum(finding.level is Level.FAULT for finding in findings)
        say("Everything works." if ok else f"{faults} of {len(findings)} findings are faults.")
    return Exit.FINE if ok else Exit.NO


async def _collect(examined: Examined, *, is_told: bool) -> list[Finding]:
    found = []
    async for finding in examine_all(examined, SystemClock()):
        found.append(finding)
        if is_told:
            say(f"{_SIGNS[finding.level]} {finding.about}: {log.redact(finding.said)}")
            if finding.do:
                say(f"      {finding.do}")
    return found
