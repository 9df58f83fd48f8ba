"""Names of `people:` as ids that Slack can mention; an e-mail address is looked up once and kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

import structlog

from bot.errors import StoreUnavailableError
from bot.slack.calls import Reply
from bot.slack.waits import pause

# A person may join the workspace later; a network comes back sooner.
AGAIN_UNKNOWN_S: Final = 3_600.0
AGAIN_S: Final = 60.0
_NOBODY: Final = "users_not_found"

_LOG = structlog.get_logger()

Lookup = Callable[[str], Awaitable[Reply]]


class Known(Protocol):
    """What the store remembers of people."""

    async def known_people(self) -> Mapping[str, str]:
        """Return the Slack ids of e-mail addresses that were looked up."""
        ...

    async def note_person(self, address: str, slack_id: str) -> None:
        """Remember one."""
        ...


class People:
    """`ids` maps names to user ids (U…, W…) or group ids (S…); it grows while `run` looks addresses up."""

    def __init__(self, people: Mapping[str, str], known: Known, lookup: Lookup | None) -> None:
        self.ids: dict[str, str] = {name: value for name, value in people.items() if not is_address(value)}
        self._addresses = {name: value for name, value in people.items() if is_address(value)}
        self._known, self._lookup = known, lookup
        self._failed: dict[str, str] = {}

    @property
    def troubles(self) -> list[str]:
        """Say in words who cannot be mentioned, for /readyz."""
        return [f"{name} of `people:` cannot be mentioned: {why}" for name, why in sorted(self._failed.items())]

    async def run(self) -> None:
        """Look up what is not known yet, and return once everybody is."""
        await self._recall()
        while self._lookup is not None and (missing := self._addresses.keys() - self.ids.keys()):
            for name in sorted(missing):
                await self._look_up(name, self._lookup)
            if self._failed:
                await pause(AGAIN_S if set(self._failed.values()) - {_IN_WORDS[_NOBODY]} else AGAIN_UNKNOWN_S)

    async def _recall(self) -> None:
        while True:
            try:
                known = await self._known.known_people()
            except StoreUnavailableError:
                await pause(AGAIN_S)
                continue
            self.ids.update({name: known[where] for name, where in self._addresses.items() if where in known})
            return

    async def _look_up(self, name: str, lookup: Lookup) -> None:
        address = self._addresses[name]
        slack_id, why = read_person(await lookup(address))
        if slack_id is None:
            if self._failed.get(name) != why:
                _LOG.warning("person_not_found", name=name, cause=why)
            self._failed[name] = why
            return
        self._failed.pop(name, None)
        self.ids[name] = slack_id
        try:
            await self._known.note_person(address, slack_id)
        except StoreUnavailableError:
            _LOG.info("person_not_kept", name=name)  # looked up again at the next start


def is_address(value: str) -> bool:
    """Say whether a value of `people:` is an e-mail address."""
    return "@" in value


def read_person(reply: Reply) -> tuple[str | None, str]:
    """Return (id, "") of an answer of users.lookupByEmail, or (None, why not in words)."""
    user = reply.body.get("user")
    found = user.get("id") if isinstance(user, dict) else None
    if reply.ok and isinstance(found, str):
        return found, ""
    return None, _IN_WORDS.get(reply.error or "", f"Slack says {reply.error or 'nothing readable'}")


_IN_WORDS: Final = {
    _NOBODY: "nobody in the workspace has this e-mail address",
    "missing_scope": "the app lacks the scopes users:read and users:read.email",
}
