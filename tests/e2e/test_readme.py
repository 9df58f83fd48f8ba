"""The README's commands, run one after the other as a newcomer would, against what it says they show."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

from tests.e2e.bots import ROOT, free_port, running
from tests.waiting import eventually_async

README = (ROOT / "README.md").read_text("utf-8")
_BLOCK = re.compile(r"^( *)```(console|text)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# What differs each time: ids, times, and how the moment wraps the line.
_CHANGING = (
    (re.compile(r"\s+│?\s*"), " "),
    (re.compile(r"evt_[0-9a-f]{20}"), "evt_ID"),
    (re.compile(r"ref [0-9a-f]{8}"), "ref REF"),
    (re.compile(r"resolved after [\d.]+ \w+|resolved at once|resolved within a second"), "resolved after TIME"),
    (re.compile(r"\d{1,2} \w{3} \d{4} \d\d:\d\d UTC"), "TIME"),
)


def blocks(kind: str) -> list[str]:
    """Return the README's blocks of one kind, without their indentation."""
    found = [(indent, text) for indent, name, text in _BLOCK.findall(README) if name == kind]
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines()) for indent, text in found]


def plain(text: str) -> str:
    """Return a text without what changes from run to run."""
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text.strip()


async def shell(line: str, folder: Path) -> str:
    """Run one line as written in a folder and in an empty environment; return what it prints."""
    process = await asyncio.create_subprocess_shell(
        line, cwd=folder, env={}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


def move_in(folder: Path, port: int) -> None:
    """Make the folder look like a fresh checkout whose bot listens on a free port."""
    shutil.copytree(ROOT / "rules", folder / "rules")
    config = (ROOT / "config.yaml").read_text("utf-8")
    assert "port: 8080" in config
    (folder / "config.yaml").write_text(config.replace("port: 8080", f"port: {port}"), "utf-8")
    for name in (".venv", "bot"):
        (folder / name).symlink_to(ROOT / name)


async def test_a_newcomer_sees_what_the_readme_shows(tmp_path: Path) -> None:
    port = free_port()
    move_in(tmp_path, port)
    consoles, cards = blocks("console"), blocks("text")
    assert consoles[0].startswith("$ make run\n")
    async with running(tmp_path, "--dev", env={"PATH": os.defpath}) as bot:
        here = bot.out.replace(str(ROOT / ".venv"), ".venv").replace(str(port), "8080")
        assert here.strip() == consoles[0].removeprefix("$ make run\n").strip()
        for console in consoles[1:]:
            line, _, wanted = console.removeprefix("$ ").partition("\n")
            shown = await shell(line, tmp_path)
            if wanted:
                assert plain(shown) == plain(wanted), line
        for card in cards:

            async def drawn(card: str = card) -> bool:
                return plain(card) in plain(bot.out)

            await eventually_async(drawn, f"this card: {plain(card)}\namong: {plain(bot.out)}")
        assert await bot.stop() == 0


def test_make_run_starts_what_this_test_starts() -> None:
    assert "exec $(VENV)/bin/tocsin run --dev;" in (ROOT / "Makefile").read_text("utf-8")


def test_every_page_that_the_readme_names_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
