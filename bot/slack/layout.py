"""From words to Block Kit; pure.

Foreign text stands only in rich_text text elements and in plain_text with `emoji: false`, where Slack reads no
mention, no link and no formatting. What matters stands in the blocks of the message itself. The colour bar needs a
legacy attachment; it holds one short line that can be missed, because Slack may fold what is in one, and because a
message without blocks of its own would show its text a second time above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from bot.slack.buttons import ACKNOWLEDGE, MORE, OPEN, SILENCE, Choice, value_of
from bot.slack.content import SEPARATOR, Content, ContextPart, Field, Line, Link, Moment, Section, amount
from bot.slack.text import safe_url
from bot.slack.words import full_time, reader_time

Block: TypeAlias = dict[str, Any]

_SILENCES: Final = {
    Choice.ONE_HOUR: "For 1 hour",
    Choice.FOUR_HOURS: "For 4 hours",
    Choice.MORNING: "Until the next working morning",
}
_MORE: Final = {Choice.RESOLVE: "Resolve", Choice.WHY: "Why this?", Choice.END_SILENCE: "End the silence"}


def blocks_of(content: Content, block_id: str, zone: ZoneInfo) -> list[Block]:
    """Return the message's blocks without its buttons; `block_id` begins the id of each."""
    lines = list(_body(content))
    body: Block = {"type": "rich_text", "block_id": f"{block_id}.body", "elements": [_section(lines)]}
    if not content.context:
        return [body]
    elements = [_context_element(part, zone) for part in content.context]
    return [body, {"type": "context", "block_id": f"{block_id}.context", "elements": elements}]


def actions_of(content: Content, block_id: str, card_id: str, *, interactive: bool) -> list[Block]:
    """Return the block of buttons, left to right, or nothing. Buttons that nothing answers are not drawn."""
    elements = list(_elements(content, card_id, interactive=interactive))
    return [{"type": "actions", "block_id": f"{block_id}.actions", "elements": elements}] if elements else []


def bar_of(content: Content, block_id: str) -> Block:
    """Return the attachment with the colour bar. Its fallback is ours alone: Slack would read foreign text in it."""
    line: Block = {"type": "context", "block_id": f"{block_id}.state", "elements": [plain_text(content.footer)]}
    standing = content.standing
    return {"color": standing.colour.value, "fallback": standing.state, "blocks": [line]}


def field_line(field: Field) -> str:
    """Return a field as plain text."""
    return f"{field.label}: {field.value}" + (f" ({field.aside})" if field.aside else "")


def list_line(line: Line) -> str:
    """Return a line of a list as plain text, without its address."""
    return f"{line.sign} {line.title}{_behind(line)}"


def more_line(section: Section) -> str:
    """Return what says that a list is longer, or nothing."""
    return f"and {amount(section.more, 'more', 'more')}" if section.more else ""


def context_text(part: ContextPart, zone: ZoneInfo) -> str:
    """Return a part of the context as plain text, times in the configured zone."""
    return part if isinstance(part, str) else f"{part.before}{full_time(part.at, zone)}{part.after}"


def plain_text(text: str) -> Block:
    """Return a text object in which nothing is read."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _body(content: Content) -> Iterator[list[Block]]:
    """Yield the lines of the message, each a list of rich_text elements."""
    standing = content.standing
    yield [_text(f"{standing.sign} {standing.word}: "), *_titled(content.title, content.link, bold=True)]
    if content.lead or content.mention:
        yield _lead(content)
    yield from ([_text(text)] for text in (standing.sentence, content.description) if text)
    yield from (_field(field) for field in (*content.fields, *content.extra))
    for section in content.sections:
        yield from _listed(section)
    if content.runbook:
        yield [_text("Runbook: ", bold=True), _reference(content.runbook)]


def _lead(content: Content) -> list[Block]:
    elements = [_text(content.lead)] if content.lead else []
    if content.mention is None:
        return elements
    return [*elements, *([_text(" ")] if elements else []), content.mention.element()]


def _titled(title: str, link: Link | None, *, bold: bool = False) -> list[Block]:
    """Link a title. Where the address is foreign its host stands behind it, so that our words hide none."""
    if link is None:
        return [_text(title, bold=bold)]
    styled = {"style": {"bold": True}} if bold else {}
    linked: Block = {"type": "link", "url": link.url, "text": title, **styled}
    return [linked, _text(f" ({link.host})")] if link.host else [linked]


def _listed(section: Section) -> Iterator[list[Block]]:
    yield [_text(f"{section.heading}:", bold=True)]
    for line in section.lines:
        behind = _behind(line)
        yield [_text(f"{line.sign} "), *_titled(line.title, line.link), *([_text(behind)] if behind else [])]
    if section.more:
        yield [_text(more_line(section))]


def _behind(line: Line) -> str:
    return f"{SEPARATOR}{line.aside}" if line.aside else ""


def _section(lines: list[list[Block]]) -> Block:
    """One section with line ends in it: how far apart sections stand is left to each client."""
    elements = list(lines[0])
    for line in lines[1:]:
        elements.extend([_text("\n"), *line])
    return {"type": "rich_text_section", "elements": elements}


def _field(field: Field) -> list[Block]:
    line = [_text(f"{field.label}: ", bold=True), _text(field.value)]
    return [*line, _text(f" ({field.aside})")] if field.aside else line


def _reference(runbook: str) -> Block:
    """Link a runbook (it comes from the rule's file) under its own address; what is no address is shown as text."""
    url = safe_url(runbook)
    return _text(runbook) if url is None else {"type": "link", "url": url}


def _context_element(part: ContextPart, zone: ZoneInfo) -> Block:
    if isinstance(part, Moment):
        return {"type": "mrkdwn", "text": f"{part.before}{reader_time(part.at, zone)}{part.after}", "verbatim": True}
    return plain_text(part)


def _elements(content: Content, card_id: str, *, interactive: bool) -> Iterator[Block]:
    offers, link = content.offers, content.link
    if interactive and offers.acknowledge:
        yield _button("Acknowledge", ACKNOWLEDGE) | {"value": value_of(card_id)}
    if interactive and offers.silence:
        options = [_option(text, value_of(card_id, choice)) for choice, text in _SILENCES.items()]
        placeholder = plain_text("Silence …")
        yield {"type": "static_select", "action_id": SILENCE, "placeholder": placeholder, "options": options}
    if link is not None:
        yield _button(link.label, OPEN) | {"url": link.url}
    if interactive and offers.more:
        options = [_option(_MORE[choice], value_of(card_id, choice)) for choice in offers.more]
        yield {"type": "overflow", "action_id": MORE, "options": options}


def _button(label: str, action_id: str) -> Block:
    return {"type": "button", "action_id": action_id, "text": plain_text(label)}


def _option(text: str, value: str) -> Block:
    return {"text": plain_text(text), "value": value}


def _text(text: str, *, bold: bool = False) -> Block:
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})
