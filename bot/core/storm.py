"""Storms: more first messages than a channel takes share one living summary.

A channel is in a storm from the first message that would be one too many until, within the time, fewer were wanted
again. What is folded counts as wanted; what is held does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bot.core.decisions import Notification, Reason
from bot.core.desk import Desk
from bot.core.identity import delivery_id, roundup_id
from bot.core.roundup import Pace, Roundup, RoundupKind
from bot.core.roundups import joined, keep, post
from bot.core.state import Alert

STORM_END: Final = "storm_end"


def channel_takes(desk: Desk, channel: str) -> bool:
    """Count one more first message that a channel is to get; say whether it is posted, or else folded."""
    storm, before = desk.rule_set.storm, desk.view.pace(channel) or Pace()
    recent = tuple(at for at in before.recent if at > desk.at - storm.within_ms)
    takes = before.storm is None and len(recent) < storm.messages
    after = msgspec.structs.replace(
        before, recent=(*recent, desk.at)[-storm.messages :], stale_at=desk.at + storm.within_ms
    )
    desk.into.paces[channel] = after
    return takes


def fold(desk: Desk, channel: str, alert: Alert, values: Mapping[str, Any]) -> str:
    """Put an alert into the channel's summary, which begins with the first; return the summary's id."""
    pace = desk.view.pace(channel) or Pace()
    summary = desk.view.roundup(pace.storm) if pace.storm else None
    if summary is None:
        summary = _begun(desk, channel, pace)
        keep(desk, joined(summary, alert, values))
        post(desk, summary.roundup_id)
    else:
        keep(desk, joined(summary, alert, values), Reason.MORE)
    return summary.roundup_id


def on_storm_end(desk: Desk, summary: Roundup) -> None:
    """Look whether a storm is over; announce it, or look again when it may be."""
    pace = desk.view.pace(summary.channel) or Pace()
    due = _ends_at(desk, pace)
    if due > desk.at:
        desk.into.timers[(summary.roundup_id, STORM_END)] = due
        return
    desk.into.timers[(summary.roundup_id, STORM_END)] = None
    desk.into.paces[summary.channel] = msgspec.structs.replace(pace, storm=None)
    over = msgspec.structs.replace(summary, ended_at=desk.at, revision=summary.revision + 1)
    keep(desk, over, Reason.CLOSED)
    _announce(desk, over)


def _begun(desk: Desk, channel: str, pace: Pace) -> Roundup:
    mark = roundup_id(RoundupKind.STORM.value, channel, str(desk.at))
    pace = msgspec.structs.replace(pace, storm=mark)
    desk.into.paces[channel] = pace
    desk.into.timers[(mark, STORM_END)] = _ends_at(desk, pace)
    return Roundup(roundup_id=mark, kind=RoundupKind.STORM, name=channel, channel=channel, opened_at=desk.at)


def _ends_at(desk: Desk, pace: Pace) -> int:
    """Return when fewer first messages than the limit will have been wanted within the time."""
    storm = desk.rule_set.storm
    if len(pace.recent) < storm.messages:
        return desk.at
    return pace.recent[-storm.messages] + storm.within_ms


def _announce(desk: Desk, over: Roundup) -> None:
    desk.into.notifications.append(
        Notification(
            delivery_id=delivery_id(over.roundup_id, over.channel, Reason.ANNOUNCED.value),
            alert_id=over.roundup_id,
            channel=over.channel,
            reason=Reason.ANNOUNCED,
            severity=over.severity,
            revision=over.revision,
            at=desk.at,
            number=over.count,
        )
    )
