"""Draws docs/digest-pictures anew: `python -m tests.tools.digest_pictures`; needs what pictures.py needs.

Each picture is made of the very payload that lies beside it as JSON, and a test compares those with what is posted.
"""

from __future__ import annotations

import html
import json
import tempfile
from pathlib import Path
from string import Template
from typing import Any, Final

from bot.digests.writing import written as words_of
from bot.slack.letter import letter_body
from bot.slack.mentions import Mention
from bot.slack.written import written as drawn
from tests.tools import pictures
from tests.tools.pictured import NAMES
from tests.unit.digests import days

FOLDER: Final = Path(__file__).parents[2] / "docs/digest-pictures"
_COLOURS: Final = ("#e01e5a", "#ecb22e", "#36c5f0", "#2eb67d")
_STYLE: Final = """<style>
  .button { white-space: nowrap; }
  table { border-collapse: collapse; margin: 6px 0; font-size: 13px; }
  td { border: 1px solid #ddd; padding: 1px 10px; } td + td { text-align: right; }
  .said { display: flex; justify-content: space-between; align-items: center; margin-top: 6px; gap: 12px; }
  .chart { border: 1px solid #ddd; border-radius: 8px; padding: 8px 12px; margin: 8px 0; }
  .bars { display: flex; align-items: flex-end; gap: 6px; height: 90px; margin-top: 6px; }
  .bars div { display: flex; gap: 1px; align-items: flex-end; flex: 1; height: 100%; }
  .bars i { flex: 1; display: block; border-radius: 2px 2px 0 0; min-height: 1px; }
  .labels { display: flex; gap: 6px; font-size: 9px; color: #616061; } .labels span { flex: 1; text-align: center; }
</style>"""


def payloads() -> dict[str, dict[str, Any]]:
    """Return the messages and their first replies as they are posted."""
    found = {}
    for name, numbers in days.ALL.items():
        said = words_of(days.PLAN, numbers())
        who = Mention("doc-oncall", group=next(iter(NAMES))) if said.message.mention else None
        found[name] = drawn("dl_example", letter_body(said.message), 1, who).payload()
    tail = words_of(days.PLAN, days.normal()).replies[-1]
    return found | {"normal-tail": drawn("dl_example", letter_body(tail)).payload()}


def page(payload: dict[str, Any]) -> str:
    """Return a digest as Slack would show it."""
    message = _STYLE + "\n".join(_block(block) for block in payload["blocks"])
    return Template(pictures.TEMPLATE.read_text("utf-8")).substitute(message=message)


def _block(block: dict[str, Any]) -> str:
    match block["type"]:
        case "table":
            rows = ("".join(f"<td>{_cell(cell)}</td>" for cell in row) for row in block["rows"])
            return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
        case "section":
            button = pictures._element(block["accessory"]) if "accessory" in block else ""
            return f'<div class="said"><span>{html.escape(block["text"]["text"])}</span>{button}</div>'
        case "data_visualization":
            return _chart(block)
        case _:
            return pictures._block(block)


def _cell(cell: dict[str, Any]) -> str:
    if cell["type"] == "raw_text":
        return html.escape(cell["text"])
    return "".join(pictures._leaves(section["elements"]) for section in cell["elements"])


def _chart(block: dict[str, Any]) -> str:
    series = block["chart"]["series"]
    most = max(point["value"] for one in series for point in one["data"]) or 1
    bars = "".join(
        "<div>"
        + "".join(
            _bar(one["data"][index]["value"] / most, colour) for one, colour in zip(series, _COLOURS, strict=False)
        )
        + "</div>"
        for index in range(len(series[0]["data"]))
    )
    labels = "".join(f"<span>{html.escape(label)}</span>" for label in block["chart"]["axis_config"]["categories"])
    legend = " ".join(
        f'<span style="color: {colour}">■ {html.escape(one["name"])}</span>'
        for one, colour in zip(series, _COLOURS, strict=False)
    )
    head = f"<b>{html.escape(block['title'])}</b> {legend}"
    return f'<div class="chart">{head}<div class="bars">{bars}</div><div class="labels">{labels}</div></div>'


def _bar(share: float, colour: str) -> str:
    return f'<i style="height: {round(100 * share)}%; background: {colour}"></i>'


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, payload in payloads().items():
        (FOLDER / f"{name}.json").write_text(json.dumps(payload, indent=2, ensure_ascii=False) + "\n", "utf-8")
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / f"{name}.html"
            source.write_text(page(payload), "utf-8")
            pictures._photograph(source, FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
