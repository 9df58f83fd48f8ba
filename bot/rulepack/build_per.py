"""`per` and `if_unknown`: under which key a rule counts, and what becomes of an event that has none."""

from __future__ import annotations

from collections.abc import Iterator

from bot.config.nodes import Items, Node, Text
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.core.kinds import EveryMatch, Kind, NewValue, NotFollowedBy
from bot.core.rule import IfUnknown
from bot.core.selector import OWN_SOURCE, Selector
from bot.rulepack.schema import ALL
from bot.rulepack.surroundings import Surroundings, selected_types
from bot.rulepack.traits import always_carried


def per_of(values: Values, kind: Kind, notes: Notes) -> tuple[str, ...] | None:
    """Return the fields of the key; None is the event's own subject, empty is one bucket."""
    fields: tuple[Text, ...] | None = values.get("per")
    if fields is None:
        return _unless_written(kind)
    seen: set[str] = set()
    for field in fields:
        if field.text in seen:
            notes.error(field, f"`{field.text}` stands twice in `per`")
        seen.add(field.text)
    if ALL in seen and len(fields) > 1:
        notes.error(values.at("per"), f"`{ALL}` is one bucket: it stands alone", word=ALL)
    return tuple(field.text for field in fields if field.text != ALL)


def if_unknown_of(
    per: tuple[str, ...] | None, when: Selector, values: Values, around: Surroundings, notes: Notes
) -> IfUnknown:
    """Return what becomes of an event without a key; it must be written where an event of `when` may lack a field."""
    written = around.inherited(values, "if_unknown")
    if written is not None:
        return IfUnknown(written)
    if per and "per" in values and around.config.readable and not around.is_written(values, "if_unknown"):
        _require_it(per, when, values, around, notes)
    # The key of `new_value` that nobody wrote is its own field, and what is missing is no new value.
    return IfUnknown.SKIP if "new_value" in values and "per" not in values else IfUnknown.SEPARATE


def _unless_written(kind: Kind) -> tuple[str, ...] | None:
    if isinstance(kind, NewValue):
        return (kind.field,)
    return None if isinstance(kind, EveryMatch | NotFollowedBy) else ()


def _require_it(per: tuple[str, ...], when: Selector, values: Values, around: Surroundings, notes: Notes) -> None:
    for field, node in zip(per, _items(values.at("per")), strict=False):
        lacking = next(_lacking(field, when, around.known_types), None)
        if lacking is not None:
            message = f"{lacking} may lack `{field}`: write `if_unknown: separate` (a bucket of its own) or `skip`"
            notes.error(node, message, word=field)
            return


def _lacking(field: str, when: Selector, known_types: frozenset[str]) -> Iterator[str]:
    """Yield what may lack a field; `any` also means types that nobody listed."""
    if when.any and field not in always_carried(""):
        yield "an event of an unlisted type"
    yield from (
        name
        for name in sorted(selected_types(when, known_types))
        if not name.startswith(OWN_SOURCE) and field not in always_carried(name)
    )


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else (node,)
