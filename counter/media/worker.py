"""A media process: one UDP port, its bridge, and what it is controlled by: a socket, also TCP.

It is started by the counter and outlives it: a counter that was killed and started again finds the
process by its socket and the calls have gone on.  It ends by itself when nobody has asked it
anything for `orphan_after`, or on SIGTERM; there, if it was told to drain, with its last call.
"""

import asyncio
import gc
import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from counter.media import upkeep
from counter.media.aiortc_private import check_libraries, new_certificate
from counter.media.control_answers import Vitals
from counter.media.control_server import ControlServer, serve_control
from counter.media.drain import Drain
from counter.media.leg_aiortc import AiortcLeg
from counter.media.load import Load
from counter.media.loop_lag import LoopLag
from counter.media.mutual_tls import TlsFiles, TlsRenewal, tls_of_media
from counter.media.ports import Random32
from counter.media.recorder_files import FileRecorder
from counter.media.sdp import ENCODINGS, RTX_TYPES
from counter.media.seal_cryptography import RandomBytes
from counter.media.service import Bridge, Limits
from counter.media.single_instance import hold_socket_path
from counter.media.udp_port import UdpPort

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where counters of other machines ask."""

    host: str
    port: int
    files: TlsFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """One media process."""

    socket: Path
    "Control socket; it and its directory are for this user only."
    ip: str
    "IPv4 address that browsers are told."
    udp_port: int
    "0 takes any free one."
    bind_ip: str | None = None
    "IPv4 address of this machine, where it differs from `ip` (address translation)."
    ip6: str | None = None
    "IPv6 address of this machine, which browsers are told too; None: no IPv6."
    only_from: tuple[str, ...] = ()
    "Addresses of relays, from which all has to come; empty: from anywhere."
    recordings: Path
    "Holds the dumps of recorded calls, a directory for each; made when it is needed."
    listening: Listening | None = None
    start_kbps: int = 1500
    orphan_after: timedelta = timedelta(seconds=60)
    drain_for: timedelta = timedelta()
    "How long calls may go on after SIGTERM; a second one, or SIGINT, ends the process at once."
    limits: Limits = field(default_factory=Limits)


async def serve_worker(
    settings: WorkerSettings,
    *,
    new_id: Callable[[], str],
    random32: Random32,
    random_bytes: RandomBytes,
    wall: Callable[[], datetime],
) -> None:
    """Serve until SIGTERM, `/stop`, or until nobody asks any more.

    new_id: names of legs.  random32, random_bytes: unpredictable.  wall: the current instant.
    Raises `MediaLibraryChanged`, `NotAllowedNow` when a process serves this socket already, and
    `OSError` when the UDP port is taken.
    """
    # The libraries write candidates, which are people's addresses, at level INFO.
    for library in ("aioice", "aiortc"):
        logging.getLogger(library).setLevel(logging.WARNING)
    check_libraries()
    loop = asyncio.get_running_loop()
    with hold_socket_path(settings.socket):
        port = UdpPort(
            ip=settings.bind_ip or settings.ip,
            ip6=settings.ip6,
            udp_port=settings.udp_port,
            only_from=settings.only_from,
            clock=time.monotonic,
        )
        certificate = new_certificate()
        recorder = FileRecorder(
            settings.recordings,
            payload_types=ENCODINGS,
            repairs=RTX_TYPES,
            random_bytes=random_bytes,
            clock=time.monotonic,
            wall=wall,
        )
        bridge = Bridge(
            make_leg=lambda on_change: AiortcLeg(
                port=port,
                announced_ip=settings.ip,
                announced_ip6=settings.ip6,
                certificate=certificate,
                random32=random32,
                start_kbps=settings.start_kbps,
                on_change=on_change,
            ),
            ask_key_frame=lambda hop: port.forwarder.rtcp.ask_key_frame(hop, time.monotonic()),
            recorder=recorder,
            new_id=new_id,
            clock=time.monotonic,
            limits=settings.limits,
        )
        stop = asyncio.Event()
        vitals = Vitals(
            instance=new_id(),
            udp_port=port.number,
            lag=LoopLag(),
            load=Load(time.monotonic(), time.process_time()),
            drain=Drain(),
            stop=stop.set,
        )
        loop.add_signal_handler(signal.SIGINT, stop.set)
        loop.add_signal_handler(signal.SIGTERM, _terminate, vitals, settings.drain_for)
        server = await serve_control(settings.socket, bridge, vitals)
        renewal = None
        if settings.listening is not None:
            renewal = await _listen(server, settings.listening)
        logger.info("media process %s: UDP %s:%s", os.getpid(), settings.ip, port.number)
        # What lives now lives as long as the process: keep the collector from walking it.
        gc.collect()
        gc.freeze()
        try:
            async with asyncio.TaskGroup() as tasks:
                keeping = [
                    tasks.create_task(one)
                    for one in (
                        vitals.lag.watch(),
                        upkeep.sweep(
                            bridge,
                            vitals,
                            port,
                            server.asked_at,
                            settings.orphan_after,
                            waits=settings.listening is not None,
                        ),
                        upkeep.renew(renewal),
                        upkeep.tick(port),
                        upkeep.sample(bridge),
                        recorder.keep_writing(),
                    )
                ]
                await stop.wait()
                for task in keeping:
                    task.cancel()
        finally:
            await server.close()
            await bridge.shut()
            await recorder.close()
            port.close()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


def _terminate(vitals: Vitals, drain_for: timedelta) -> None:
    if drain_for and not vitals.drain.begun:
        vitals.drain.begin(asyncio.get_running_loop().time() + drain_for.total_seconds())
    else:
        vitals.stop()


async def _listen(server: ControlServer, listening: Listening) -> TlsRenewal:
    context = tls_of_media(listening.files)
    port = await server.listen(listening.host, listening.port, context)
    logger.info("counters ask at %s:%s", listening.host, port)
    return TlsRenewal(context, listening.files)
