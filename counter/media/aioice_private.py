"""ICE for one leg, on aioice 0.13: every private name of it that we touch is in this file.

aioice opens a socket for each leg, cannot begin again with new credentials, and believes what a
stranger sends; none of it has a public seam.  `check_library` refuses a version whose insides are
not as expected.

A restart (RFC 8445, section 9) has three steps, so that media goes on meanwhile.  The offer names
new credentials, and checks that use them are answered and held.  The answer makes them valid, and
the held checks are looked at.  The first nominated pair ends the use of the old ones.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, cast

from aioice import Candidate, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, Connection, StunProtocol
from aioice.utils import random_string

from counter.errors import Refusal
from counter.media.ports import Address, Door, SharedPort
from counter.media.source_rate import SourceRate

EXPECTED: Final = "0.13."
MAX_QUEUE: Final = 512
"Handshake datagrams that may wait for a leg."
MAX_CANDIDATES: Final = 12
"Addresses of one leg, learned from its authenticated checks; the oldest is forgotten."
NEW_PER_SECOND: Final = 0.5
"Of those, after as many at once: each is sent checks of ours, wherever it is."
AWAY_SECONDS: Final = 3.0
"""Without a check from the address in use, any other that is checked from takes its place.
Chromium leaves a path in use unchecked for 2.5 s; Firefox checks every 4 to 6 s and no other."""
HOSTILE: Final = (ValueError, KeyError, IndexError, TypeError, AssertionError, struct.error)
"What the libraries raise on datagrams that no honest peer sends."


class MediaLibraryChanged(Refusal):
    """An installed media library is not the one that its adapter was written for."""

    code = "media_library_changed"
    status = 500


class _Transport(asyncio.DatagramTransport):
    """What aioice takes for its own socket: a door of the shared port."""

    def __init__(self, door: Door, protocol: StunProtocol, local: Address) -> None:
        super().__init__(extra={"sockname": local})
        self._door = door
        self._protocol = protocol
        self._closing = False

    def sendto(self, data: Any, addr: Any = None) -> None:
        self._door.send(bytes(data), addr)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._door.close()
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Credentials:
    """What a check must name and know."""

    ufrag: str
    password: str
    remote_ufrag: str | None
    "None before the answer."


class SharedPortConnection(Connection):
    """ICE for one leg, with one candidate: the shared port."""

    def __init__(self, port: SharedPort, announced_ip: str) -> None:
        super().__init__(
            ice_controlling=False,
            # Legs are told apart by it, so it is longer than aioice's own four characters.
            local_username=random_string(16),
        )
        self._port = port
        self._announced_ip = announced_ip
        self._newcomers = SourceRate(per_second=NEW_PER_SECOND, burst=MAX_CANDIDATES, sources=1)
        self._used_at = 0.0
        "Loop's time of the last check from the address that we send to."
        self._next: _Credentials | None = None
        "Offered, and not answered yet."
        self._before: _Credentials | None = None
        "Answered to until the restarted connection has its path."
        self.door: Door | None = None

    @property
    def offered(self) -> tuple[str, str]:
        """User name fragment and password for our next offer."""
        if self._next is not None:
            return self._next.ufrag, self._next.password
        return self.local_username, self.local_password

    def restart(self) -> None:
        """Make new credentials to offer.  Those in use stay so until `restarted`."""
        assert self.door is not None
        if self._next is not None:
            self.door.drop(self._next.ufrag)
        self._early_checks.clear()
        self._next = _Credentials(
            ufrag=random_string(16), password=random_string(22), remote_ufrag=None
        )
        self.door.also(self._next.ufrag)

    def restarted(self, remote_ufrag: str, remote_password: str) -> None:
        """The offer of `restart` was answered with these: look for a path with them."""
        assert self.door is not None and self._next is not None
        self._drop_before()
        self._before = self._current()
        self._local_username, self._local_password = self._next.ufrag, self._next.password
        self.remote_username, self.remote_password = remote_ufrag, remote_password
        self._next = None
        for pair in self._check_list:
            if pair.task is not None:
                pair.task.cancel()
        self._check_list.clear()
        self._remote_candidates.clear()
        held = list(self._early_checks)
        self._early_checks.clear()
        for message, address, protocol in held:
            self.check_incoming(message, address, protocol)

    # -- what aioice calls ----------------------------------------------------------------------

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = 5,  # noqa: ASYNC109 - as in the library
    ) -> list[Candidate]:
        protocol = StunProtocol(self)
        self.door = self._port.door(
            self.local_username,
            on_stun=lambda data, address: self._on_stun(protocol, data, address),
            on_dtls=lambda data: self.data_received(data, 1),
        )
        local = (self._announced_ip, self._port.number)
        protocol.connection_made(_Transport(self.door, protocol, local))
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", local[0]),
            component=component,
            transport="udp",
            priority=candidate_priority(component, "host"),
            host=local[0],
            port=local[1],
            type="host",
        )
        self._protocols.append(protocol)
        return [protocol.local_candidate]

    def data_received(self, data: bytes, component: int) -> None:
        # aioice also gives us what it could not read as STUN.
        if 20 <= data[0] < 64 and self._queue.qsize() < MAX_QUEUE:
            super().data_received(data, component)

    def request_received(
        self, message: stun.Message, addr: Address, protocol: StunProtocol
    ) -> None:
        name = str(message.attributes.get("USERNAME", "")).partition(":")[0]
        if self._next is not None and name == self._next.ufrag:
            with self._as(self._next):
                super().request_received(message, addr, protocol)
        elif self._before is not None and name == self._before.ufrag:
            with self._as(self._before):
                super().request_received(message, addr, protocol)
            if self._held(message):
                self._early_checks.pop()  # an answer is all that it gets
            return
        else:
            super().request_received(message, addr, protocol)
        # A check that comes before the answer is authenticated too; it waits in this queue.
        if self.door is not None and self._held(message):
            self.door.admit(addr)

    def check_incoming(self, message: stun.Message, addr: Address, protocol: StunProtocol) -> None:
        if self.door is None or "PRIORITY" not in message.attributes:
            return
        now = asyncio.get_running_loop().time()
        if not any((known.host, known.port) == addr for known in self._remote_candidates):
            if not self._newcomers.take(0, now):
                return
            if len(self._remote_candidates) >= MAX_CANDIDATES:
                self._forget_oldest()
        if not self.door.admit(addr):
            return
        used = self._nominated.get(1)
        if used is not None and used.remote_addr == addr:
            self._used_at = now
        elif used is not None and now - self._used_at > AWAY_SECONDS:
            # Its address is translated anew, which it does not know and so does not nominate.
            message.attributes["USE-CANDIDATE"] = None
        self._let_check_again(addr)
        super().check_incoming(message, addr, protocol)

    def check_complete(self, pair: CandidatePair) -> None:
        super().check_complete(pair)
        if pair.state == CandidatePair.State.SUCCEEDED and self.door is not None:
            self.door.prove(pair.remote_addr)
        if self._nominated.get(1) is pair and self.door is not None:
            self._used_at = asyncio.get_running_loop().time()
            self.door.aim(pair.remote_addr)
            self._drop_before()

    # -- ours -----------------------------------------------------------------------------------

    def _on_stun(self, protocol: StunProtocol, data: bytes, address: Address) -> None:
        try:
            protocol.datagram_received(data, address)
        except HOSTILE:
            return

    def _held(self, message: stun.Message) -> bool:
        return bool(self._early_checks) and self._early_checks[-1][0] is message

    def _current(self) -> _Credentials:
        return _Credentials(
            ufrag=self._local_username,
            password=self._local_password,
            remote_ufrag=self.remote_username,
        )

    @contextmanager
    def _as(self, credentials: _Credentials) -> Iterator[None]:
        """Let checks be authenticated by these, and held."""
        before, done = self._current(), self._early_checks_done
        self._use(credentials)
        self._early_checks_done = False
        try:
            yield
        finally:
            self._use(before)
            self._early_checks_done = done

    def _use(self, credentials: _Credentials) -> None:
        self._local_username, self._local_password = credentials.ufrag, credentials.password
        self.remote_username = credentials.remote_ufrag

    def _drop_before(self) -> None:
        if self._before is not None and self.door is not None:
            self.door.drop(self._before.ufrag)
            self._before = None

    def _let_check_again(self, address: Address) -> None:
        """`connect` cancels what is under way when one pair succeeds, and leaves it so for ever: a
        path that was slow to answer would never be proven."""
        for pair in self._check_list:
            if pair.remote_addr == address and pair.task is not None and pair.task.done():
                pair.task = None
                self.check_state(pair, CandidatePair.State.WAITING)

    def _forget_oldest(self) -> None:
        """Make room for a new address; the one in use stays."""
        used = {id(pair.remote_candidate) for pair in self._nominated.values()}
        for candidate in self._remote_candidates:
            if id(candidate) not in used:
                break
        else:
            return
        self._remote_candidates.remove(candidate)
        for pair in [pair for pair in self._check_list if pair.remote_candidate is candidate]:
            if pair.task is not None:
                pair.task.cancel()
            self._check_list.remove(pair)


def check_library() -> None:
    """Raise `MediaLibraryChanged` unless aioice is as this file expects it."""
    if not version("aioice").startswith(EXPECTED):
        raise MediaLibraryChanged(f"aioice {version('aioice')} is installed; {EXPECTED}x is needed")
    refuse_without(
        *absent("CandidatePair", CandidatePair, "State", "remote_addr"),
        *absent("StunProtocol", StunProtocol, "connection_made", "datagram_received"),
    )
    connection = Connection(ice_controlling=False)
    pair = CandidatePair(cast(StunProtocol, None), cast(Candidate, None))
    refuse_without(
        *absent(
            "Connection",
            connection,
            *("_early_checks", "_early_checks_done", "_check_list", "_nominated", "_protocols"),
            *("_queue", "_remote_candidates", "_local_username", "_local_password"),
            *("data_received", "request_received", "check_incoming", "check_complete"),
            *("check_state", "get_component_candidates"),
        ),
        *absent("CandidatePair", pair, "task", "state", "remote_candidate"),
    )
    if not isinstance(connection._early_checks, deque):
        raise MediaLibraryChanged("aioice keeps early checks in something else than a deque")


def absent(label: str, thing: object, *names: str) -> list[str]:
    """Those of `names` that `thing` has not, each behind its `label`."""
    return [f"{label}.{name}" for name in names if not hasattr(thing, name)]


def refuse_without(*missing: str) -> None:
    """Raise `MediaLibraryChanged` when something is missing."""
    if missing:
        raise MediaLibraryChanged(f"the installed media libraries have no {', '.join(missing)}")
