"""docs/writing-rules.md, followed from top to bottom as a newcomer would, against what it says they see."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.bots import ROOT, BotProcess, free_port, running
from tests.e2e.test_readme import move_in, plain
from tests.waiting import eventually_async

GUIDE = (ROOT / "docs" / "writing-rules.md").read_text("utf-8")
LESSON, RECIPES = GUIDE.split("\n## Which kind of rule?\n")
MINE = "# rules/mine.yaml\n"
_BLOCK = re.compile(r"^```(yaml|console|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ID = re.compile(r"evt_[0-9a-f]{20}")
_LEFT_OUT = "\x00"


def blocks(page: str) -> list[tuple[str, str]]:
    """Return kind and text of every block, in the page's order."""
    return [(found[1], found[2]) for found in _BLOCK.finditer(page)]


def commands(console: str) -> list[tuple[str, str]]:
    """Return each command of a console block with what it shows."""
    typed = (each.partition("\n") for each in re.split(r"^\$ ", console, flags=re.MULTILINE) if each)
    return [(line, shown) for line, _, shown in typed]


def shows(wanted: str, seen: str) -> bool:
    """Say whether something shows what a page says; a line `…` stands for any lines."""
    parts = plain(re.sub(r"^…$", _LEFT_OUT, wanted, flags=re.MULTILINE)).split(_LEFT_OUT)
    return re.fullmatch(".*".join(re.escape(part.strip()) for part in parts), plain(seen), re.DOTALL) is not None


@dataclass
class Newcomer:
    """Somebody with two terminals: types what the page says, and looks at what comes."""

    folder: Path
    port: int
    bot: BotProcess | None = None
    ids: dict[str, str] = field(default_factory=dict)

    async def types(self, line: str, wanted: str) -> None:
        """Run a line, with the ids of this run for those of the page, and compare."""
        for printed, real in self.ids.items():
            line = line.replace(printed, real)
        process = await asyncio.create_subprocess_shell(
            line, cwd=self.folder, env={}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        async with asyncio.timeout(60):
            out, _ = await process.communicate()
        seen = out.decode()
        assert shows(wanted, seen), f"{line}\n{seen}"
        self.ids.update(zip(_ID.findall(wanted), _ID.findall(seen), strict=False))

    def starts(self, bot: BotProcess, wanted: str) -> None:
        """Have the bot running that `make run` starts."""
        self.bot = bot
        assert shows(wanted, bot.out.replace(str(self.port), "8080")), bot.out

    async def sees(self, text: str, *, log: bool = False) -> None:
        """Wait for a card, or for a word of the log, in the terminal in which the bot runs."""
        bot = self.bot
        assert bot is not None

        async def there() -> bool:
            return plain(text) in plain(bot.err if log else bot.out)

        await eventually_async(there, text)

    async def follows(self, kind: str, text: str) -> None:
        """Do what one block says."""
        if kind == "yaml":
            assert text.startswith(MINE)
            (self.folder / "rules" / "mine.yaml").write_text(text, "utf-8")
        elif kind == "text":
            await self.sees(text)
        else:
            for line, wanted in commands(text):
                await self.types(line, wanted)


async def test_a_newcomer_writes_tests_and_runs_a_rule_with_the_guide_alone(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path, free_port())
    move_in(tmp_path, newcomer.port)
    lesson = blocks(LESSON)
    start = next(number for number, (_, text) in enumerate(lesson) if text.startswith("$ make run\n"))
    for kind, text in lesson[:start]:
        await newcomer.follows(kind, text)
    async with running(tmp_path, "--dev", env={"PATH": os.defpath}) as bot:
        newcomer.starts(bot, lesson[start][1].removeprefix("$ make run\n"))
        for kind, text in lesson[start + 1 :]:
            await newcomer.follows(kind, text)
        assert "`rules loaded`" in LESSON
        await newcomer.sees("rules loaded", log=True)
        assert await bot.stop() == 0


def test_a_left_out_line_stands_for_any_lines_and_nothing_else_does() -> None:
    assert shows("a\n…\nd\n", "a\nb\nc\nd\n")
    assert shows("…\nd", "a\nb d")
    assert not shows("a\n…\nd\n", "a\nb\nc\n")
    assert not shows("a\nd\n", "a\nb\nd\n")
    assert not shows("a", "a\nb")
