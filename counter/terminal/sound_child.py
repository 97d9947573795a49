"""The `SoundLoop` port on ALSA, through its own `aplay` and `arecord`."""

import asyncio
import struct
from collections.abc import Sequence
from typing import Final

from counter.terminal.command_child import run
from counter.terminal.ports import DeviceFailed

AFTER_S: Final = 0.6
"The microphone hears on for so long after the tone, as sound cards begin late."
PATIENCE_S: Final = 8.0


class AlsaLoop:
    """See `counter.terminal.ports.SoundLoop`."""

    def __init__(self, *, speaker: str = "default", microphone: str = "default") -> None:
        """speaker, microphone: as `aplay -L` names them."""
        self._speaker = speaker
        self._microphone = microphone

    async def play_and_hear(self, tone: Sequence[float], rate_hz: int) -> Sequence[float]:
        samples = [round(32767 * max(-1.0, min(1.0, one))) for one in tone]
        shape = ("-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(rate_hz))
        heard_s = len(tone) / rate_hz + AFTER_S
        hearing = asyncio.create_task(
            run(
                ["arecord", *shape, "-D", self._microphone, "-s", str(round(heard_s * rate_hz))],
                timeout_s=PATIENCE_S,
            )
        )
        try:
            played = await run(
                ["aplay", *shape, "-D", self._speaker],
                timeout_s=PATIENCE_S,
                given=struct.pack(f"<{len(samples)}h", *samples),
            )
            heard = await hearing
        finally:
            hearing.cancel()
        for done, program in ((played, "aplay"), (heard, "arecord")):
            if done.code:
                raise DeviceFailed("missing", f"{program}: {done.said.strip()[:200]}")
        count = len(heard.out) // 2
        return [one / 32768 for one in struct.unpack(f"<{count}h", heard.out[: 2 * count])]
