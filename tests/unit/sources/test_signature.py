"""Signatures of our own making; test_signature_oracle.py asks the official package."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from bot.errors import NotAuthenticError
from bot.sources.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, Signatures, signed_headers

SECRET, OTHER = b"wss_one", b"wss_two"
NOW_S = 1_773_129_720
BODY = b'{"eventId": "e\\u00e9", "x": "\xc3\xa9"}'


def accepts(
    headers: Mapping[str, str],
    body: bytes = BODY,
    *,
    now_ms: int = NOW_S * 1000,
    secrets: tuple[bytes, ...] = (SECRET,),
) -> bool:
    try:
        Signatures(secrets).check(headers, body, now_ms)
    except NotAuthenticError:
        return False
    return True


def signed(stamp: str, body: bytes = BODY, secret: bytes = SECRET) -> dict[str, str]:
    digest = hmac.new(secret, f"v0:{stamp}:".encode("utf-8", "surrogatepass") + body, hashlib.sha256).hexdigest()
    return {TIMESTAMP_HEADER: stamp, SIGNATURE_HEADER: digest}


GOOD = signed_headers(SECRET, BODY, NOW_S)


def test_a_fixed_vector() -> None:
    # echo -n 'v0:1700000000:{"a":1}' | openssl dgst -sha256 -hmac wss_example
    expected = "0f950122c6e8a0b16b47b57992dd35a010860d85c87c3a3c9d3bcfb17cf624f7"
    headers = signed_headers(b"wss_example", b'{"a":1}', 1_700_000_000)

    assert headers == {TIMESTAMP_HEADER: "1700000000", SIGNATURE_HEADER: expected}


@given(secret=st.binary(min_size=1, max_size=150), body=st.binary(max_size=300))
def test_what_the_standard_library_signs_with_a_key_of_any_length_is_authentic(secret: bytes, body: bytes) -> None:
    headers = signed(str(NOW_S), body, secret)

    assert accepts(headers, body, secrets=(secret,))
    assert headers == signed_headers(secret, body, NOW_S)


@pytest.mark.parametrize("size", [63, 64, 65, 200])
def test_a_key_of_about_one_block_is_a_key_like_any_other(size: int) -> None:
    secret = bytes(range(1, size + 1))

    assert accepts(signed(str(NOW_S), secret=secret), secrets=(secret,))
    assert not accepts(signed(str(NOW_S), secret=secret[:-1]), secrets=(secret,))


def test_one_instance_judges_many_deliveries_one_after_the_other() -> None:
    signatures = Signatures([OTHER, SECRET])
    for body in (b"first", BODY, b"", b"last"):
        signatures.check(signed(str(NOW_S), body), body, NOW_S * 1000)
        with pytest.raises(NotAuthenticError):
            signatures.check(GOOD, body + b"x", NOW_S * 1000)


def test_a_signed_body_is_authentic_and_any_flipped_bit_is_not() -> None:
    assert accepts(GOOD)
    for place in range(len(BODY) * 8):
        flipped = bytearray(BODY)
        flipped[place // 8] ^= 1 << place % 8
        assert not accepts(GOOD, bytes(flipped))


def test_any_changed_digit_of_the_signature_is_refused() -> None:
    digest = GOOD[SIGNATURE_HEADER]
    for place, digit in enumerate(digest):
        changed = digest[:place] + ("0" if digit != "0" else "1") + digest[place + 1 :]
        assert not accepts({**GOOD, SIGNATURE_HEADER: changed})


@pytest.mark.parametrize(
    ("age_s", "good"),
    [(0, True), (300, True), (301, False), (-60, True), (-61, False), (10**9, False), (-(10**9), False)],
)
def test_the_window_is_from_300_seconds_old_to_60_ahead(age_s: int, good: bool) -> None:
    assert accepts(signed(str(NOW_S - age_s))) is good


def test_parts_of_a_second_do_not_narrow_the_window() -> None:
    assert accepts(signed(str(NOW_S - 300)), now_ms=NOW_S * 1000 + 999)
    assert not accepts(signed(str(NOW_S - 300)), now_ms=NOW_S * 1000 + 1000)


def test_each_of_several_live_secrets_is_good_and_no_other() -> None:
    for secret in (SECRET, OTHER):
        assert accepts(signed_headers(secret, BODY, NOW_S), secrets=(SECRET, OTHER))
    assert not accepts(signed_headers(b"wss_old", BODY, NOW_S), secrets=(SECRET, OTHER))


@pytest.mark.parametrize("secrets", [(), (b"",)])
def test_without_a_secret_nothing_is_authentic(secrets: tuple[bytes, ...]) -> None:
    assert not accepts(signed_headers(b"", BODY, NOW_S), secrets=secrets)


@pytest.mark.parametrize(
    "stamp", ["", " ", "now", "1.5", "0x10", "1e9", "12 34", "-", "9" * 5_000, chr(0xD800), chr(0xDCFF), "\x00"]
)
def test_a_timestamp_that_is_no_number_is_refused_even_when_signed(stamp: str) -> None:
    assert not accepts(signed(stamp))


@pytest.mark.parametrize(
    "given_signature",
    [
        "",
        "ü" * 64,
        chr(0xDCFF) * 64,
        chr(0xD800),
        "?" * 64,
        "v0=" + GOOD[SIGNATURE_HEADER],
        GOOD[SIGNATURE_HEADER].upper(),
    ],
)
def test_a_signature_that_is_no_lower_case_hex_is_refused(given_signature: str) -> None:
    assert not accepts({**GOOD, SIGNATURE_HEADER: given_signature})


@pytest.mark.parametrize("name", [TIMESTAMP_HEADER, SIGNATURE_HEADER])
def test_a_missing_header_is_refused(name: str) -> None:
    assert not accepts({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize("name", [TIMESTAMP_HEADER, SIGNATURE_HEADER])
def test_a_doubled_header_is_refused_even_when_both_are_right(name: str) -> None:
    assert accepts(CIMultiDictProxy(CIMultiDict(GOOD)))
    assert not accepts(CIMultiDictProxy(CIMultiDict([*GOOD.items(), (name.title(), GOOD[name])])))
    assert not accepts({**GOOD, name.upper(): GOOD[name]})


def test_header_names_are_looked_up_without_regard_to_case() -> None:
    titled = {name.title(): value for name, value in GOOD.items()}

    assert accepts(titled)
    assert accepts(CIMultiDictProxy(CIMultiDict(titled)))


def test_a_body_that_is_not_utf_8_is_only_bytes_here() -> None:
    assert accepts(signed(str(NOW_S), b"\xff\xfe"), b"\xff\xfe")
    assert not accepts(GOOD, b"\xff\xfe")


def test_no_message_quotes_the_delivery() -> None:
    for headers in ({}, signed("secret-stamp"), {**GOOD, SIGNATURE_HEADER: "secret-signature"}):
        with pytest.raises(NotAuthenticError) as refused:
            Signatures([SECRET]).check(headers, b"secret-body", NOW_S * 1000)
        assert "secret-" not in str(refused.value)
        assert refused.value.__cause__ is None


def test_signatures_are_compared_in_constant_time_on_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[object, object]] = []

    def compare(left: object, right: object) -> bool:
        compared.append((left, right))
        return left == right

    monkeypatch.setattr("bot.sources.signature.hmac.compare_digest", compare)
    Signatures([OTHER, SECRET]).check(GOOD, BODY, NOW_S * 1000)

    assert [right for _, right in compared] == [GOOD[SIGNATURE_HEADER].encode()] * 2
    assert compared[1][0] == compared[1][1]


@given(
    headers=st.dictionaries(
        st.one_of(st.sampled_from([TIMESTAMP_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER.upper()]), st.text()),
        st.one_of(st.text(st.characters()), st.from_regex(r"-?[0-9]{1,12}"), st.just(str(NOW_S))),
    ),
    body=st.binary(max_size=40),
)
def test_no_headers_raise_anything_but_not_authentic(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(NotAuthenticError):
        Signatures([SECRET]).check(headers, body, NOW_S * 1000)
    with pytest.raises(NotAuthenticError):
        Signatures([SECRET]).check(CIMultiDict(headers), body, NOW_S * 1000)
