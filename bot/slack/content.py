"""What a message says, before it is laid out: read by the Slack layout, by the preview and by nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import msgspec

from bot.slack import limits
from bot.slack.buttons import Choice
from bot.slack.mentions import Mention
from bot.slack.text import clamped, cleaned, meaningful

SEPARATOR: Final = " · "
_REFERENCE_CHARACTERS: Final = 8


class Colour(Enum):
    """The bar beside the last line: how it stands, never how bad it is. The word beside it says the same."""

    FIRING = "#a30200"
    ACKNOWLEDGED = "#daa038"
    SILENCED = "#dddddd"
    RESOLVED = "#2eb886"
    OVER = "#868686"  # over, and nobody says that it is mended


class Standing(NamedTuple):
    """How it stands: a sign and a word for the headline, a sentence below it or None, the state in a word."""

    sign: str
    word: str
    sentence: str | None
    state: str
    colour: Colour


class Field(NamedTuple):
    """One line of the card. `aside` says since when a lent value is known, or is empty."""

    label: str
    value: str
    aside: str = ""


class Moment(NamedTuple):
    """A time in the context line, shown in each reader's own zone where the reader's program can do that."""

    before: str
    at: int
    after: str = ""


class Link(NamedTuple):
    """An address, and the label of its button. `host` is set where it is foreign and must be seen."""

    label: str
    url: str
    host: str | None = None


class Line(NamedTuple):
    """One alert in a list: its sign, its title with its address, and how it stands."""

    sign: str
    title: str
    aside: str
    link: Link | None = None


class Section(NamedTuple):
    """A list under a heading, and how many more there are than it names."""

    heading: str
    lines: tuple[Line, ...]
    more: int = 0


class Offers(NamedTuple):
    """What a card lets a person do; drawn only where something answers (`Setting.interactive`)."""

    acknowledge: bool = False
    silence: bool = False
    more: tuple[Choice, ...] = ()


NO_OFFERS: Final = Offers()
ContextPart: TypeAlias = str | Moment


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """All words of one message: clean, clamped, never escaped. No value is empty and none says None.

    `lead` stands above all else, with the one `mention`. `fields` are at most four; `extra` is what more there is to
    say: most frequent values, a reviewer's note. `reference` is by what a person finds the message in the log.
    """

    standing: Standing
    title: str
    link: Link | None = None
    lead: str | None = None
    mention: Mention | None = None
    description: str | None = None
    fields: tuple[Field, ...] = ()
    extra: tuple[Field, ...] = ()
    sections: tuple[Section, ...] = ()
    runbook: str | None = None
    context: tuple[ContextPart, ...] = ()
    offers: Offers = NO_OFFERS
    reference: str = ""

    @property
    def headline(self) -> str:
        """Return the first line as plain text."""
        return f"{self.standing.sign} {self.standing.word}: {self.title}"

    @property
    def footer(self) -> str:
        """Return the last line: the state's word, as colour alone says nothing to many, and the reference."""
        return f"{self.standing.state}{SEPARATOR}ref {self.reference}"


def reference(delivery_id: str) -> str:
    """Return the characters of a delivery id by which a person can find it in the log and the store."""
    return delivery_id.rpartition("_")[2][:_REFERENCE_CHARACTERS]


def foreign_host(url: str, own_hosts: Collection[str]) -> str | None:
    """Return the host that a browser would go to, where it is not one of ours nor below one; in letters of ASCII."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if any(host == own or host.endswith(f".{own}") for own in own_hosts):
        return None
    try:
        return clamped(host.encode("idna").decode("ascii"), limits.HOST)
    except UnicodeError:
        return clamped(cleaned(host.encode("ascii", "backslashreplace").decode()), limits.HOST)


def clamped_or_none(text: str | None, most: int) -> str | None:
    """Return a text that says something, clamped, or None."""
    found = meaningful(text)
    return None if found is None else clamped(found, most)


def joined(parts: Iterable[str]) -> str:
    """Return parts of a context line as one clean text within its limits."""
    return clamped(SEPARATOR.join(clamped(cleaned(part), limits.CONTEXT_PART) for part in parts), limits.CONTEXT_TEXT)


def amount(count: int, noun: str, nouns: str | None = None) -> str:
    """Return a number with its noun: `1 alert`, `312 alerts`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {nouns or noun + 's'}"
