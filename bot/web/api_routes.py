"""The questions of the API in one table: where each is asked, with what, and what it returns."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

BASE: Final = "/api/v1"
MOST: Final = 1_000


class Parameter(NamedTuple):
    """One part of a question: in the path, or behind the question mark."""

    name: str
    text: str
    schema: dict[str, Any]
    in_path: bool = False
    is_list: bool = False


class Route(NamedTuple):
    """One question. `template` has `{name}` where a path parameter stands; `returns` says what, in words."""

    name: str
    template: str
    summary: str
    returns: str
    parameters: tuple[Parameter, ...] = ()
    method: str = "GET"


_TEXT: Final[dict[str, Any]] = {"type": "string"}
_LIMIT: Final = Parameter(
    "limit", "At most so many, the newest.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": 100}
)
_ALERT: Final = Parameter("id", "An alert's id, `al_…`.", _TEXT, in_path=True)
_EVENT: Final = Parameter("id", "An event's id, `evt_…`, as deliveries are answered.", _TEXT, in_path=True)
_RULE: Final = Parameter("rule", "A rule's name.", _TEXT, in_path=True)
_STATES: Final = ["open", "all", "firing", "acknowledged", "resolved", "expired", "closed"]
_STATUSES: Final = ["accepted", "quarantined", "set_aside"]

ROUTES: Final = (
    Route(
        "alerts",
        "/alerts",
        "Alerts, those that fired last first.",
        "`alerts`: a list of alerts without their messages",
        (
            Parameter("state", "Which ones.", {"type": "string", "enum": _STATES, "default": "open"}),
            Parameter("rule", "Of this rule only.", _TEXT),
            _LIMIT,
        ),
    ),
    Route("alert", "/alerts/{id}", "One alert: what held it, and how each message went.", "the alert", (_ALERT,)),
    Route(
        "events",
        "/events",
        "Stored events, the last first.",
        "`events`: a list of events as they were stored, without their bodies",
        (Parameter("status", "Only those.", {"type": "string", "enum": _STATUSES}), _LIMIT),
    ),
    Route("event", "/events/{id}", "One event, and what became known of it later.", "`rows`: a list", (_EVENT,)),
    Route(
        "why",
        "/events/{id}/why",
        "What every rule made of an event, with the first clause that said no, and what followed.",
        "`event`, `rules`, `alerts` with their messages, `notes`",
        (_EVENT,),
    ),
    Route("rules", "/rules", "The rules in force.", "`version`, `since`, `trouble`, `rules`: a list"),
    Route(
        "why_not",
        "/rules/{rule}/why-not",
        "Why there is no alert of a rule for a key.",
        "`state`, what stands and is due, the latest looks, and which clause refused which event",
        (
            _RULE,
            Parameter(
                "key", "The values of the rule's `per`, in order.", {"type": "array", "items": _TEXT}, is_list=True
            ),
        ),
    ),
    Route("silences", "/silences", "Silences that have not ended.", "`silences`: a list"),
    Route(
        "digests",
        "/digests",
        "Digests that were made, the last first.",
        "`digests`: a list of local dates with the period, what became of it, and its numbers",
        (Parameter("name", "Of this digest only.", _TEXT), _LIMIT),
    ),
    Route(
        "reload",
        "/reload",
        "Load the rules from their files now: all of them, or nothing.",
        "`outcome`: loaded, unchanged or refused; `version` in force; `complaints`; `restart_for`",
        method="POST",
    ),
)
