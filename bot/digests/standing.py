"""What alerts say at the end of a period: those that stand, those held back and how that ended, and who made noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from bot.core.roundup import Roundup, RoundupKind
from bot.core.rule import Mode, Severity
from bot.core.selector import OWN_SOURCE
from bot.core.silence import Silence
from bot.core.state import BY_HOURS, BY_RULE, BY_SILENCE, Alert, AlertState, Hold
from bot.digests.numbers import Carried, Held, Ledger, Noise, Numbers, Overnight, Told
from bot.digests.window import Window

LISTED: Final = 100
_BY_A_PERSON: Final = "resolved by "  # how the core says that somebody resolved it
_GRAVITY: Final = list(Severity)


class Standing:
    """All alerts that concern a period, added one by one; the bot's own troubles are told elsewhere."""

    def __init__(self, window: Window, last: Numbers | None) -> None:
        self._window = window
        self._carried_before = {one.alert_id: one.carried for one in last.carried.standing} if last else {}
        self._standing: list[Told] = []
        self._gone: list[Told] = []
        self._night: list[tuple[str, Told]] = []
        self._held: dict[str, Counter[str]] = {BY_SILENCE: Counter(), BY_RULE: Counter()}
        self._shadow: Counter[str] = Counter()
        self._silences: dict[str, str] = {}
        self._hushed = self._storms = self._folded = 0
        self._fired: Counter[str] = Counter()
        self._acted: Counter[str] = Counter()
        self._ledger: Counter[str] = Counter()

    def add(self, alert: Alert) -> None:
        """Take an alert."""
        if alert.source == OWN_SOURCE or alert.fired_at >= self._window.end:
            return
        is_new = alert.fired_at >= self._window.begin
        if is_new:
            self._ledger[_place_of(alert)] += 1
        if alert.mode is not Mode.LIVE:
            self._shadow[alert.rule] += is_new
            return
        if is_new:
            self._fired[alert.rule] += 1
            self._acted[alert.rule] += _was_acted_on(alert)
        self._add_standing(alert)
        self._add_held(alert)

    def add_roundup(self, roundup: Roundup) -> None:
        """Take a message about many alerts."""
        if roundup.silence is not None:
            self._silences[roundup.silence.silence_id] = _silence_name(roundup.silence)
        if roundup.kind is RoundupKind.STORM and self._window.begin <= roundup.opened_at < self._window.end:
            self._storms += 1
            self._folded += roundup.count

    def carried(self) -> Carried:
        """Return what stands, the oldest first, and what expired in the period."""
        standing = sorted(self._standing, key=lambda one: (one.fired_at, one.alert_id))
        return Carried(
            open=len(standing),
            unacknowledged=sum(one.state == AlertState.FIRING.value for one in standing),
            expired=len(self._gone),
            standing=tuple(standing[:LISTED]),
            gone=tuple(sorted(self._gone, key=lambda one: one.fired_at)[:LISTED]),
        )

    def overnight(self) -> Overnight:
        """Return what hours held, and how that ended; the gravest are named."""
        how = Counter(name for name, _ in self._night)
        named = sorted((told for _, told in self._night), key=_gravest_first)
        return Overnight(held=len(self._night), named=tuple(named[:LISTED]), **how)

    def held(self) -> Held:
        """Return what nobody heard of, and why."""
        return Held(
            silences={self._silences.get(name, name): n for name, n in self._held[BY_SILENCE].most_common(LISTED)},
            inhibited=dict(self._held[BY_RULE].most_common(LISTED)),
            shadow={rule: count for rule, count in self._shadow.most_common(LISTED) if count},
            hushed=self._hushed,
            storms=self._storms,
            folded=self._folded,
        )

    def noise(self, messages: Mapping[str, int]) -> tuple[Noise, ...]:
        """Return the rules by how many messages they made; `messages` counts them by rule."""
        rules = {rule for rule, count in self._fired.items() if count}
        found = [Noise(rule, self._fired[rule], messages.get(rule, 0), self._acted[rule]) for rule in rules]
        return tuple(sorted(found, key=lambda one: (-one.messages, -one.alerts, one.rule))[:LISTED])

    def accounted(self, ledger: Ledger) -> Ledger:
        """Return the ledger with every alert of the period in one place."""
        return replace(ledger, alerts=sum(self._ledger.values()), **self._ledger)

    def _add_standing(self, alert: Alert) -> None:
        if alert.state.is_open:
            carried = self._carried_before.get(alert.alert_id, -1) + 1
            self._standing.append(replace(_told(alert), carried=carried))
        elif alert.state is AlertState.EXPIRED and self._window.begin <= (alert.ended_at or 0) < self._window.end:
            self._gone.append(_told(alert))

    def _add_held(self, alert: Alert) -> None:
        held = [hold for hold in alert.holds if self._is_now(hold)]
        if any(hold.by == BY_HOURS for hold in held):
            self._night.append((_ended_how(alert), _told(alert)))
        for by, name in {(hold.by, hold.name) for hold in held if hold.by in self._held}:
            self._held[by][name] += 1
        self._hushed += alert.hushed is not None and alert.hushed.until > self._window.begin

    def _is_now(self, hold: Hold) -> bool:
        return hold.since < self._window.end and (hold.until is None or hold.until >= self._window.begin)


def _place_of(alert: Alert) -> str:
    """Say where the ledger counts an alert: in exactly one place."""
    if alert.mode is not Mode.LIVE:
        return "shadow"
    if not alert.channels:
        return "nobody"
    if alert.told:
        return "told"
    if alert.holds:
        return "held" if alert.state.is_open else "over_while_held"
    return "unaccounted"


def _silence_name(silence: Silence) -> str:
    about = ", ".join(f"{name} {text}" for name, text in silence.matcher)
    return f"of {silence.author} ({about})" + (f": {silence.reason}" if silence.reason else "")


def _ended_how(alert: Alert) -> str:
    if alert.told:
        return "open" if alert.state.is_open else "over"
    return "waiting" if alert.state.is_open else "never_told"


def _gravest_first(told: Told) -> tuple[int, int]:
    return -_GRAVITY.index(Severity(told.severity)), told.fired_at


def _was_acted_on(alert: Alert) -> bool:
    return alert.acknowledged_by is not None or (alert.ended_by or "").startswith(_BY_A_PERSON)


def _told(alert: Alert) -> Told:
    return Told(
        alert_id=alert.alert_id,
        rule=alert.rule,
        title=alert.title,
        severity=alert.severity.value,
        state=alert.state.value,
        fired_at=alert.fired_at,
        ended_at=alert.ended_at,
        url=alert.url,
        by=alert.acknowledged_by,
    )
