"""`notify_during`: when hours begin, what they held is handed over as one card: still open, ended meanwhile."""

from __future__ import annotations

import msgspec

from bot.core import gates
from bot.core.decisions import HandOver, Telling
from bot.core.desk import Desk
from bot.core.holding import HAND_OVER, held_slices, hold, let_go
from bot.core.roundup import Member, Roundup, RoundupKind
from bot.core.roundups import keep, listing, member_of, post
from bot.core.state import BY_HOURS, Slice, Told


def on_hours(desk: Desk, name: str) -> None:
    """Hand over what hours held, in every channel, and let go of it. What something else holds stays held by that."""
    cards = [one for one in desk.view.collecting(RoundupKind.HAND_OVER) if one.name == name]
    free = [key for key in held_slices(desk, BY_HOURS, name) if _is_free(desk, key)]
    ended: list[Member] = []
    for card in cards:
        desk.into.timers[(card.roundup_id, HAND_OVER)] = None
        gone = [member for member in card.members if not member.state.is_open]
        _hand_over(desk, card, free, gone)
        ended += [member for member in gone if member not in ended]
    still_open = tuple(_tell(desk, key, cards, len(free)) for key in free)
    if still_open or ended:
        channels = tuple(card.channel for card in cards)
        desk.into.hand_overs.append(
            HandOver(at=desk.at, hours=name, channels=channels, still_open=still_open, ended=tuple(ended))
        )


def _is_free(desk: Desk, key: str) -> bool:
    """Say whether nothing else holds an alert by now; what does holds it from here on."""
    slice_ = _slice(desk, key)
    rule = desk.rule_set.rules.get(slice_.rule)
    if slice_.alert is None or rule is None:
        return False
    by = gates.hold_safely(desk, rule, slice_.alert, slice_.values)
    if by is None or by.by == BY_HOURS:
        return True
    gates.put_back(desk, key, slice_, hold(desk, rule, let_go(slice_.alert, desk.at), slice_.values, by))
    return False


def _hand_over(desk: Desk, card: Roundup, free: list[str], gone: list[Member]) -> None:
    slices = (desk.view.slice(key) for key in free)
    alerts = [one.alert for one in slices if one is not None and one.alert is not None]
    here = [alert for alert in alerts if card.channel in alert.channels]
    full = listing(msgspec.structs.replace(card, ended_at=desk.at), here, gone)
    keep(desk, full)
    if full.count:
        post(desk, card.roundup_id)


def _tell(desk: Desk, key: str, cards: list[Roundup], together: int) -> Member:
    """Note where an alert was handed over."""
    slice_ = _slice(desk, key)
    if slice_.alert is None:
        raise LookupError(key)
    alert = let_go(slice_.alert, desk.at)
    told = tuple(Told(card.channel, card.roundup_id) for card in cards if card.channel in alert.channels)
    after = msgspec.structs.replace(alert, told=told)
    desk.into.tellings.append(Telling(at=desk.at, alert=after, together=together, channels=alert.channels))
    gates.put_back(desk, key, slice_, after)
    return member_of(after)


def _slice(desk: Desk, key: str) -> Slice:
    return desk.view.slice(key) or Slice(rule="")
