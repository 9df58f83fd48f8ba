"""Secrets from a file: `make run` hands it to the bot, and the printed command finds them there too."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tests.e2e.bots import ROOT, command, running, settle_in
from tests.waiting import eventually_async

ODD = "a b$HOME&`id`#\\'"


async def test_values_that_a_shell_would_change_arrive_as_written(tmp_path: Path) -> None:
    settle_in(tmp_path)
    (tmp_path / ".env").write_bytes(
        f"# ours\r\nexport EXTEND_SIGNING_SECRET='{ODD}'\r\nALFRED_HOOK_TOKEN={ODD}\r\n".encode()
    )
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "bot").symlink_to(ROOT / "bot")
    async with running(tmp_path, "--env-file", ".env", env={}) as bot:
        (printed,) = [line.strip() for line in bot.out.splitlines() if " send " in line]
        assert printed.endswith("send alfred job_exceeded_retries --env-file .env")
        process = await asyncio.create_subprocess_shell(
            printed, cwd=tmp_path, env={}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        async with asyncio.timeout(60):
            out, _ = await process.communicate()
        assert (process.returncode, "accepted" in out.decode()) == (0, True), out.decode()
        assert (await command(tmp_path, "send", "extend", "workflow_run.failed", "--env-file", ".env"))[0] == 0

        async def drawn() -> bool:
            return "Alfred job stopped" in bot.out

        await eventually_async(drawn, "the card")
        assert await bot.stop() == 0


async def test_a_broken_line_stops_the_start_with_its_place(tmp_path: Path) -> None:
    settle_in(tmp_path)
    (tmp_path / ".env").write_text("EXTEND_SIGNING_SECRET=a\nno pair canary\n")
    code, out, err = await command(tmp_path, "run", "--env-file", ".env")
    assert (code, out, err) == (2, "", ".env:2:1: error: this is no NAME=value\n")


async def test_make_run_runs_nothing_that_stands_in_the_file(tmp_path: Path) -> None:
    settle_in(tmp_path)
    (tmp_path / "Makefile").symlink_to(ROOT / "Makefile")
    tool = tmp_path / ".venv" / "bin" / "tocsin"
    tool.parent.mkdir(parents=True)
    tool.write_text('#!/bin/sh\necho "$@"\n')
    tool.chmod(0o755)
    (tmp_path / "requirements.lock").touch()
    (tmp_path / ".venv" / ".runtime").touch()
    (tmp_path / ".env").write_text("A=$(touch run-1)\nB=x; touch run-2\ntouch run-3\n")
    process = await asyncio.create_subprocess_exec(
        "make", "run", cwd=tmp_path, env={"PATH": os.environ["PATH"]}, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    assert out.decode() == "run --env-file .env\n"
    assert [name for name in os.listdir(tmp_path) if name.startswith("run-")] == []  # noqa: PTH208 - no wait to speak of
