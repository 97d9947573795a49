"""The self-test: every device is asked whether it does its work, all at once and not for long."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from counter.protocol.device import DeviceHealth, DeviceName
from counter.terminal.ports import (
    CardReader,
    ClockOffset,
    DeviceFailed,
    DocumentCamera,
    LineLost,
    LineProbe,
    Printer,
    SheetScanner,
    SoundLoop,
)
from counter.terminal.selftest import (
    RATE_HZ,
    Seen,
    judge_camera,
    judge_clock,
    judge_line,
    judge_sound,
    tone,
)

log = logging.getLogger(__name__)

EACH_S: Final = 15.0
"Then a device counts as silent; those that work need less than five seconds together."


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What this terminal has; None: it has none."""

    camera: DocumentCamera | None = None
    scanner: SheetScanner | None = None
    printer: Printer | None = None
    reader: CardReader | None = None
    sound: SoundLoop | None = None
    clock: ClockOffset | None = None
    line: LineProbe | None = None


class SelfTest:
    """Looks at everything that there is."""

    def __init__(
        self, devices: Devices, look: Callable[[bytes], Seen], *, each_s: float = EACH_S
    ) -> None:
        """look: measures a still; it takes a while and runs in a thread."""
        self._devices = devices
        self._look = look
        self._each_s = each_s

    async def run(self) -> list[DeviceHealth]:
        """How each device does, also those that are not there."""
        checks: dict[DeviceName, Callable[[], Awaitable[DeviceHealth]] | None] = {
            "camera": self._camera if self._devices.camera else None,
            "scanner": self._scanner if self._devices.scanner else None,
            "printer": self._printer if self._devices.printer else None,
            "reader": self._reader if self._devices.reader else None,
            "sound": self._sound if self._devices.sound else None,
            "clock": self._clock if self._devices.clock else None,
            "uplink": self._line if self._devices.line else None,
        }
        return list(await asyncio.gather(*(self._one(name, do) for name, do in checks.items())))

    async def _one(
        self, device: DeviceName, check: Callable[[], Awaitable[DeviceHealth]] | None
    ) -> DeviceHealth:
        if check is None:
            return DeviceHealth(device=device, state="none")
        try:
            async with asyncio.timeout(self._each_s):
                return await check()
        except DeviceFailed as failed:
            log.warning("self-test: %s: %s", device, failed)
            return DeviceHealth(device=device, state="broken", fault=failed.fault)
        except (TimeoutError, LineLost):
            log.warning("self-test: %s: no answer", device)
            return DeviceHealth(device=device, state="broken", fault="silent")

    async def _camera(self) -> DeviceHealth:
        assert self._devices.camera is not None
        still = await self._devices.camera.still()
        return judge_camera(await asyncio.to_thread(self._look, still))

    async def _scanner(self) -> DeviceHealth:
        assert self._devices.scanner is not None
        await self._devices.scanner.look()
        sources = await self._devices.scanner.sources()
        return DeviceHealth(device="scanner", state="good", can=list(sources))

    async def _printer(self) -> DeviceHealth:
        assert self._devices.printer is not None
        await self._devices.printer.look()
        return DeviceHealth(device="printer", state="good")

    async def _reader(self) -> DeviceHealth:
        assert self._devices.reader is not None
        await self._devices.reader.look()
        return DeviceHealth(device="reader", state="good")

    async def _sound(self) -> DeviceHealth:
        assert self._devices.sound is not None
        return judge_sound(await self._devices.sound.play_and_hear(tone(), RATE_HZ))

    async def _clock(self) -> DeviceHealth:
        assert self._devices.clock is not None
        return judge_clock(await self._devices.clock.offset())

    async def _line(self) -> DeviceHealth:
        assert self._devices.line is not None
        return judge_line(await self._devices.line.round_trip())
