"""What Slack checks of blocks: all problems at once, with its own words and pointers.

Data tables, containers and cards come with the messages that use them; until then they are refused as
unsupported, which is the harsher reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from tests.fakes.slack import wording
from tests.fakes.slack.charts import data_visualization
from tests.fakes.slack.checker import Checker
from tests.fakes.slack.richtext import rich_text


def problems_of(blocks: list[Any], base: str = "/blocks", refused: Iterable[str] = ()) -> list[str]:
    """Return every problem of a message's blocks; `refused` types are treated as not rolled out yet."""
    checker = Checker()
    if expanded(blocks) > wording.BLOCKS:
        checker.add(wording.too_many(wording.BLOCKS), base)
    for index, block in enumerate(blocks):
        _block(checker, block, f"{base}/{index}", set(refused))
    _block_ids(checker, blocks, base)
    _totals(checker, blocks, base)
    return checker.problems


def expanded(blocks: list[Any]) -> int:
    """Return how many blocks Slack stores: a markdown block becomes one per heading, rule, fence and text run."""
    return sum(_parts(block.get("text")) if _is(block, "markdown") else 1 for block in blocks)


def _parts(text: Any) -> int:
    lines = re.split(r"(?m)^(?:#{1,6} .*|---+|```.*)$", text) if isinstance(text, str) else [""]
    return max(1, len(lines) - 1 + sum(bool(run.strip()) for run in lines))


def _is(block: Any, kind: str) -> bool:
    return isinstance(block, dict) and block.get("type") == kind


def _block(checker: Checker, block: Any, pointer: str, refused: set[str]) -> None:
    if not isinstance(block, dict):
        checker.add(wording.BAD_VALUE, pointer)
        return
    kind = block.get("type")
    rule = _BLOCKS.get(kind) if isinstance(kind, str) else None
    if "type" not in block:
        checker.add(wording.missing("type"), pointer)
    elif rule is None or kind in refused:
        checker.add(wording.unsupported(kind), f"{pointer}/type")
    else:
        checker.optional_string(block, "block_id", pointer, wording.BLOCK_ID)
        rule(checker, block, pointer)


def _block_ids(checker: Checker, blocks: list[Any], base: str) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if block_id is not None and block_id in seen:
            checker.add(wording.NOT_UNIQUE, f"{base}/{index}/block_id")
        seen.add(block_id or "")


def _totals(checker: Checker, blocks: list[Any], base: str) -> None:
    markdown = sum(len(str(block.get("text", ""))) for block in blocks if _is(block, "markdown"))
    if markdown > wording.MARKDOWN_TOTAL:
        checker.add(wording.too_long(wording.MARKDOWN_TOTAL), base)
    for kind, most in (("table", 1), ("data_visualization", 2)):
        if sum(_is(block, kind) for block in blocks) > most:
            checker.add(wording.too_many(most), base)


def _section(checker: Checker, block: dict[str, Any], pointer: str) -> None:
    checker.shape(block, pointer, [], ["block_id", "text", "fields", "accessory", "expand"])
    if "text" not in block and "fields" not in block:
        checker.add(wording.TEXT_OR_FIELDS, pointer)
    if block.get("text") is not None:
        checker.text_object(block["text"], f"{pointer}/text", wording.SECTION_TEXT)
    if block.get("fields") is not None:
        fields = checker.items(block["fields"], f"{pointer}/fields", wording.SECTION_FIELDS)
        for index, field in enumerate(fields):
            checker.text_object(field, f"{pointer}/fields/{index}", wording.SECTION_FIELD)
    if block.get("accessory") is not None:
        _element(checker, block["accessory"], f"{pointer}/accessory")


def _header(checker: Checker, block: dict[str, Any], pointer: str) -> None:
    checker.shape(block, pointer, ["text"], ["block_id"])
    if "text" in block:
        checker.text_object(block["text"], f"{pointer}/text", wording.HEADER, plain_only=True)


def _context(checker: Checker, block: dict[str, Any], pointer: str) -> None:
    checker.shape(block, pointer, ["elements"], ["block_id"])
    elements = checker.items(block.get("elements"), f"{pointer}/elements", wording.CONTEXT_ELEMENTS)
    for index, element in enumerate(elements):
        where = f"{pointer}/elements/{index}"
        if _is(element, "image"):
            _image(checker, element, where)
        else:
            checker.text_object(element, where, wording.CONTEXT_TEXT)


def _actions(checker: Checker, block: dict[str, Any], pointer: str) -> None:
    checker.shape(block, pointer, ["elements"], ["block_id"])
    elements = checker.items(block.get("elements"), f"{pointer}/elements", wording.ACTIONS_ELEMENTS)
    seen: set[str] = set()
    for index, element in enumerate(elements):
        where = f"{pointer}/elements/{index}"
        _element(checker, element, where)
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if action_id is not None and action_id in seen:
            checker.add(wording.NOT_UNIQUE, f"{where}/action_id")
        seen.add(action_id or "")


def _divider(checker: Checker, block: dict[str, Any], pointer: str) -> None:
    checker.shape(block, pointer, [], ["block_id"])


def _markdown(checker: Checker, block: dict[str, Any], pointer: str) -> None:
    checker.shape(block, pointer, ["text"], ["block_id"])
    checker.string(block.get("text", ""), f"{pointer}/text", wording.MARKDOWN_TOTAL)


def _image(checker: Checker, block: dict[str, Any], pointer: str) -> None:
    checker.shape(block, pointer, ["alt_text"], ["block_id", "image_url", "slack_file", "title"])
    if ("image_url" in block) == ("slack_file" in block):
        checker.add(wording.NO_SCHEMA, pointer)
    if "alt_text" in block:
        checker.string(block["alt_text"], f"{pointer}/alt_text", wording.ALT_TEXT)
    if block.get("image_url") is not None:
        checker.url(block["image_url"], f"{pointer}/image_url")
    if block.get("slack_file") is not None:
        checker.add(wording.BAD_FILE, f"{pointer}/slack_file")  # no file can be uploaded here yet
    if block.get("title") is not None:
        checker.text_object(block["title"], f"{pointer}/title", wording.IMAGE_TITLE, plain_only=True)


def _table(checker: Checker, block: dict[str, Any], pointer: str) -> None:
    checker.shape(block, pointer, ["rows"], ["block_id", "column_settings"])
    total = 0
    for index, row in enumerate(checker.items(block.get("rows"), f"{pointer}/rows", wording.TABLE_ROWS)):
        cells = checker.items(row, f"{pointer}/rows/{index}", wording.TABLE_COLUMNS)
        for column, cell in enumerate(cells):
            kind = cell.get("type") if isinstance(cell, dict) else None
            if kind not in {"raw_text", "raw_number", "rich_text"}:
                checker.add(wording.unsupported(kind), f"{pointer}/rows/{index}/{column}/type")
            elif kind == "raw_text":
                total += len(str(cell.get("text", "")))
    if total > wording.TABLE_TOTAL:
        checker.add(wording.too_long(wording.TABLE_TOTAL), f"{pointer}/rows")


def _element(checker: Checker, element: Any, pointer: str) -> None:
    kind = element.get("type") if isinstance(element, dict) else None
    rule = _ELEMENTS.get(kind) if isinstance(kind, str) else None
    if rule is None:
        checker.add(wording.unsupported(kind), f"{pointer}/type")
        return
    if element.get("action_id") is not None:
        checker.string(element["action_id"], f"{pointer}/action_id", wording.ACTION_ID)
    checker.nested(pointer, lambda: rule(checker, element, pointer))


def _button(checker: Checker, element: dict[str, Any], pointer: str) -> None:
    optional = ["action_id", "url", "value", "style", "confirm", "accessibility_label"]
    checker.shape(element, pointer, ["text"], optional)
    if "text" in element:
        checker.text_object(element["text"], f"{pointer}/text", wording.BUTTON_TEXT, plain_only=True)
    if element.get("value") is not None:
        checker.string(element["value"], f"{pointer}/value", wording.BUTTON_VALUE)
    if element.get("url") is not None:
        checker.url(element["url"], f"{pointer}/url")
    if element.get("style", "primary") not in {"primary", "danger"}:
        checker.add(wording.BAD_VALUE, f"{pointer}/style")
    checker.optional_string(element, "accessibility_label", pointer, wording.BUTTON_TEXT)
    if element.get("confirm") is not None:
        _confirm(checker, element["confirm"], f"{pointer}/confirm")


def _confirm(checker: Checker, dialog: Any, pointer: str) -> None:
    if checker.shape(dialog, pointer, list(wording.CONFIRM), ["style"]):
        for name, most in wording.CONFIRM.items():
            if name in dialog:
                checker.text_object(dialog[name], f"{pointer}/{name}", most, plain_only=name != "text")


def _overflow(checker: Checker, element: dict[str, Any], pointer: str) -> None:
    checker.shape(element, pointer, ["options"], ["action_id", "confirm"])
    _options(checker, element, pointer, wording.OVERFLOW_OPTIONS)


def _static_select(checker: Checker, element: dict[str, Any], pointer: str) -> None:
    optional = ["action_id", "placeholder", "initial_option", "confirm", "focus_on_load"]
    checker.shape(element, pointer, ["options"], optional)
    _options(checker, element, pointer, wording.SELECT_OPTIONS)


def _options(checker: Checker, element: dict[str, Any], pointer: str, most: int) -> None:
    for index, option in enumerate(checker.items(element.get("options"), f"{pointer}/options", most)):
        where = f"{pointer}/options/{index}"
        if checker.shape(option, where, ["text", "value"], ["description", "url"]):
            checker.text_object(option.get("text"), f"{where}/text", wording.OPTION_TEXT)
            checker.string(option.get("value"), f"{where}/value", wording.OPTION_VALUE)


_Rule = Callable[[Checker, dict[str, Any], str], None]
_BLOCKS: dict[str, _Rule] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
    "image": _image,
    "markdown": _markdown,
    "rich_text": rich_text,
    "table": _table,
    "data_visualization": data_visualization,
}
_ELEMENTS: dict[str, _Rule] = {
    "button": _button,
    "overflow": _overflow,
    "static_select": _static_select,
    "image": _image,
}
