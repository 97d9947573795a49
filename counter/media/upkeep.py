"""What a media process does again and again: look, count, renew; each until cancelled."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from counter.media.control_answers import Vitals
from counter.media.mutual_tls import TlsRenewal
from counter.media.service import Bridge
from counter.media.tally import SAMPLE_EVERY_S
from counter.media.udp_port import UdpPort

logger = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 1.0
TICK_SECONDS: Final = 0.02
RENEWAL_SECONDS: Final = 10.0


async def sweep(
    bridge: Bridge,
    vitals: Vitals,
    port: UdpPort,
    asked_at: Callable[[], float],
    orphan_after: timedelta,
    *,
    waits: bool,
) -> None:
    """End what is over: legs, calls, and the process when it is drained or nobody's.

    waits: a media node's process, which counters find whenever they come.
    """
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        now = loop.time()
        vitals.load.seen(now, time.process_time(), port.forwarder.datagrams)
        bridge.sweep()
        if vitals.drain.over(now, len(bridge.calls())):
            logger.info("drained, with %s calls left; ending", len(bridge.calls()))
            vitals.stop()
        unused = waits and not bridge.owners() and not bridge.calls()
        if now - asked_at() > orphan_after.total_seconds() and not unused:
            logger.warning("nobody has asked for %s; ending", orphan_after)
            vitals.stop()


async def renew(renewal: TlsRenewal | None) -> None:
    """Take a new certificate over soon after it is there."""
    while renewal is not None:
        await asyncio.sleep(RENEWAL_SECONDS)
        try:
            if renewal.look():
                logger.info("answering with a new certificate")
        except OSError as error:
            logger.warning("the certificate was not renewed: %s", type(error).__name__)


async def sample(bridge: Bridge) -> None:
    """Count the legs."""
    while True:
        await asyncio.sleep(SAMPLE_EVERY_S)
        bridge.sample()


async def tick(port: UdpPort) -> None:
    """Ask again for packets that have not come."""
    while True:
        await asyncio.sleep(TICK_SECONDS)
        port.tick()
