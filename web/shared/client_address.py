"""From which address a request comes, for limits of strangers.

Promise: nobody chooses it.  What `X-Forwarded-For` says is believed of our own proxies only, from
its end, where they write.  It is counted with and then forgotten: no log and no row has it.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

FORWARDED = "X-Forwarded-For"
HOUSEHOLD_BITS = 64
"Of an IPv6 address: what one connection to the Internet is given as a whole."

Network = IPv4Network | IPv6Network

PROXIES: web.AppKey[Sequence[Network]] = web.AppKey("proxies", Sequence)
"Networks in which our own proxies are."


def client_of(request: web.Request) -> str:
    """Who asks, as far as an address tells."""
    said = ",".join(request.headers.getall(FORWARDED, []))
    return client(request.remote, said.split(","), request.config_dict[PROXIES])


def client(peer: str | None, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """An IPv4 address, or the network of an IPv6 address; empty when nothing tells.

    peer: who has the connection.  forwarded: who had it before, the nearest last.
    """
    nearest = _address(peer or "")
    for said in reversed(forwarded):
        if nearest is None or not any(nearest in one for one in proxies):
            break
        before = _address(said)
        if before is None:
            break
        nearest = before
    if isinstance(nearest, IPv6Address):
        return str(ip_network((int(nearest), HOUSEHOLD_BITS), strict=False))
    return str(nearest) if nearest else ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
