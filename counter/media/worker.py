"""A media process: one UDP port, its bridge, and the control socket.

It is started by the counter and outlives it: a counter that was killed and started again finds the
process by its socket and the calls have gone on.  It ends by itself when nobody has asked it
anything for `orphan_after`, or on SIGTERM.
"""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from counter.media.aiortc_private import check_libraries
from counter.media.control_server import serve_control
from counter.media.leg_aiortc import AiortcLeg
from counter.media.loop_lag import LoopLag
from counter.media.ports import Random32
from counter.media.service import Bridge, Limits
from counter.media.single_instance import hold_socket_path
from counter.media.udp_port import UdpPort

logger = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 1.0


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
    start_kbps: int = 1500
    orphan_after: timedelta = timedelta(seconds=60)
    limits: Limits = field(default_factory=Limits)


async def serve_worker(
    settings: WorkerSettings,
    *,
    new_id: Callable[[], str],
    random32: Random32,
) -> None:
    """Serve until SIGTERM, `/stop`, or until nobody asks any more.

    new_id: names of legs.  random32: unpredictable 32-bit numbers.
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
            ip=settings.bind_ip or settings.ip, udp_port=settings.udp_port, clock=loop.time
        )
        bridge = Bridge(
            make_leg=lambda on_change: AiortcLeg(
                port=port,
                announced_ip=settings.ip,
                random32=random32,
                start_kbps=settings.start_kbps,
                on_change=on_change,
            ),
            send_rtcp=port.forwarder.send_rtcp,
            new_id=new_id,
            clock=loop.time,
            limits=settings.limits,
        )
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        lag = LoopLag()
        server = await serve_control(
            settings.socket, bridge, udp_port=port.number, lag=lag, stop=stop.set
        )
        logger.info("media process %s: UDP %s:%s", os.getpid(), settings.ip, port.number)
        # What lives now lives as long as the process: keep the collector from walking it.
        gc.collect()
        gc.freeze()
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(lag.watch())
                sweeping = tasks.create_task(
                    _sweep(bridge, server.asked_at, settings.orphan_after, stop)
                )
                await stop.wait()
                watching.cancel()
                sweeping.cancel()
        finally:
            await server.close()
            await bridge.close()
            port.close()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


async def _sweep(
    bridge: Bridge, asked_at: Callable[[], float], orphan_after: timedelta, stop: asyncio.Event
) -> None:
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        await asyncio.sleep(SWEEP_SECONDS)
        bridge.sweep()
        if loop.time() - asked_at() > orphan_after.total_seconds():
            logger.warning("nobody has asked for %s; ending", orphan_after)
            stop.set()
