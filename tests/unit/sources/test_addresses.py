from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.addresses import is_public

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]
PRIVATE_V4 = [
    "0.0.0.0",  # noqa: S104 - an address to be refused, nothing is bound
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
]
PRIVATE_V6 = [
    "::",
    "::1",
    "::7f00:1",
    "::8.8.8.8",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%eth0",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "100::1",
    "64:ff9b:1::808:808",
    "2001:db8::1",
    "2001:2::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
]


def wrapped(inner: IPv4Address) -> list[str]:
    """Return every way in which an IPv6 address leads to `inner`."""
    number = int(inner)
    teredo_client = (0x20010000 << 96) | (int(IPv4Address("65.54.227.120")) << 64) | (number ^ 0xFFFFFFFF)
    teredo_server = (0x20010000 << 96) | (number << 64) | (int(IPv4Address("8.8.8.8")) ^ 0xFFFFFFFF)
    numbers = [
        (0xFFFF << 32) | number,
        (0x64FF9B << 96) | number,
        (0x2002 << 112) | (number << 80) | 1,
        teredo_client,
        teredo_server,
    ]
    return [str(IPv6Address(found)) for found in numbers]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address", [*PRIVATE_V4, *PRIVATE_V6, "", "localhost", "8.8.8", "8.8.8.8:443", "0x7f.1", "2130706433"]
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("inner", PRIVATE_V4)
def test_a_private_address_in_any_wrapping_is_not_public(inner: str) -> None:
    assert [address for address in wrapped(IPv4Address(inner)) if is_public(address)] == []


def test_a_public_address_stays_public_in_its_wrapping() -> None:
    assert all(is_public(address) for address in wrapped(IPv4Address("8.8.8.8")))


@given(st.ip_addresses(v=4))
def test_wrapping_never_changes_the_answer(inner: IPv4Address) -> None:
    assert {is_public(address) for address in wrapped(inner)} == {is_public(str(inner))}
