"""Which network addresses belong to the public internet.

`ipaddress` alone cannot say: on Python 3.11 `is_global` is true for multicast 224.0.0.1, for 64:ff9b::7f00:1 and
2002:7f00:1::, which both lead to 127.0.0.1, and for the loopback spelled ::7f00:1.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

_UNICAST: Final = IPv6Network("2000::/3")  # all public IPv6 there is
_NAT64: Final = IPv6Network("64:ff9b::/96")
# Not public, whatever the interpreter's version says: documentation (RFC 9637) and the 6to4 relays (RFC 7526).
_DOCUMENTATION: Final = IPv6Network("3fff::/20")
_RELAYS: Final = ip_network("192.88.99.0/24")


def is_public(address: str) -> bool:
    """Say whether a literal address is public unicast, also after undoing every embedding of IPv4 in IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return _is_public_v4(found)
    embedded = _embedded(found)
    if embedded:
        return all(_is_public_v4(inner) for inner in embedded)
    return found.is_global and found in _UNICAST and found not in _DOCUMENTATION and found.scope_id is None


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and address not in _RELAYS


def _embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that packets to `address` may end at (mapped, NAT64, 6to4, Teredo)."""
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address in _NAT64:
        return (IPv4Address(address.packed[-4:]),)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    return address.teredo or ()
