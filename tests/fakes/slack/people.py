"""Users and groups: users.lookupByEmail, usergroups.users.list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack.decoding import RefusedError


@dataclass
class Directory:
    """Who is in the workspace: user ids by e-mail address, members of groups by the group's id."""

    by_email: dict[str, str] = field(default_factory=lambda: {"ana@example.org": "U0ANA00001"})
    groups: dict[str, list[str]] = field(default_factory=lambda: {"S0ONCALL01": ["U0BEN00001"]})

    def look_up(self, args: dict[str, Any]) -> dict[str, Any]:
        found = self.by_email.get(str(args.get("email", "")))
        if found is None:
            raise RefusedError("users_not_found")
        return {"user": {"id": found, "name": found.lower(), "deleted": False}}

    def members(self, args: dict[str, Any]) -> dict[str, Any]:
        members = self.groups.get(str(args.get("usergroup", "")))
        if members is None:
            raise RefusedError("no_such_subteam")
        return {"users": members}
