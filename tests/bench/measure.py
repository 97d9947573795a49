"""Measures one cell in a process of its own, and prints what it found as one line of JSON.

    python -m tests.bench.measure SERVER CALLS [--feedback] [--recorded] [--workers 2]

The server has core 0; the far ends and the load engine have core 1 and their cost does not count.
With two workers each has a core, and the far ends run beside them on both.  CPU time is that of
all threads of the server (`schedstat`), what the kernel does on their behalf included.  On the
loopback the sender of a packet pays for its way to the receiver's socket, for every server alike.

Latency: from the far end's `send` of the last packet of a picture to the kernel's time stamp at
the other end, both ways through the loopback, encryption and waiting included.  The cell without
a server says how much of it is the loopback's and the far end's own.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.bench.cells import SERVERS, Cell
from tests.bench.engine import Engine, Wire
from tests.bench.machine import cpu_ns, everybody_s, first_thread_ns, resident_bytes
from tests.bench.peer_janus import Janus
from tests.bench.peer_ours import Ours
from tests.bench.peer_plain import Coturn, Direct, Forward
from tests.bench.peer_relay import Relay
from tests.bench.peers import Peer
from tests.bench.programs import BUILT

SERVER_CORE: Final = 0
GENERATOR_CORE: Final = 1
FEEDBACK_PER_S: Final = 10
SETTLE_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one run of a cell found."""

    cell: str
    server: str
    calls: int
    sent: int
    received: int
    refused: int
    seconds: float
    cpu_us_per_packet: float
    loop_us_per_packet: float
    "CPU time of the server's first thread alone."
    core_percent: float
    "CPU time of the server in the window, of one core."
    p50_us: float | None
    p99_us: float | None
    p999_us: float | None
    idle_bytes: int
    "Memory of the server before the first call, less what it shares."
    connected_bytes: int
    "With all calls connected, before any media."
    used_bytes: int
    "After the media."
    connect_ms_per_leg: float
    "CPU time of the server to connect a leg."
    others_percent: float
    "CPU time of everybody else on this machine in the window, of one core."

    @property
    def lost(self) -> int:
        return self.sent - self.received


def peer_of(cell: Cell, directory: Path, *, realtime: bool) -> Peer:
    """The server of a cell, not started."""
    core = SERVER_CORE
    if cell.server == "ours":
        cores = tuple(range(cell.workers))
        return Ours(directory, cores=cores, recorded=cell.recorded, realtime=realtime)
    if cell.server == "janus":
        return Janus(directory, core=core, realtime=realtime)
    if cell.server == "coturn":
        return Coturn(directory, core=core, realtime=realtime)
    if cell.server == "relay":
        return Relay(directory, core=core, realtime=realtime)
    if cell.server == "direct":
        return Direct()
    crypto = {"c": "none", "c-srtp": "debian", "c-srtp-same": "pylibsrtp"}[cell.server]
    return Forward(directory, core=core, crypto=crypto, realtime=realtime)


async def measure(
    cell: Cell,
    *,
    warm_s: float,
    window_s: float,
    directory: Path,
    load: Engine | None = None,
    realtime: bool = False,
) -> Found:
    """Start the server, connect the calls, let media flow, look, and end the server."""
    engine = load or Engine(BUILT)
    calls = cell.calls * cell.workers
    peer = peer_of(cell, directory, realtime=realtime)
    try:
        await peer.start(calls)
        idle, cpu_before = resident_bytes(peer.processes), cpu_ns(peer.processes)
        for number in range(calls):
            wires = await peer.call(number)
            take_over(engine, wires, number, calls)
            engine.run(0.001, sending=False)
        await asyncio.sleep(SETTLE_S)
        connect_ns = cpu_ns(peer.processes) - cpu_before
        connected = resident_bytes(peer.processes)
        engine.feedback(FEEDBACK_PER_S if cell.feedback else 0)
        engine.resume()
        engine.run(warm_s)
        engine.drain()
        everybody, own = everybody_s(), time.process_time()
        counts, cpu = engine.counts(), cpu_ns(peer.processes)
        loop = first_thread_ns(peer.processes)
        began = time.monotonic()
        engine.forget_latencies()
        engine.resume()
        engine.run(window_s, measure=True)
        seconds = time.monotonic() - began
        engine.drain()
        used_ns = cpu_ns(peer.processes) - cpu
        loop_ns = first_thread_ns(peer.processes) - loop
        whole = time.monotonic() - began
        own = time.process_time() - own
        others = everybody_s() - everybody - own - used_ns / 1e9
        passed = engine.counts().since(counts)
        return Found(
            cell=cell.name,
            server=cell.server,
            calls=calls,
            sent=passed.sent,
            received=passed.received,
            refused=passed.refused,
            seconds=round(seconds, 3),
            cpu_us_per_packet=round(used_ns / 1000 / max(1, passed.received), 3),
            loop_us_per_packet=round(loop_ns / 1000 / max(1, passed.received), 3),
            core_percent=round(used_ns / 1e7 / seconds, 1),
            p50_us=engine.latency_us(0.5),
            p99_us=engine.latency_us(0.99),
            p999_us=engine.latency_us(0.999),
            idle_bytes=idle,
            connected_bytes=connected,
            used_bytes=resident_bytes(peer.processes),
            connect_ms_per_leg=round(connect_ns / 1e6 / (2 * calls), 3),
            others_percent=round(max(0.0, 100 * others / whole), 1),
        )
    finally:
        engine.drop_all()
        await peer.close()


def take_over(engine: Engine, wires: tuple[Wire, Wire], number: int, calls: int) -> None:
    """Give both legs of a call to the engine.

    Each camera is at its own place of the recording: were all at the same, their whole pictures
    would come within 33 ms, eight times what the line carries on average.
    """
    for side, wire in enumerate(wires):
        leg = 2 * number + side
        engine.add(wire, phase_us=leg * engine.recording_us // (2 * calls) + leg % 7 * 137)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.measure")
    parser.add_argument("server", choices=SERVERS)
    parser.add_argument("calls", type=int)
    parser.add_argument("--feedback", action="store_true")
    parser.add_argument("--recorded", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--warm", type=float, default=2.0)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--realtime", action="store_true")
    options = parser.parse_args()
    cell = Cell(
        server=options.server,
        calls=options.calls,
        feedback=options.feedback,
        recorded=options.recorded,
        workers=options.workers,
    )
    if options.workers == 1:
        os.sched_setaffinity(0, {GENERATOR_CORE})
    if options.realtime:
        # Below the server, whose core it shares when there are two workers.
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    with tempfile.TemporaryDirectory(prefix="counter-bench-") as directory:
        found = asyncio.run(
            measure(
                cell,
                warm_s=options.warm,
                window_s=options.seconds,
                directory=Path(directory),
                realtime=options.realtime,
            )
        )
    print(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
