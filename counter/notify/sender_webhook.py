"""Sends webhooks over HTTP to receivers that others have named.

The address is checked when the connection is made, for every address that the name stands for, so
that no name and no change of one leads to this machine or the networks around it.  Redirects are
not followed, proxies of the environment not used, answers not read further than 64 KiB.
"""

import contextlib
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from counter.notify.ports import NotReached
from counter.notify.webhook import Network, reachable

WITHIN_S = 10.0
MOST_BYTES = 64 * 1024


class NotPublic(OSError):
    """The address is of this machine or of a network around it."""


class WebhookSender:
    """See `counter.notify.ports.Post`."""

    def __init__(self, allowed: Sequence[Network] = (), *, within_s: float = WITHIN_S) -> None:
        """allowed: networks in which receivers may be although they are not public."""
        self._allowed = tuple(allowed)
        self._within_s = within_s

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        connector = aiohttp.TCPConnector(
            socket_factory=self._socket, use_dns_cache=False, force_close=True
        )
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector,
                    timeout=aiohttp.ClientTimeout(total=self._within_s),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                ) as http,
                http.post(
                    url,
                    data=body,
                    headers={"Content-Type": "application/json", **headers},
                    allow_redirects=False,
                ) as answer,
            ):
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    await _read_some(answer)
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as failed:
            raise NotReached(type(failed).__name__) from failed

    def _socket(self, found: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _, address = found
        if not reachable(address[0], self._allowed):
            raise NotPublic("a receiver at an address that is not public")
        return socket.socket(family, kind, protocol)


async def _read_some(answer: aiohttp.ClientResponse) -> None:
    """Let a receiver finish what it says, and hear no more of it than we take."""
    left = MOST_BYTES
    while left > 0 and (part := await answer.content.read(left)):
        left -= len(part)
