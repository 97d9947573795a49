"""The load engine (c/engine.c) as Python sees it: add legs, run, read the counts.

Encryption is pylibsrtp's own libsrtp, whose functions the engine is handed; it costs the generator
less than Debian's, and nobody needs its headers.
"""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pylibsrtp
from cffi import FFI

from tests.bench import recording
from tests.bench.checks import answer_check
from tests.bench.programs import BUILT, build

SLICE_S: Final = 0.1
"After so long, connectivity checks are answered."
DRAIN_S: Final = 0.2
MOST_DRAINS: Final = 50
QUIET_DRAINS: Final = 8
"Without any packet, while some are missing."
REPLAY_WINDOW: Final = 1024

_ffi: Any = FFI()
_ffi.cdef(
    """
    typedef int (*transform)(void *, void *, int *);
    struct leg_plan {
        int descriptor; uint32_t ip; uint16_t port; void *protect; void *unprotect;
        uint32_t ssrc[2]; uint8_t payload_type[2]; char mid[2][8];
        uint8_t mid_extension, time_extension, wide_extension, channel_data; uint32_t phase;
    };
    int engine_start(transform, transform, transform);
    int engine_recording(const uint8_t *, int, uint32_t, uint32_t, uint32_t);
    int engine_add(const struct leg_plan *);
    void engine_drop(int);
    void engine_resume(void);
    void engine_run(double, int, int);
    int engine_other(int *, uint32_t *, uint16_t *, uint8_t *);
    void engine_feedback(int);
    void engine_counts(uint64_t *, uint64_t *, uint64_t *, uint64_t *);
    void engine_forget_latencies(void);
    double engine_latency(double);
    """
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Packets of all legs since the engine began."""

    sent: int
    received: int
    refused: int
    "Not authentic, or repeated."
    control: int
    "RTCP that came."

    def since(self, before: "Counts") -> "Counts":
        return Counts(
            self.sent - before.sent,
            self.received - before.received,
            self.refused - before.refused,
            self.control - before.control,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A leg whose handshakes are done: where it sends, with which keys and numbers."""

    socket: socket.socket
    peer: tuple[str, int]
    profile: int | None = None
    "One of pylibsrtp's; None sends plain RTP."
    tx_key: bytes = b""
    rx_key: bytes = b""
    ssrcs: tuple[int, int] = (1, 2)
    "Video, audio; so are the next two."
    payload_types: tuple[int, int] = (97, 96)
    mids: tuple[str, str] = ("1", "0")
    mid_extension: int = 0
    time_extension: int = 0
    wide_extension: int = 0
    channel_data: bool = False
    password: str = ""
    "Of ICE; connectivity checks are answered with it."


class Engine:
    """One per process: the C side holds its legs in one table."""

    def __init__(self, directory: Path = BUILT, *, recording_s: int = recording.SECONDS) -> None:
        """directory: where the compiled engine and the recording are, or are made."""
        self._lib: Any = _ffi.dlopen(str(build("engine.so", directory)))
        self.recording_us = recording_s * 1_000_000
        "Length of what every camera sends, again and again."
        self.legs: dict[int, Wire] = {}
        self._alive: dict[int, tuple[Any, ...]] = {}
        library = cast(Any, pylibsrtp)
        functions = [
            _ffi.cast(
                "transform",
                int(library.ffi.cast("uintptr_t", library.ffi.addressof(library.lib, name))),
            )
            for name in ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp")
        ]
        if self._lib.engine_start(*functions):
            raise MemoryError("the load engine found no memory")
        data = recording.packets(directory, recording_s)
        self._recording = _ffi.new("uint8_t[]", data)
        clocks = recording_s * 90_000, recording_s * recording.AUDIO_RATE
        self._lib.engine_recording(self._recording, len(data), recording_s * 1_000_000, *clocks)

    def add(self, wire: Wire, *, phase_us: int = 0) -> int:
        """Take over a leg; it sends from the next `resume` on.  Returns its number.

        phase_us: where in the recording it begins, so that not all cameras send the same.
        """
        plan = _ffi.new("struct leg_plan *")
        contexts: list[int] = []
        sessions: list[pylibsrtp.Session] = []
        if wire.profile is not None:
            for key, direction in (
                (wire.tx_key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND),
                (wire.rx_key, pylibsrtp.Policy.SSRC_ANY_INBOUND),
            ):
                policy = pylibsrtp.Policy(key, direction, 0, wire.profile)
                policy.window_size = REPLAY_WINDOW
                session = pylibsrtp.Session(policy)
                sessions.append(session)
                contexts.append(context_of(session))
            plan.protect, plan.unprotect = (_ffi.cast("void *", c) for c in contexts)
        plan.descriptor = wire.socket.fileno()
        plan.ip = int.from_bytes(socket.inet_aton(wire.peer[0]), "little")
        plan.port = wire.peer[1]
        plan.ssrc, plan.payload_type = list(wire.ssrcs), list(wire.payload_types)
        for kind, mid in enumerate(wire.mids):
            plan.mid[kind] = mid.encode()[:7]
        plan.mid_extension, plan.time_extension = wire.mid_extension, wire.time_extension
        plan.wide_extension, plan.channel_data = wire.wide_extension, wire.channel_data
        plan.phase = phase_us
        number = int(self._lib.engine_add(plan))
        if number < 0:
            raise MemoryError("the load engine has no room for another leg")
        self.legs[number] = wire
        self._alive[number] = (*sessions, wire.socket)
        return number

    def drop(self, number: int) -> None:
        """Forget a leg; its socket is the caller's to close."""
        self._lib.engine_drop(number)
        del self.legs[number], self._alive[number]

    def drop_all(self) -> None:
        for number in list(self.legs):
            self.drop(number)

    def feedback(self, per_second: int) -> None:
        """How often each leg reports what it received, as a browser does (transport-cc)."""
        self._lib.engine_feedback(per_second)

    def resume(self) -> None:
        """Begin to send, or go on without a burst after a pause."""
        self._lib.engine_resume()

    def run(self, seconds: float, *, sending: bool = True, measure: bool = False) -> None:
        """Replay for `seconds`."""
        while seconds > 0:
            self._lib.engine_run(min(seconds, SLICE_S), sending, measure)
            seconds -= SLICE_S
            self._answer_checks()

    def drain(self) -> None:
        """Receive what is still on its way, until nothing comes any more.

        A machine that holds the server up for a moment must not make its packets look lost.
        """
        quiet = 0
        for _ in range(MOST_DRAINS):
            before = self.counts()
            self.run(DRAIN_S, sending=False, measure=True)
            quiet = quiet + 1 if self.counts().received == before.received else 0
            if quiet == (1 if before.received == before.sent else QUIET_DRAINS):
                return

    def counts(self) -> Counts:
        numbers = _ffi.new("uint64_t[4]")
        self._lib.engine_counts(numbers, numbers + 1, numbers + 2, numbers + 3)
        return Counts(*(int(number) for number in numbers))

    def forget_latencies(self) -> None:
        self._lib.engine_forget_latencies()

    def latency_us(self, quantile: float) -> float | None:
        """A quantile of what `run(measure=True)` noted since; None when it noted nothing."""
        found = float(self._lib.engine_latency(quantile))
        return found if found >= 0 else None

    def _answer_checks(self) -> None:
        leg, ip, port = _ffi.new("int *"), _ffi.new("uint32_t *"), _ffi.new("uint16_t *")
        room = _ffi.new("uint8_t[]", 2048)
        while length := int(self._lib.engine_other(leg, ip, port, room)):
            wire = self.legs.get(int(leg[0]))
            if wire is None or not wire.password:
                continue
            sender = (socket.inet_ntoa(int(ip[0]).to_bytes(4, "little")), int(port[0]))
            answer = answer_check(bytes(_ffi.buffer(room, length)), sender, wire.password)
            if answer is not None:
                wire.socket.sendto(answer, sender)


def context_of(session: pylibsrtp.Session) -> int:
    """The address of a session's `srtp_t`; valid while the session lives."""
    library = cast(Any, pylibsrtp)
    return int(library.ffi.cast("uintptr_t", cast(Any, session)._srtp[0]))
