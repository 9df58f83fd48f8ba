"""Draws docs/pictures anew: `python -m tests.tools.pictures`. Needs Debian's chromium, pngquant, fonts-lato and
fonts-noto-color-emoji.

Each picture is made of the very payload that lies beside it as JSON, and a test compares those with what the bot
draws; so a picture is never of a card that the bot would not post.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any, Final

from tests.tools.pictured import NAMES, payloads

FOLDER: Final = Path(__file__).parents[2] / "docs/pictures"
TEMPLATE: Final = Path(__file__).with_name("picture.html")
_WIDTH: Final = 640
_TALL: Final = 1_000
_TOKEN: Final = re.compile(r"<[^<>|]*\|([^<>]*)>")
_TIMEOUT_S: Final = 60


def written(payload: dict[str, Any]) -> str:
    """Return a payload as it lies beside its picture."""
    return json.dumps(payload, indent=2, ensure_ascii=False) + "\n"


def page(payload: dict[str, Any]) -> str:
    """Return a message as Slack would show it: blocks, then attachments; the text only where there are no blocks."""
    parts = [_block(block) for block in payload["blocks"]]
    parts += [_bar(attachment) for attachment in payload.get("attachments", [])]
    return Template(TEMPLATE.read_text("utf-8")).substitute(message="\n".join(parts))


def _bar(attachment: dict[str, Any]) -> str:
    inner = "".join(_block(block) for block in attachment["blocks"])
    return f'<div class="bar" style="border-color: {attachment["color"]}">{inner}</div>'


def _block(block: dict[str, Any]) -> str:
    if block["type"] == "rich_text":
        return "".join(f"<div>{_leaves(section['elements'])}</div>" for section in block["elements"])
    inner = "".join(map(_text if block["type"] == "context" else _element, block["elements"]))
    return f'<div class="{block["type"]}">{inner}</div>'


def _leaves(leaves: Iterable[dict[str, Any]]) -> str:
    return "".join(_leaf(leaf) for leaf in leaves)


def _leaf(leaf: dict[str, Any]) -> str:
    if leaf["type"] in {"user", "usergroup"}:
        return f'<span class="mention">@{html.escape(NAMES[leaf.get("user_id") or leaf["usergroup_id"]])}</span>'
    shown = html.escape(leaf.get("text") or leaf["url"]).replace("\n", "<br>")
    shown = f"<a>{shown}</a>" if leaf["type"] == "link" else shown
    return f"<b>{shown}</b>" if leaf.get("style", {}).get("bold") else shown


def _text(text: dict[str, Any]) -> str:
    shown = _TOKEN.sub(r"\1", text["text"]) if text["type"] == "mrkdwn" else html.escape(text["text"])
    return f"<span>{shown}</span>"


def _element(element: dict[str, Any]) -> str:
    if element["type"] == "overflow":
        return '<span class="button">···</span>'
    menu = " menu" if element["type"] == "static_select" else ""
    label = element.get("text") or element["placeholder"]
    return f'<span class="button{menu}">{html.escape(label["text"])}</span>'


def _photograph(source: Path, target: Path) -> None:
    """Take the picture as high as the message is: the first run measures, the second takes it."""
    script = "<script>document.title = document.querySelector('main').getBoundingClientRect().height</script>"
    source.write_text(source.read_text("utf-8") + script, "utf-8")
    dom = _browse("--dump-dom", f"--window-size={_WIDTH},{_TALL}", str(source))
    height = re.search(r"<title>([\d.]+)</title>", dom)
    if height is None:
        raise SystemExit(f"{source.name} could not be measured")
    size = f"--window-size={_WIDTH},{int(float(height[1])) + 1}"
    _browse(f"--screenshot={target}", size, "--force-device-scale-factor=1.5", str(source))
    _run("pngquant", "--force", "--ext", ".png", "--speed", "1", "--nofs", "128", str(target))


def _browse(*arguments: str) -> str:
    return _run("chromium", "--headless=old", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *arguments)


def _run(*command: str) -> str:
    found = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)  # noqa: S603
    return found.stdout


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    missing = [tool for tool in ("chromium", "pngquant") if shutil.which(tool) is None]
    for name, payload in payloads().items():
        (FOLDER / f"{name}.json").write_text(written(payload), "utf-8")
        if missing:
            continue
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / f"{name}.html"
            source.write_text(page(payload), "utf-8")
            _photograph(source, FOLDER / f"{name}.png")
    if missing:
        sys.exit(f"{' and '.join(missing)} not installed: the payloads were written, the pictures were not.")


if __name__ == "__main__":
    main()
