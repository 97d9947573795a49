"""The bridge: whose legs there are, and which call joins them.

A leg belongs to its owner, not to a call: it is connected before a call begins and outlives it, so
that to answer is only to link.  A call is told as a whole (`Arrangement`) as often as it changes;
the legs that it names may come, be replaced and go at any time, and are linked as soon as they are
there.  Nothing here is written down; after a restart of the process all is simply unknown.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from counter.errors import Busy, NotFound
from counter.media.arrangement import Arrangement, Link, links
from counter.media.control import LegCounts, LegOffer, LegReport
from counter.media.ports import AskKeyFrame, Leg, LegMaker
from counter.media.routing import Hop, connect, disconnect
from counter.media.still import Still
from counter.media.still_service import take_still
from counter.media.tally import Jitter, counted
from counter.media.taping import Recorder, TapeReport, Taping, taped_legs

logger = logging.getLogger(__name__)

COUNTED_AT_ONCE: Final = 20
FLOODS: Final = 3
"Times in a row: what waited while the process stood still comes all at once."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one process carries, and how long it waits.  Durations in seconds."""

    legs: int = 400
    calls: int = 400
    connect_within: float = 30.0
    "From the offer until media can flow."
    abandon_after: float = 600.0
    "A call in which no leg has lived for so long is forgotten."
    untold: float = 60.0
    "Taping ends when nobody has asked for it for so long."
    packets_per_second: int = 3000
    "Of one leg, ten times a call's; who sends more for some seconds is hung up."


@dataclass(slots=True, kw_only=True, eq=False)
class _Owned:
    """A leg and whose it is."""

    owner: str
    leg_id: str
    leg: Leg
    opened_at: float
    counted: tuple[float, int]
    "When its packets were counted last, and how many there were."
    floods: int = 0
    "How many times in a row there were too many."
    jitter: Jitter = field(default_factory=Jitter)


@dataclass(slots=True, kw_only=True, eq=False)
class _Call:
    arrangement: Arrangement
    alive_at: float
    linked: dict[tuple[Hop, Hop], Link] = field(default_factory=dict)
    "What is routed now, by source and sink."
    taping: Taping | None = None
    "None while the call is not recorded."
    taping_told_at: float = 0.0


class Bridge:
    """All legs and calls of one media process."""

    def __init__(
        self,
        *,
        make_leg: LegMaker,
        ask_key_frame: AskKeyFrame,
        recorder: Recorder,
        new_id: Callable[[], str],
        clock: Callable[[], float],
        limits: Limits | None = None,
    ) -> None:
        """clock: monotonic seconds."""
        self._make_leg = make_leg
        self._ask_key_frame = ask_key_frame
        self._recorder = recorder
        self._new_id = new_id
        self._clock = clock
        self._limits = limits or Limits()
        self._legs: dict[str, _Owned] = {}
        self._calls: dict[str, _Call] = {}
        self._closing: set[asyncio.Task[None]] = set()

    # -- legs ---------------------------------------------------------------------------------

    async def open(self, owner: str) -> LegOffer:
        """Make a leg and its offer, in place of an older leg of the owner.  Raises `Busy`."""
        if owner not in self._legs and len(self._legs) >= self._limits.legs:
            raise Busy(f"this media process carries {self._limits.legs} legs already")
        await self.close(owner)
        owned = _Owned(
            owner=owner,
            leg_id=self._new_id(),
            leg=self._make_leg(lambda: self._changed(owned)),
            opened_at=self._clock(),
            counted=(self._clock(), 0),
        )
        self._legs[owner] = owned
        try:
            return LegOffer(leg_id=owned.leg_id, sdp=await owned.leg.offer())
        except BaseException:
            self._retire(owned)
            raise

    async def answer(self, owner: str, leg_id: str, sdp: str) -> None:
        """Take a browser's answer.  Raises `NotFound` when that leg was replaced or never was."""
        await self._owned(owner, leg_id).leg.answer(sdp)

    async def restart(self, owner: str, leg_id: str) -> LegOffer:
        """An offer that makes the browser look for a path anew; its answer comes as usual."""
        owned = self._owned(owner, leg_id)
        return LegOffer(leg_id=leg_id, sdp=await owned.leg.restart())

    async def close(self, owner: str) -> None:
        """Hang one leg up.  Harmless when there is none."""
        owned = self._legs.get(owner)
        if owned is not None:
            self._retire(owned)

    # -- calls --------------------------------------------------------------------------------

    async def arrange(self, call_id: str, arrangement: Arrangement) -> None:
        """Let the call be so from now on.  An owner leaves the call where it was before.

        Raises `Busy` when the process carries too many.
        """
        if call_id not in self._calls and len(self._calls) >= self._limits.calls:
            raise Busy(f"this media process carries {self._limits.calls} calls already")
        owners = {party.owner for party in arrangement.parties}
        for other_id, other in self._calls.items():
            if other_id != call_id and owners & {p.owner for p in other.arrangement.parties}:
                staying = tuple(p for p in other.arrangement.parties if p.owner not in owners)
                other.arrangement = Arrangement(parties=staying, held=other.arrangement.held)
                self._relink(other)
        call = self._calls.setdefault(
            call_id, _Call(arrangement=arrangement, alive_at=self._clock())
        )
        call.arrangement = arrangement
        self._relink(call)

    async def end(self, call_id: str) -> None:
        """Link nobody any more; the legs stay.  Harmless when the call is unknown."""
        call = self._calls.pop(call_id, None)
        if call is not None:
            call.arrangement = Arrangement(parties=())
            self._relink(call)
            self._untape(call)

    def record(self, call_id: str, taping: Taping) -> TapeReport:
        """Tape the call from now on, or leave a gap in it.  Harmless when repeated.

        Raises `NotFound`.
        """
        call = self._calls.get(call_id)
        if call is None:
            raise NotFound(f"call {call_id} is unknown to this media process")
        if call.taping is not None and call.taping.recording_id != taping.recording_id:
            self._untape(call)
        begins = not taping.paused and (call.taping is None or call.taping.paused)
        call.taping, call.taping_told_at = taping, self._clock()
        self._retape(call)
        if begins:  # what comes before a whole picture is of no use
            for party in call.arrangement.parties:
                hop = self._hop(party.owner)
                if hop is not None and hop.tap is not None:
                    self._ask_key_frame(hop)
        return self._recorder.report(taping.recording_id)

    async def untape(self, recording_id: str) -> TapeReport:
        """Its dumps are whole when this returns.  Harmless when there are none."""
        report = self._recorder.report(recording_id)
        for call in self._calls.values():
            if call.taping is not None and call.taping.recording_id == recording_id:
                self._untape(call)
        self._recorder.end(recording_id)
        await self._recorder.settle()
        return report

    async def still(self, owner: str) -> Still:
        """A whole picture of what this leg shows now, as its browser encoded it.

        Raises `NotFound` without such a leg, `NotAllowedNow` when no picture comes from it, `Busy`
        when one is being taken: a key frame costs everybody's picture some sharpness.
        """
        hop = self._hop(owner)
        if hop is None:
            raise NotFound(f"{owner} has no connected leg here")
        return await take_still(hop, owner, self._ask_key_frame)

    def legs(self, call_id: str) -> list[LegReport]:
        """How each leg of a call does, in the order of its parties.  Raises `NotFound`."""
        call = self._calls.get(call_id)
        if call is None:
            raise NotFound(f"call {call_id} is unknown to this media process")
        parties = (self._legs.get(party.owner) for party in call.arrangement.parties)
        return [self._report(owned) for owned in parties if owned is not None]

    async def counts(self) -> list[LegCounts]:
        """What was counted of every leg; media is let through between a few of them."""
        found = []
        for number, owned in enumerate(list(self._legs.values())):
            if number % COUNTED_AT_ONCE == 0:
                await asyncio.sleep(0)
            sums = counted(owned.leg.hop, owned.leg_id, owned.jitter.ms, self._clock())
            found.append(LegCounts.of(owned.owner, sums))
        return found

    def owners(self) -> list[str]:
        """Who has a leg here."""
        return list(self._legs)

    def takes_part(self, owner: str) -> bool:
        """Whether a call here names this owner."""
        return bool(self._calls_of(owner))

    def calls(self) -> list[str]:
        return list(self._calls)

    # -- housekeeping -------------------------------------------------------------------------

    def sample(self) -> None:
        """Look at how evenly sound arrives.  Call every `tally.SAMPLE_EVERY_S`."""
        for owned in self._legs.values():
            owned.jitter.look(owned.leg.hop)

    def sweep(self) -> None:
        """Give up on legs that never connected and calls that nobody ended.  Call now and then."""
        now = self._clock()
        for owned in list(self._legs.values()):
            late = now - owned.opened_at > self._limits.connect_within
            if owned.leg.state == "gone" or (owned.leg.state == "new" and late):
                logger.info("leg %s did not connect in time or is gone", owned.leg_id)
                self._retire(owned)
            elif self._floods(owned, now):
                logger.warning("leg %s sends too many packets and is hung up", owned.leg_id)
                self._retire(owned)
        for call_id, call in list(self._calls.items()):
            if call.taping is not None and now - call.taping_told_at > self._limits.untold:
                logger.warning("nobody asks any more for recording %s", call.taping.recording_id)
                self._untape(call)
            if any(party.owner in self._legs for party in call.arrangement.parties):
                call.alive_at = now
            elif now - call.alive_at > self._limits.abandon_after:
                self._untape(call)
                del self._calls[call_id]

    async def shut(self) -> None:
        """End every call and wait until all legs are closed."""
        for call_id in list(self._calls):
            await self.end(call_id)
        for owned in list(self._legs.values()):
            self._retire(owned)
        while self._closing:
            await asyncio.wait(set(self._closing))

    def _floods(self, owned: _Owned, now: float) -> bool:
        """Whether a leg has sent too much for too long: it would take the others' share.

        What is refused costs nearly as much, so it counts too.  Who can write a leg's address on
        so many packets ends that leg, where he would spoil every call of the process.
        """
        hop = owned.leg.hop
        (then, before), came = owned.counted, hop.received + hop.refused
        owned.counted = (now, came)
        too_many = came - before > self._limits.packets_per_second * (now - then)
        owned.floods = owned.floods + 1 if too_many else 0
        return owned.floods >= FLOODS

    def _owned(self, owner: str, leg_id: str) -> _Owned:
        owned = self._legs.get(owner)
        if owned is None or owned.leg_id != leg_id:
            raise NotFound(f"leg {leg_id} of {owner} is unknown or was replaced")
        return owned

    def _report(self, owned: _Owned) -> LegReport:
        hop = owned.leg.hop
        silent = None if hop.heard_at is None else int((self._clock() - hop.heard_at) * 1000)
        return LegReport(
            owner=owned.owner,
            leg_id=owned.leg_id,
            connected=owned.leg.state == "connected",
            received_packets=hop.received,
            sent_packets=hop.sent,
            silent_ms=silent,
        )

    def _changed(self, owned: _Owned) -> None:
        """A leg has connected or gone."""
        if self._legs.get(owned.owner) is not owned:
            return
        if owned.leg.state == "gone":
            self._retire(owned)
            return
        for call in self._calls_of(owned.owner):
            self._relink(call)

    def _calls_of(self, owner: str) -> list[_Call]:
        return [
            call
            for call in self._calls.values()
            if any(party.owner == owner for party in call.arrangement.parties)
        ]

    def _hop(self, owner: str) -> Hop | None:
        owned = self._legs.get(owner)
        return owned.leg.hop if owned is not None and owned.leg.state == "connected" else None

    def _relink(self, call: _Call) -> None:
        """Make what is routed what the arrangement says, touching nothing that stays."""
        wanted = {}
        for link in links(call.arrangement):
            source, sink = self._hop(link.source), self._hop(link.sink)
            if source is not None and sink is not None:
                wanted[source, sink] = link
        for pair, link in call.linked.items():
            if pair not in wanted or wanted[pair].slot != link.slot:
                disconnect(*pair)
        begun = {source for (source, sink), link in wanted.items() if connect(source, sink, link)}
        call.linked = wanted
        for source in begun:
            self._ask_key_frame(source)
        self._retape(call)

    def _retape(self, call: _Call) -> None:
        """Tape whom the arrangement lets be taped, on the legs that they have now."""
        if call.taping is None:
            return
        legs = {
            owner: (owned.leg_id, owned.leg.hop)
            for owner, owned in self._legs.items()
            if owned.leg.state == "connected"
        }
        wanted = taped_legs(call.arrangement, legs, paused=call.taping.paused)
        self._recorder.tape(call.taping, wanted)

    def _untape(self, call: _Call) -> None:
        if call.taping is not None:
            self._recorder.end(call.taping.recording_id)
            call.taping = None

    def _retire(self, owned: _Owned) -> None:
        """Cut a leg off at once, and close it in its own time."""
        if self._legs.get(owned.owner) is owned:
            del self._legs[owned.owner]
        for call in self._calls_of(owned.owner):
            call.alive_at = self._clock()
            self._relink(call)
        task = asyncio.get_running_loop().create_task(owned.leg.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
