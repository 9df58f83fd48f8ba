"""What the table read, put into the frozen values of model.py: defaults filled in, secrets looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.config.digest import SINCE_LAST, Digest
from bot.config.model import (
    SQLITE_PREFIX,
    Config,
    Hours,
    Keep,
    OnUnknown,
    Server,
    SlackConfig,
    SourceConfig,
    SourceKind,
    Storm,
)
from bot.config.secrets import Reference, Secrets
from bot.config.sections import Values

T = TypeVar("T")
_DROPPED: Final = {SourceKind.ALFRED: ("content", "value")}
_EVERY_DAY: Final = frozenset(range(7))


def config_of(path: Path, values: Values, secrets: Secrets, *, dev: bool) -> Config:
    """Return the config that the file says; where it has errors, one that only serves further checks."""
    folder = path.parent.absolute()
    written = {
        "server": _made(Server, values.get("server"), {"external_url": "external_url"}),
        "timezone": values.get("timezone"),
        "slack": _slack(values.get("slack"), secrets, dev=dev),
        "channels": values.get("channels"),
        "people": values.get("people"),
        "hours": _each(values.get("hours"), _hours),
        "digests": _each(values.get("digests"), _digest),
        "storm": _made(Storm, values.get("storm"), {"within": "within_ms"}),
        "api_tokens": _api_tokens(values.get("api"), secrets),
        "keep": _made(Keep, values.get("keep"), {name: f"{name}_ms" for name in ("bodies", "keys", "audit")}),
        "default_node": values.get("defaults"),
    }
    sources: Mapping[str, Values] = values.get("sources", {})
    return Config(
        file=str(path),
        folder=folder,
        sources={name: _source(name, source, secrets) for name, source in sources.items() if source.get("kind")},
        rules=tuple(path.parent / rule for rule in values.get("rules", ())),
        store=_store(values.get("store", f"{SQLITE_PREFIX}var/tocsin.db"), folder),
        dev=dev,
        **_without_none(written),
    )


def _source(name: str, values: Values, secrets: Secrets) -> SourceConfig:
    kind = values.get("kind", "")
    references = enumerate(values.get("secrets", ()))
    found = [secrets.bytes_of(f"sources.{name}.secrets[{index}]", reference) for index, reference in references]
    written = {key: values.get(key) for key in ("company", "link", "environment", "more_types", "fetch_from")}
    return SourceConfig(
        name=name,
        kind=kind,
        secrets=tuple(secret for secret in found if secret is not None),
        token=secrets.bytes_of(f"sources.{name}.token", values.get("token")),
        drop=values.get("drop", _DROPPED.get(kind, ())),
        **_without_none(written),
    )


def _slack(values: Values | None, secrets: Secrets, *, dev: bool) -> SlackConfig | None:
    if values is None:
        return None
    look_up = Secrets({}, secrets.folder) if dev else secrets  # a preview needs none of Slack's secrets
    webhooks: Mapping[str, Reference] = values.get("webhooks", {})
    # A channel whose address is not set is a channel all the same: rules that name it are not wrong.
    found = {name: look_up.text_of(f"slack.webhooks.{name}", where) or "" for name, where in webhooks.items()}
    written = {
        "bot_token": look_up.text_of("slack.bot_token", values.get("bot_token")),
        "app_token": look_up.text_of("slack.app_token", values.get("app_token")),
        "signing_secret": look_up.bytes_of("slack.signing_secret", values.get("signing_secret")),
        "webhooks": found,
        **_on_unknown(values.get("on_unknown", OnUnknown.REPEAT_MARKED)),
        "bot_token_file": look_up.path_of(values.get("bot_token")),
        "timeout_ms": values.get("timeout"),
        "settle_ms": values.get("settle"),
        **{key: values.get(key) for key in ("api_url", "admin_channel", "may_act")},
    }
    return SlackConfig(**_without_none(written))


def _on_unknown(written: Values | str) -> dict[str, Any]:
    """Return what holds for every severity, and the severities for which something else does."""
    if isinstance(written, str):
        return {"on_unknown": OnUnknown(written)}
    found = {name: OnUnknown(way) for name, way in written.values.items()}
    return {"on_unknown": found.pop("otherwise", OnUnknown.REPEAT_MARKED), "on_unknown_by": found}


def _hours(values: Values) -> Hours:
    zone = values.get("timezone")
    return Hours(
        days=frozenset().union(*values.get("days", ())),
        start=values.get("from", 0),
        end=values.get("to", 0),
        holidays=frozenset(values.get("holidays", ())),
        timezone=zone,
    )


def _digest(values: Values) -> Digest:
    weekly = values.get("weekly")
    written = {
        "where_node": values.get("where"),
        **{key: values.get(key) for key in ("timezone", "sections", "when_empty", "during", "mention")},
    }
    return Digest(
        at=values.get("at", 0),
        days=frozenset().union(*values.get("days", (_EVERY_DAY,))) if weekly is None else frozenset({weekly}),
        day_of_month=values.get("monthly"),
        notify=tuple(dict.fromkeys(values.get("notify", ()))),
        cover=values.get("cover", SINCE_LAST),
        **_without_none(written),
    )


def _api_tokens(values: Values | None, secrets: Secrets) -> tuple[bytes, ...] | None:
    if values is None:
        return None
    references = enumerate(values.get("tokens", ()))
    found = [secrets.bytes_of(f"api.tokens[{index}]", reference) for index, reference in references]
    return tuple(token for token in found if token is not None)


def _store(address: str, folder: Path) -> str:
    """Return the store's address with an absolute path; a relative one starts from the config's folder."""
    return SQLITE_PREFIX + str(folder / address.removeprefix(SQLITE_PREFIX))


def _made(make: Callable[..., T], values: Values | None, renamed: Mapping[str, str]) -> T | None:
    """Make a value whose parameters are called like the keys, but for those renamed."""
    if values is None:
        return None
    return make(**{renamed.get(key, key): value for key, value in values.values.items()})


def _each(sections: Mapping[str, Values] | None, make: Callable[[Values], T]) -> dict[str, T] | None:
    return None if sections is None else {name: make(values) for name, values in sections.items()}


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
