"""Where each received RTP packet goes, and which numbers it carries there.

A *leg* is one WebRTC connection; a `Hop` is that leg as the packet loop sees it.  Each stream that
a leg sends us is an `Inbound`; each stream that we send to a leg is an `Output`, in one of a few
slots.  A `Route` feeds one output from one inbound stream: SSRC, sequence number and time stamp are
rewritten and nothing else is ("switching translator", RFC 7667, section 3.6.2).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from counter.media.arrangement import Link
from counter.media.output import CACHE_PACKETS, Output
from counter.media.repair import Gaps, KeyFrames
from counter.media.rtp import CLOCK_HZ, Kind

MAX_JUMP: Final = 0x3000
"Numbers that an output may leave out at once."
DROP: Final = 0xFF
"In a payload-type table: the receiver did not agree to this type."


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One media section of a leg's answer: what the leg sends, and what it can receive."""

    kind: Kind
    ssrc: int | None
    "None when the leg sends nothing of this kind (no camera, or not allowed to use it)."
    rtx_ssrc: int | None
    accepted: frozenset[int]
    "Payload types, of those that we offered, that the leg agreed to."
    nack: bool = True
    "The leg repeats packets of this kind when asked to."


@dataclass(slots=True, kw_only=True, eq=False)
class Inbound:
    """One RTP stream that a leg sends us."""

    kind: Kind
    ssrc: int
    hop: "Hop"
    "Who sends it."
    main: "Inbound | None" = None
    "For retransmissions: the stream that they repair."
    highest: int = -1
    "Highest sequence number received, extended beyond 16 bits; -1 before the first packet."
    packets: int = 0
    octets: int = 0
    "Of RTP packets after decryption."
    routes: list["Route"] = field(default_factory=list)
    route: "Route | None" = None
    """The route, when there is just one and its sink's feedback is passed on: the short way of
    the packet loop.  None: look at `routes`."""
    gaps: Gaps = field(default_factory=Gaps)
    key_frames: KeyFrames = field(default_factory=KeyFrames)
    nack: bool = True

    def rerouted(self) -> None:
        """To be called after `routes` was changed."""
        plain = len(self.routes) == 1 and self.routes[0].feedback
        self.route = self.routes[0] if plain else None

    def extended(self, sequence: int) -> int:
        """`sequence` beyond 16 bits, taken as the nearest to `highest`."""
        ahead = (sequence - self.highest) & 0xFFFF
        return self.highest + (ahead if ahead < 0x8000 else ahead - 0x10000)


@dataclass(slots=True, kw_only=True, eq=False)
class Route:
    """One inbound stream feeding one output."""

    inbound: Inbound
    sink: "Hop"
    output: Output
    payload_types: bytes
    "256 entries: second octet of an RTP header in; the same, or `DROP`.  A type keeps its number."
    feedback: bool = True
    "What the sink says of congestion is passed to the source."
    fresh: bool = True
    "No packet has passed yet, so the shifts below are not known."
    waiting_since: float | None = None
    "When the first packet came that was no beginning of a picture; monotonic seconds."
    base: int = 0
    "Extended output number of the first packet; nothing below it may be sent."
    shift: int = 0
    "Output number minus source number, both extended."
    timestamp_shift: int = 0
    lost_before: int = 0
    "Of the packets that the sink says are lost, those of earlier sources."
    report_mark: int = 0
    """The middle of the NTP time of this source's last sender report, by which the sink refers to
    it; 0: none has passed."""
    report_passed_at: float = 0.0

    def rebase(self, extended: int, timestamp: int, now: float) -> None:
        """Continue the output's numbering at the first packet of this source.

        extended, timestamp: of that packet.  now: monotonic seconds.
        """
        output = self.output
        self.base = output.highest + 1
        self.lost_before = output.lost
        self.shift = self.base - extended
        if output.sent_at is None:
            self.timestamp_shift = 0
        else:
            # At least one 50 Hz frame, so that no two pictures share a time stamp.
            ticks = int(max(now - output.sent_at, 0.02) * CLOCK_HZ[output.kind])
            self.timestamp_shift = (output.timestamp + ticks - timestamp) & 0xFFFFFFFF
        self.fresh, self.waiting_since = False, None

    def left_out(self, extended: int) -> None:
        """A packet of the source was not forwarded; after very many the numbering begins anew.

        A jump of half a cycle would look like a step back to SRTP (RFC 3711, section 3.3.1).
        """
        if extended + self.shift - self.output.highest > MAX_JUMP:
            self.fresh = True


@dataclass(slots=True, kw_only=True, eq=False)
class Hop:
    """One leg as the packet loop sees it."""

    rx: Any = None
    "libsrtp context for what the leg sends; None before its handshake is done."
    tx: Any = None
    address: int = 0
    "Where in memory the leg's socket address is; 0 while it is not known."
    ip6: bool = False
    "The leg's address is one of IPv6."
    sources: tuple[Source, ...] = ()
    outputs: tuple[Output, ...] = ()
    inbound: dict[int, Inbound] = field(default_factory=dict)
    "By SSRC, what this leg sends."
    reporters: set[int] = field(default_factory=set)
    "SSRCs under which this leg has reported and sends nothing."
    fed_by: dict[int, Route] = field(default_factory=dict)
    "Output SSRC -> route, for what this leg receives."
    transport_wide: bool = True
    "The leg gives transport-wide feedback, so its REMB is not needed."
    tap: Any = None
    "Is shown every packet after decryption, while the leg is recorded."
    received: int = 0
    refused: int = 0
    "RTP packets from its address that were not let through, whoever sent them."
    sent: int = 0
    heard_at: float | None = None
    "Monotonic seconds of the last authentic RTP packet."
    heard_from: int = 0
    "Key of the address that it came from; 0: none since we were told where to send."
    round_trip_s: float | None = None
    "From us to the leg and back, as its last reception report lets us know (RFC 3550, 6.4.1)."

    def accept(self, sources: tuple[Source, ...]) -> None:
        """The leg has answered: this is what it sends and can receive."""
        self.sources = sources
        for source in sources:
            if source.ssrc is None:
                continue
            main = Inbound(kind=source.kind, ssrc=source.ssrc, hop=self, nack=source.nack)
            self.inbound[source.ssrc] = main
            if source.rtx_ssrc is not None:
                self.inbound[source.rtx_ssrc] = Inbound(
                    kind=source.kind, ssrc=source.rtx_ssrc, hop=self, main=main, nack=False
                )

    def output(self, kind: Kind, slot: int = 0) -> Output | None:
        found = (output for output in self.outputs if (output.kind, output.slot) == (kind, slot))
        return next(found, None)

    def source(self, kind: Kind) -> Source | None:
        return next((source for source in self.sources if source.kind == kind), None)

    def stream(self, kind: Kind) -> Inbound | None:
        """What the leg sends of this kind."""
        source = self.source(kind)
        return None if source is None or source.ssrc is None else self.inbound[source.ssrc]


def payload_table(accepted: Iterable[int]) -> bytes:
    """256 entries for `Route.payload_types`, for a sink that agreed to the `accepted` types.

    We offer every leg the same types, so a type keeps its number.  What the source agreed to does
    not matter here: an answer says what its author wants to receive, not what it will send.
    """
    table = bytearray([DROP]) * 256
    for payload_type in accepted:
        table[payload_type] = payload_type
        if payload_type | 0x80 != DROP:
            table[payload_type | 0x80] = payload_type | 0x80
    return bytes(table)


def connect(source: Hop, sink: Hop, link: Link) -> bool:
    """Let what `link` says of `source` reach `sink`.  What fed that slot before is cut off.

    Harmless when repeated.  True when a picture begins that was not there before.
    """
    picture = False
    wanted_kinds: dict[Kind, bool] = {"audio": link.sound, "video": link.picture}
    for kind, wanted in wanted_kinds.items():
        output, stream = sink.output(kind, link.slot), source.stream(kind)
        agreed = sink.source(kind)
        if output is None:
            continue
        before = sink.fed_by.get(output.ssrc)
        if before is not None and wanted and before.inbound is stream:
            before.feedback = link.feedback
            before.inbound.rerouted()
            continue
        if before is not None:
            _cut(before)
        if not wanted or stream is None or agreed is None:
            continue
        if not output.cache:
            output.cache = [None] * CACHE_PACKETS[kind]
        route = Route(
            inbound=stream,
            sink=sink,
            output=output,
            payload_types=payload_table(agreed.accepted),
            feedback=link.feedback,
        )
        sink.fed_by[output.ssrc] = route
        if output.rtx_ssrc is not None:
            sink.fed_by[output.rtx_ssrc] = route
        stream.routes.append(route)
        stream.rerouted()
        picture = picture or kind == "video"
    return picture


def disconnect(source: Hop, sink: Hop) -> None:
    """Stop everything from `source` to `sink`; the outputs keep their numbering."""
    for stream in source.inbound.values():
        for route in [route for route in stream.routes if route.sink is sink]:
            _cut(route)


def _cut(route: Route) -> None:
    route.inbound.routes.remove(route)
    route.inbound.rerouted()
    for ssrc in (route.output.ssrc, route.output.rtx_ssrc):
        route.sink.fed_by.pop(ssrc or -1, None)
