"""Which network addresses a person may make us dial: public ones, and networks the operator names (S44). Pure.

Python 3.11 calls most transition addresses global although each can carry a private IPv4 address inside, so
they are refused by name; of IPv6 only the space that is handed out to the public counts.
"""

import ipaddress

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# IANA hands out public IPv6 addresses from here alone; ::1, fe80::, fc00::, fec0::, ::a.b.c.d, ::ffff:0:a.b.c.d
# and 64:ff9b:: lie outside
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")

REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "64:ff9b::/96",  # NAT64 (RFC 6052)
        "64:ff9b:1::/48",  # NAT64 for private networks (RFC 8215)
        "2002::/16",  # 6to4 (RFC 3056)
        "2001::/32",  # Teredo (RFC 4380)
        "::/96",  # IPv4-compatible (RFC 4291)
        "fec0::/10",  # site-local (RFC 3879)
        "3fff::/20",  # documentation (RFC 9637); Python 3.11 does not know it
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
    )
)


def read(text: str) -> IPAddress:
    """Return the address; one that maps IPv4 into IPv6 is the IPv4 address it means.

    Raises ValueError for what is no address.
    """
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_address(text: str) -> bool:
    """Say whether `text` is an address in its ordinary spelling; the odd ones are for the system to read."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_in(address: IPAddress, networks: tuple[IPNetwork, ...]) -> bool:
    """Say whether `address` lies in one of `networks`."""
    return any(address in network for network in networks)


def is_public(address: IPAddress) -> bool:
    """Say whether `address` is an ordinary public host."""
    if not address.is_global or address.is_multicast or address.is_reserved or is_in(address, REFUSED):
        return False
    return isinstance(address, ipaddress.IPv4Address) or address in _PUBLIC_IPV6
