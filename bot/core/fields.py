"""The fields that rules may name: one typed name for the same thing on every platform."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class FieldType(StrEnum):
    """How a field's value is read and compared."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes/no"
    LIST = "list"
    RAW = "raw"


FIELDS: Final[dict[str, FieldType]] = {
    "company": FieldType.TEXT,
    "company_id": FieldType.TEXT,
    "workflow": FieldType.TEXT,
    "stage": FieldType.TEXT,
    "document": FieldType.TEXT,
    "status": FieldType.TEXT,
    "cause": FieldType.TEXT,
    "errors": FieldType.LIST,
    "last_error": FieldType.TEXT,
    "retries": FieldType.NUMBER,
    "exceeded_retries": FieldType.YES_NO,
    "file_count": FieldType.NUMBER,
    "score": FieldType.NUMBER,
    "tag": FieldType.TEXT,
    "step": FieldType.TEXT,
    "step_type": FieldType.TEXT,
    "valid": FieldType.YES_NO,
    "reviewed": FieldType.YES_NO,
    "note": FieldType.TEXT,
    "user": FieldType.TEXT,
    "url": FieldType.TEXT,
    "job": FieldType.TEXT,
    "run": FieldType.TEXT,
    "file": FieldType.TEXT,
    "batch": FieldType.TEXT,
    "subject": FieldType.TEXT,
    "source": FieldType.TEXT,
    "environment": FieldType.TEXT,
}

RAW_PREFIX: Final = "raw."

# Ids that say what an event is about. One that was only lent never closes anything.
IDENTITY_FIELDS: Final = frozenset({"job", "run", "file", "batch", "subject"})

# What job memory lends to later events of the same job or run that lack it.
LENT_FIELDS: Final = ("company", "workflow", "stage", "document", "batch", "user", "file_count", "url")

# Words a title may use beside fields.
TITLE_WORDS: Final = ("count", "percent", "within", "age", "type", "rule")


def field_type(name: str) -> FieldType | None:
    """Return the type of a field by the name rules use, `raw.…` paths included; None when there is none."""
    if name.startswith(RAW_PREFIX) and len(name) > len(RAW_PREFIX):
        return FieldType.RAW
    return FIELDS.get(name)
