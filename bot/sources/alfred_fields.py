"""Alfred's events in our fields.

Numbers and booleans arrive as text in one dialect and natively in the other; both read the same. `document` is the
file's name, else the last part of the blob's name; addresses of files are never taken, they may hold access tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.core.inputs import Value
from bot.sources.lenient import number, text, time_ms, yes_no
from bot.sources.texts import Texts, add_texts

# Where two keys lead to one field, the later line wins.
_TEXTS: Final[Texts] = (
    ("company_name", "company"),
    ("company_id", "company_id"),
    ("job_id", "job"),
    ("file_log_id", "file"),
    ("file_id", "file"),
    ("stage", "stage"),
    ("file_status", "status"),
    ("user_name", "user"),
    ("file_name", "document"),
)
_NUMBERS: Final = (
    ("retries", "retries"),
    ("file_count", "file_count"),
    ("confidence", "score"),
    ("classification_score", "score"),
)
_TAGS: Final = ("new_tag_name", "tag_name")
_MOST_ERRORS: Final = 100


def add_fields(fields: dict[str, Value], inner: Mapping[str, Any]) -> None:
    """Put into `fields` what the event object says (the whole body, in the flat dialect)."""
    add_texts(fields, inner, _TEXTS)
    for key, name in _NUMBERS:
        amount = inner.get(key)
        if amount is not None and (read := number(amount)) is not None:
            fields[name] = read
    exceeded = yes_no(inner.get("exceeded_retries"))
    if exceeded is not None:
        fields["exceeded_retries"] = exceeded
    _add_tag(fields, inner)
    _add_errors(fields, inner.get("error_messages"))
    if "document" not in fields:
        _add_blob(fields, inner)


def occurred_at(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> int | None:
    """Return when it happened, ms since 1970 UTC: `event_time`, else the date of the last change.

    In every published example `event_time` is about a year before the event's own dates, so nothing may be reckoned
    from it: no lateness, no order.
    """
    for told in (outer.get("event_time"), inner.get("event_time"), inner.get("update_date")):
        moment = time_ms(told)
        if moment is not None:
            return moment
    return None


def _add_tag(fields: dict[str, Value], inner: Mapping[str, Any]) -> None:
    """Take the tag that holds now."""
    for key in _TAGS:
        told = inner.get(key)
        said = None if told is None else text(told)
        if said is not None:
            fields["tag"] = said
            return


def _add_errors(fields: dict[str, Value], messages: Any) -> None:
    """Keep the messages in order: the first one is the cause, the last one is what happened last."""
    if messages is None:
        return
    told = messages if type(messages) is list else [messages]
    readable = [said for said in map(text, told) if said is not None]
    if readable:
        fields["errors"] = tuple(readable[:_MOST_ERRORS])
        fields["cause"], fields["last_error"] = readable[0], readable[-1]


def _add_blob(fields: dict[str, Value], inner: Mapping[str, Any]) -> None:
    said = text(inner.get("blob_name"))
    name = text(said.rsplit("/", 1)[-1]) if said else None
    if name is not None:
        fields["document"] = name
