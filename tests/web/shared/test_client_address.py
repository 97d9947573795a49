"""Whose request it is, whatever the request says of itself."""

from ipaddress import ip_network

import pytest

from web.shared.client_address import client

PROXIES = tuple(ip_network(one) for one in ("192.0.2.0/28", "2001:db8:ffff::/48"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        # Nobody else's proxy is believed.
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("192.0.2.3", "198.51.100.7", "198.51.100.7"),
        # What a visitor wrote stands before what our proxy wrote.
        ("192.0.2.3", "10.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("192.0.2.3", "10.0.0.1, 198.51.100.7, 192.0.2.4", "198.51.100.7"),
        ("2001:db8:ffff::1", "198.51.100.7", "198.51.100.7"),
        # Our own proxies alone, or rubbish: the last that is known.
        ("192.0.2.3", "", "192.0.2.3"),
        ("192.0.2.3", "192.0.2.4", "192.0.2.4"),
        ("192.0.2.3", "10.0.0.1, unknown", "192.0.2.3"),
        # A household has one IPv6 network, and IPv4 has one spelling.
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("192.0.2.3", "2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
        ("fe80::1%eth0", "", "fe80::/64"),
        (None, "198.51.100.7", ""),
    ],
)
def test_an_address_is_believed_of_our_own_proxies_only(
    peer: str | None, forwarded: str, who: str
) -> None:
    assert client(peer, forwarded.split(","), PROXIES) == who
