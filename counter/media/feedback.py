"""Our own congestion feedback, for a leg that no other leg gives any.

A colleague in a call, a supervisor who joins, or a citizen on hold sends to us, and whoever
receives it answers somebody else.  Without feedback its sender would neither rise nor give way, so
we say what arrived here: transport-wide arrival times
(draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1) and reception reports (RFC 3550,
section 6.4.2).
"""

import struct
from dataclasses import dataclass
from typing import Final

from counter.media.routing import Hop, Inbound
from counter.media.rtcp import RECEIVER_REPORT, TRANSPORT_FEEDBACK, TRANSPORT_WIDE, our_ssrc

EVERY_S: Final = 0.1
REPORT_EVERY_S: Final = 1.0
IDLE_S: Final = 2.0
MAX_SPAN: Final = 1000
"Transport-wide numbers in one report; what is older is left out."
TICK_S: Final = 0.00025
"Of arrival times; the reference time counts 256 of them."


@dataclass(slots=True)
class _Heard:
    """Of one stream, at its last report."""

    expected: int
    received: int
    first: int
    highest: int


class Arrivals:
    """What has arrived from one leg and was not reported yet.  Times are monotonic seconds."""

    def __init__(self, hop: Hop, now: float) -> None:
        self._hop = hop
        self._times: dict[int, float] = {}
        "Extended transport-wide number -> arrival."
        self._highest: int | None = None
        self._count = 0
        self._reported_at = self._received_at = self._arrived_at = now
        self._heard: dict[Inbound, _Heard] = {}

    def arrived(self, stream: Inbound, extended: int, number: int | None, now: float) -> None:
        """A packet of `stream`; number: its transport-wide number, if it has one."""
        self._arrived_at = now
        heard = self._heard.get(stream)
        if heard is None:
            heard = self._heard[stream] = _Heard(0, 0, extended, extended)
        heard.received += 1
        heard.highest = max(heard.highest, extended)
        self.came(number, now)

    def came(self, number: int | None, now: float) -> None:
        """Any packet of the leg; number: its transport-wide number, if it has one."""
        if number is None:
            return
        if self._highest is None:
            self._highest = number
        ahead = (number - self._highest) & 0xFFFF
        wide = self._highest + (ahead if ahead < 0x8000 else ahead - 0x10000)
        self._highest = max(self._highest, wide)
        self._times.setdefault(wide, now)

    def idle(self, now: float) -> bool:
        """Nothing has come for so long that this can be forgotten."""
        return now - self._arrived_at > IDLE_S

    def told_by_another(self) -> bool:
        """A receiver gives the leg feedback again; two would contradict each other."""
        return any(route.feedback for stream in self._heard for route in stream.routes)

    def report(self, now: float) -> bytes:
        """A compound packet to send to the leg now; empty when it is too early."""
        if now - self._reported_at < EVERY_S:
            return b""
        self._reported_at = now
        said = b""
        if now - self._received_at >= REPORT_EVERY_S:
            self._received_at = now
            said = self._reception()
        return said + self._transport_wide()

    def _reception(self) -> bytes:
        blocks = b""
        for stream, heard in self._heard.items():
            expected = heard.highest - heard.first + 1
            due = expected - heard.expected
            lost = max(0, due - heard.received)
            fraction = min(255, lost * 256 // due) if due > 0 else 0
            heard.expected, heard.received = expected, 0
            total = min(0x7FFFFF, stream.gaps.lost)
            blocks += struct.pack(
                "!IIIIII",
                stream.ssrc,
                fraction << 24 | total,
                heard.highest & 0xFFFFFFFF,
                *(0, 0, 0),
            )
        count = len(blocks) // 24
        head = struct.pack(
            "!BBHI", 0x80 | count, RECEIVER_REPORT, 1 + 6 * count, our_ssrc(self._hop)
        )
        return head + blocks

    def _transport_wide(self) -> bytes:
        if not self._times:
            return b""
        last = max(self._times)
        first = max(min(self._times), last - MAX_SPAN + 1)
        times = [self._times.get(number) for number in range(first, last + 1)]
        self._times.clear()
        begin = next(time for time in times if time is not None)
        reference = int(begin / TICK_S) // 256
        at, symbols, deltas = reference * 256, [], b""
        for time in times:
            if time is None:
                symbols.append(0)
                continue
            delta = max(-0x8000, min(0x7FFF, int(time / TICK_S) - at))
            at += delta
            small = 0 <= delta <= 0xFF
            symbols.append(1 if small else 2)
            deltas += struct.pack("!B" if small else "!h", delta)
        body = struct.pack(
            "!HHI",
            first & 0xFFFF,
            len(times),
            (reference & 0xFFFFFF) << 8 | self._count & 0xFF,
        )
        self._count += 1
        for place in range(0, len(symbols), 7):
            chunk = symbols[place : place + 7] + [0] * 7
            word = 0xC000  # a vector of seven two-bit symbols
            for index in range(7):
                word |= chunk[index] << (12 - 2 * index)
            body += struct.pack("!H", word)
        body += deltas
        padding = -len(body) % 4
        if padding:
            body += bytes(padding - 1) + bytes([padding])
        media = next(iter(self._heard)).ssrc
        return (
            struct.pack(
                "!BBHII",
                (0xA0 if padding else 0x80) | TRANSPORT_WIDE,
                TRANSPORT_FEEDBACK,
                2 + len(body) // 4,
                our_ssrc(self._hop),
                media,
            )
            + body
        )
