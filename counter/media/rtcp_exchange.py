"""What legs tell us and each other beside their media: RTCP, received, answered, passed on, sent.

What has not come is asked for again, and a leg that no other leg gives feedback to gets ours.
"""

from typing import Final

from counter.media.aiortc_private import srtp_ffi, srtp_lib
from counter.media.feedback import Arrivals
from counter.media.lanes import Lanes
from counter.media.repair import retry_after
from counter.media.routing import Hop, Inbound
from counter.media.rtcp import key_frame_request, repeat_request, translate

MAX_REPORTERS: Final = 16
"""SSRCs under which one leg may report besides those that it sends under.  Firefox has one for each
section that it only receives, four or six; libsrtp never forgets any."""


class RtcpExchange:
    """RTCP of all legs of a process."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.watched: set[Inbound] = set()
        "Streams of which something is to be asked for again."
        self.arrivals: dict[Hop, Arrivals] = {}
        "Legs that no other leg gives feedback to, so that we do."

    def tick(self, now: float) -> None:
        """Ask again for what has not come.  To be called some fifty times a second."""
        for stream in list(self.watched):
            again = stream.gaps.due(now, retry_after(stream.hop.round_trip_s))
            if again:
                self.send(stream.hop, repeat_request(stream, again))
            if stream.key_frames.due(now):
                self.send(stream.hop, key_frame_request(stream))
            if not stream.gaps.missing and not stream.key_frames.waiting:
                self.watched.discard(stream)
        for hop, arrivals in list(self.arrivals.items()):
            if hop.rx is None or arrivals.idle(now) or arrivals.told_by_another():
                del self.arrivals[hop]
            elif report := arrivals.report(now):
                self.send(hop, report)

    def ask_key_frame(self, hop: Hop, now: float) -> None:
        """Ask a leg for a whole picture, now or as soon as it may be asked again."""
        stream = hop.stream("video")
        if stream is None:
            return
        if stream.key_frames.wanted(now):
            self.send(hop, key_frame_request(stream))
        else:
            self.watched.add(stream)

    def came(self, data: bytes, hop: Hop, now: float) -> None:
        """Decrypt a compound RTCP packet of `hop`, answer what we can, and pass the rest on."""
        sender = int.from_bytes(data[4:8], "big")
        announced = sender in hop.inbound or sender in hop.reporters
        if not announced and len(hop.reporters) >= MAX_REPORTERS:
            return
        srtp_ffi.memmove(self._lanes.scratch, data, len(data))
        self._lanes.scratch_length[0] = len(data)
        if srtp_lib.srtp_unprotect_rtcp(hop.rx, self._lanes.scratch, self._lanes.scratch_length):
            return
        if not announced:
            hop.reporters.add(sender)
        compound = bytes(srtp_ffi.buffer(self._lanes.scratch, self._lanes.scratch_length[0]))
        if hop.tap is not None:
            hop.tap.rtcp(compound, now)
        translation = translate(hop, compound, now)
        for packet in translation.resend:
            self._lanes.send_protected(hop, packet, srtp_lib.srtp_protect)
        for other, said in translation.forward.items():
            self.send(other, bytes(said))
        self.watched |= translation.watch

    def send(self, hop: Hop, packet: bytes) -> None:
        """Encrypt a compound RTCP packet and send it to a leg."""
        self._lanes.send_protected(hop, packet, srtp_lib.srtp_protect_rtcp)
