"""The bridge: which legs belong to which call, and who hears whom.

A call has up to two legs under names of the caller's choice.  Joining again under a name replaces
that leg and leaves the other untouched: its streams go on under the same numbers, fed by the new
leg.  Nothing here is written down; after a restart of the process the calls are simply unknown.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from counter.errors import Busy, NotAllowedNow, NotFound
from counter.media.control import LegOffer, LegReport
from counter.media.ports import Leg, LegMaker, SendRtcp
from counter.media.routing import Hop, link, unlink
from counter.media.rtcp import key_frame_request

logger = logging.getLogger(__name__)

LEGS_PER_CALL: Final = 2
SECOND_KEY_FRAME_AFTER: Final = 0.25
"Seconds; the first request can be lost with the path still being set up."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one process carries, and how long it waits.  Durations in seconds."""

    legs: int = 400
    connect_within: float = 30.0
    "From the offer until media can flow."
    abandon_after: float = 600.0
    "A call in which no leg has lived for so long is forgotten."


@dataclass(slots=True, kw_only=True, eq=False)
class _Member:
    leg_id: str
    leg: Leg
    joined_at: float


@dataclass(slots=True, kw_only=True, eq=False)
class _Call:
    members: dict[str, _Member] = field(default_factory=dict)
    alive_at: float


class Bridge:
    """All calls of one media process."""

    def __init__(
        self,
        *,
        make_leg: LegMaker,
        send_rtcp: SendRtcp,
        new_id: Callable[[], str],
        clock: Callable[[], float],
        limits: Limits | None = None,
    ) -> None:
        """clock: monotonic seconds."""
        self._make_leg = make_leg
        self._send_rtcp = send_rtcp
        self._new_id = new_id
        self._clock = clock
        self._limits = limits or Limits()
        self._calls: dict[str, _Call] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def join(self, call_id: str, leg: str) -> LegOffer:
        """Make a leg and its offer.  Raises `NotAllowedNow` for a third leg, `Busy` when full."""
        now = self._clock()
        call = self._calls.get(call_id) or _Call(alive_at=now)
        if leg not in call.members and len(call.members) >= LEGS_PER_CALL:
            names = ", ".join(sorted(call.members))
            raise NotAllowedNow(f"call {call_id} has its legs already: {names}")
        if self.leg_count() >= self._limits.legs:
            raise Busy(f"this media process carries {self._limits.legs} legs already")
        self._calls[call_id] = call
        old = call.members.pop(leg, None)
        if old is not None:
            self._retire(call, old)
        member = _Member(
            leg_id=self._new_id(),
            leg=self._make_leg(lambda: self._changed(call_id, member)),
            joined_at=now,
        )
        call.members[leg] = member
        try:
            return LegOffer(leg_id=member.leg_id, sdp=await member.leg.offer())
        except BaseException:
            if call.members.get(leg) is member:
                del call.members[leg]
            self._retire(call, member)
            raise

    async def answer(self, call_id: str, leg: str, leg_id: str, sdp: str) -> None:
        """Take a browser's answer.  Raises `NotFound` when that leg was replaced or never was."""
        member = self._call(call_id).members.get(leg)
        if member is None or member.leg_id != leg_id:
            raise NotFound(f"call {call_id}: leg {leg} {leg_id} is unknown or was replaced")
        await member.leg.answer(sdp)

    async def end(self, call_id: str) -> None:
        """Hang up both legs.  Harmless when the call is unknown."""
        call = self._calls.pop(call_id, None)
        if call is None:
            return
        for member in call.members.values():
            self._retire(call, member)
        call.members.clear()

    def legs(self, call_id: str) -> list[LegReport]:
        """How each leg does, in the order of joining.  Raises `NotFound`."""
        now = self._clock()
        return [
            LegReport(
                leg=name,
                leg_id=member.leg_id,
                connected=member.leg.state == "connected",
                received_packets=member.leg.hop.received,
                sent_packets=member.leg.hop.sent,
                silent_ms=_milliseconds_since(member.leg.hop.heard_at, now),
            )
            for name, member in self._call(call_id).members.items()
        ]

    def calls(self) -> list[str]:
        return list(self._calls)

    def leg_count(self) -> int:
        return sum(len(call.members) for call in self._calls.values())

    def sweep(self) -> None:
        """Give up on legs that never connected and calls that nobody ended.  Call now and then."""
        now = self._clock()
        for call_id, call in list(self._calls.items()):
            for member in call.members.values():
                late = now - member.joined_at > self._limits.connect_within
                if member.leg.state == "new" and late:
                    logger.info("call %s: a leg did not connect in time", call_id)
                    self._retire(call, member)
            if any(member.leg.state != "gone" for member in call.members.values()):
                call.alive_at = now
            elif now - call.alive_at > self._limits.abandon_after:
                del self._calls[call_id]

    async def close(self) -> None:
        """End every call and wait until all legs are closed."""
        for call_id in list(self._calls):
            await self.end(call_id)
        while self._closing:
            await asyncio.wait(set(self._closing))

    def _call(self, call_id: str) -> _Call:
        call = self._calls.get(call_id)
        if call is None:
            raise NotFound(f"call {call_id} is unknown to this media process")
        return call

    def _changed(self, call_id: str, member: _Member) -> None:
        """A leg has connected or gone."""
        call = self._calls.get(call_id)
        if call is None or member not in call.members.values():
            return
        if member.leg.state == "gone":
            self._retire(call, member)
            return
        for other in call.members.values():
            if other is not member and other.leg.state == "connected":
                link(member.leg.hop, other.leg.hop)
                link(other.leg.hop, member.leg.hop)
                hops = (member.leg.hop, other.leg.hop)
                self._ask_key_frames(hops)
                loop = asyncio.get_running_loop()
                loop.call_later(SECOND_KEY_FRAME_AFTER, self._ask_key_frames, hops)

    def _ask_key_frames(self, hops: tuple[Hop, ...]) -> None:
        for hop in hops:
            source, output = hop.source("video"), hop.output("video")
            if source is not None and source.ssrc is not None and output is not None:
                request = key_frame_request(sender_ssrc=output.ssrc, media_ssrc=source.ssrc)
                self._send_rtcp(hop, request)

    def _retire(self, call: _Call, member: _Member) -> None:
        """Cut a leg off at once, and close it in its own time."""
        peer = member.leg.hop.peer
        if peer is not None:
            unlink(member.leg.hop, peer)
        call.alive_at = self._clock()
        task = asyncio.get_running_loop().create_task(member.leg.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _milliseconds_since(then: float | None, now: float) -> int | None:
    return None if then is None else int((now - then) * 1000)
