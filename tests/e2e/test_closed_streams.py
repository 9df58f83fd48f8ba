"""Nobody reads what the bot says: it serves, stops in order and ends with the right code all the same."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.bots import ENV, ROOT, BotProcess, job, running, sending, settle_in
from tests.e2e.test_running import GIVES_UP
from tests.waiting import eventually_async


async def shell(line: str, folder: Path) -> tuple[int, str, str]:
    """Run a line of shell, in which $TOCSIN is the command; return exit code, stdout and stderr."""
    process = await asyncio.create_subprocess_shell(
        line,
        cwd=folder,
        env={"TOCSIN": f"{sys.executable} -m bot", "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def accepts_and_stops(bot: BotProcess) -> None:
    """The bot answers deliveries, also forged ones, which are logged, and ends in order on SIGTERM."""
    async with sending(bot.port) as sender:
        assert (await sender.extend(b"no json")).values["status"] == "quarantined"
        assert (await sender.alfred(job("exceeded_retries", "J1", "e1"))).values["status"] == "accepted"
    assert await bot.stop() == 0


async def test_a_full_disk_behind_the_log_costs_nothing(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    (tmp_path / "err-0.txt").symlink_to("/dev/full")
    async with running(tmp_path, "--dev") as bot:
        await accepts_and_stops(bot)


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&- <&-", ">/dev/full", ">/dev/full 2>/dev/full"])
async def test_a_stream_that_is_closed_or_full_from_the_start_costs_nothing(tmp_path: Path, closed: str) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    line = f"exec $TOCSIN run --dev {closed}"
    process = await asyncio.create_subprocess_shell(
        line,
        cwd=tmp_path,
        env={**ENV, "TOCSIN": f"{sys.executable} -m bot", "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    port = int((tmp_path / "config.yaml").read_text().split("port: ")[1].split("}")[0])
    bot = BotProcess(tmp_path, process, 0, port)
    try:
        await listening(port)
        await accepts_and_stops(bot)
        assert process.stderr is not None
        said = (await process.stderr.read()).decode()
        assert "Exception ignored" not in said
        assert "Traceback" not in said
    finally:
        if process.returncode is None:
            await bot.kill()


async def test_readers_that_go_away_cost_nothing(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    line = "{ $TOCSIN run --dev & echo $! > pid; wait $!; echo $? > code; } 2>&1 | read _"
    process = await asyncio.create_subprocess_shell(
        line, cwd=tmp_path, env={**ENV, "TOCSIN": f"{sys.executable} -m bot", "PYTHONPATH": str(ROOT)}
    )
    port = int((tmp_path / "config.yaml").read_text().split("port: ")[1].split("}")[0])
    try:
        await listening(port)
        async with sending(port) as sender:
            assert (await sender.extend(b"no json")).values["status"] == "quarantined"
            assert (await sender.alfred(job("exceeded_retries", "J1", "e1"))).values["status"] == "accepted"
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
        async with asyncio.timeout(30):
            await process.wait()
    finally:
        if process.returncode is None:
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert (tmp_path / "code").read_text().strip() == "0"


async def listening(port: int) -> None:
    """Wait until somebody listens."""

    async def connected() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    await eventually_async(connected, "the bot to listen")


@pytest.mark.parametrize("name", ["check", "check --json", "schema", "--help", "--version"])
async def test_an_answer_that_cannot_be_written_is_said_in_words(tmp_path: Path, name: str) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    code, _, err = await shell(f"$TOCSIN {name} >/dev/full", tmp_path)
    assert code == 1
    assert "No space left on device" in err
    for word in ("Traceback", '"where"', "Exception ignored"):
        assert word not in err


async def test_an_error_that_cannot_be_said_keeps_its_exit_code(tmp_path: Path) -> None:
    assert (await shell("$TOCSIN run 2>/dev/full", tmp_path))[0] == 2
    assert (await shell("$TOCSIN run --nosuch 2>/dev/full", tmp_path))[0] == 2


async def test_a_start_that_is_refused_ends_with_code_3_also_when_nobody_reads(tmp_path: Path) -> None:
    settle_in(tmp_path)
    async with running(tmp_path, "--dev"):
        assert (await shell("$TOCSIN run --dev 2>/dev/full", tmp_path))[0] == 3
