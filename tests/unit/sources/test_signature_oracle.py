"""The official package as judge: on thousands of valid and mutated requests our verdict is that of `extend-ai`."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random  # noqa: TID251 - seeded, so that a failure can be had again
from types import SimpleNamespace

import pytest
from extend_ai.wrapper import webhooks

from bot.errors import NotAuthenticError, UnreadableError
from bot.sources.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, Signatures
from tests.tools.samples import all_samples, extend

SEED = 20_260_209
REQUESTS = 4_000
NOW_S = 1_773_129_720
SECRETS = ("wss_k2Jd8sPq0ZxTn4Lr7Vb1Wc6Ym9Hf3Ga5", "plain", "wss_ключ-é")
BODIES = [sample.body for sample in all_samples()]


@dataclass(frozen=True)
class Request:
    """One request; `key` is what it is signed with, `secret` what the receiver holds."""

    body: bytes
    stamp: str | None
    secret: str
    key: str
    prefix: str = "v0"
    signature: str | None = ""
    titled: bool = False

    def signed(self) -> Request:
        text = f"{self.prefix}:{self.stamp}:".encode("utf-8", "surrogatepass")
        return replace(self, signature=hmac.new(self.key.encode(), text + self.body, hashlib.sha256).hexdigest())

    @property
    def is_signed_right(self) -> bool:
        return self.signed().signature == self.signature and self.key == self.secret

    @property
    def headers(self) -> dict[str, str]:
        named = {TIMESTAMP_HEADER: self.stamp, SIGNATURE_HEADER: self.signature, "content-type": "application/json"}
        return {(name.title() if self.titled else name): value for name, value in named.items() if value is not None}


Mutation = Callable[[Request, Random], Request]


def _stamp(text: str) -> Mutation:
    """Change the timestamp before signing: the signature is right, the timestamp may not be."""
    return lambda request, _: replace(request, stamp=text).signed()


def _aged(seconds: int) -> Mutation:
    return _stamp(str(NOW_S - seconds))


def _body(change: Callable[[bytes, Random], bytes]) -> Mutation:
    """Change the body after signing."""
    return lambda request, random: replace(request, body=change(request.body, random))


def _signature(change: Callable[[str], str | None]) -> Mutation:
    return lambda request, _: replace(request, signature=change(request.signature or ""))


def _flipped(body: bytes, random: Random) -> bytes:
    place = random.randrange(len(body))
    return body[:place] + bytes([body[place] ^ 1 << random.randrange(8)]) + body[place + 1 :]


SOUND: dict[str, Mutation] = {
    "as it is": lambda request, _: request,
    "titled headers": lambda request, _: replace(request, titled=True),
    "some seconds old": lambda request, random: _aged(random.randint(1, 299))(request, random),
    "300 s old": _aged(300),
    "60 s ahead": _aged(-60),
    "empty body": lambda request, _: replace(request, body=b"").signed(),
    "not JSON": lambda request, random: replace(request, body=str(random.random()).encode()).signed(),
    "other text": lambda request, _: replace(request, body="ключ \U0001f600 \u2028".encode()).signed(),
    "plus sign": _stamp(f"+{NOW_S}"),
    "spaces around the number": _stamp(f" {NOW_S} "),
    "underscores": _stamp(f"{NOW_S:_}"),
    "leading zeros": _stamp(f"000{NOW_S}"),
    "other digits": _stamp("".join(chr(0x660 + int(digit)) for digit in str(NOW_S))),
}
UNSOUND: dict[str, Mutation] = {
    "301 s old": _aged(301),
    "61 s ahead": _aged(-61),
    "very old": _aged(10**9),
    "timestamp changed after signing": lambda request, _: replace(request, stamp=str(NOW_S - 1)),
    "not a number": _stamp("soon"),
    "a fraction": _stamp(f"{NOW_S}.0"),
    "an empty timestamp": _stamp(""),
    "very many digits": _stamp("1" * 5_000),
    "no timestamp": lambda request, _: replace(request, stamp=None),
    "no signature": _signature(lambda _: None),
    "an empty signature": _signature(lambda _: ""),
    "upper case": _signature(lambda digest: digest.upper() if digest.upper() != digest else digest + "A"),
    "with a prefix": _signature(lambda digest: "v0=" + digest),
    "with a space": _signature(lambda digest: digest + " "),
    "cut short": _signature(lambda digest: digest[:-1]),
    "not ASCII": _signature(lambda digest: "é" + digest[1:]),
    "a flipped bit": _body(_flipped),
    "a byte more": _body(lambda body, _: body + b"\n"),
    "a byte less": _body(lambda body, _: body[:-1]),
    "not UTF-8 after signing": _body(lambda body, _: body + b"\xff"),
    "other key": lambda request, _: replace(request, key="wss_other").signed(),
    "key without its prefix": lambda request, _: replace(
        request, key=request.secret.removeprefix("wss_") + "x"
    ).signed(),
    "other version": lambda request, _: replace(request, prefix="v1").signed(),
    "no secret": lambda request, _: replace(request, secret="", key="").signed(),
    "lone surrogate in the timestamp": _stamp("\ud800"),
}
MUTATIONS = SOUND | UNSOUND


def requests() -> Iterator[tuple[str, Request]]:
    random = Random(SEED)  # noqa: S311 - nothing secret
    names = [*MUTATIONS, *["as it is"] * 8]
    for number in range(REQUESTS):
        secret = random.choice(SECRETS)
        body = random.choice(BODIES)
        name = names[number] if number < len(names) else random.choice(names)
        yield name, MUTATIONS[name](Request(body, str(NOW_S), secret, secret).signed(), random)


def ours(request: Request) -> bool:
    try:
        Signatures([request.secret.encode()]).check(request.headers, request.body, NOW_S * 1000 + 500)
    except NotAuthenticError:
        return False
    return True


def theirs(request: Request) -> bool | None:
    """Return the package's verdict, None when it raises."""
    try:
        return webhooks.Webhooks().verify(request.body, request.headers, request.secret)
    except Exception:  # noqa: BLE001 - which one it is, is that package's business
        return None


@pytest.fixture(autouse=True)
def _standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "time", SimpleNamespace(time=lambda: NOW_S + 0.5))


def test_our_verdict_is_that_of_the_official_package() -> None:
    verdicts: Counter[bool | None] = Counter()
    kinds: Counter[str] = Counter()
    for name, request in requests():
        judged, verdict = theirs(request), ours(request)
        verdicts[judged] += 1
        kinds[name] += 1
        assert verdict is (judged is True), (name, request.headers, request.body[:80])
        assert verdict is (name in SOUND), name

    assert sum(verdicts.values()) >= 2_000
    assert verdicts[True] >= 1_000
    assert verdicts[False] >= 1_000
    assert verdicts[None] >= 100
    assert kinds.keys() == MUTATIONS.keys()
    assert min(kinds.values()) >= 30


def test_bytes_that_are_no_text_are_authentic_when_signed_and_then_unreadable() -> None:
    """The package raises here, before it has looked at the signature. What is signed is bytes, so they are kept."""
    request = Request(b'{"eventId": "\xff"}', str(NOW_S), SECRETS[0], SECRETS[0]).signed()

    assert theirs(request) is None
    assert ours(request)
    with pytest.raises(UnreadableError):
        extend().read(request.body)
