"""The `Lamp` port as a command of the operator's: whatever switches the lamp there.

Such as `brightnessctl -d mat set {percent}%`, `v4l2-ctl -d /dev/video2 -c led1_mode={on}`, or
`gpioset gpiochip0 17={on}`.
"""

import shlex
from typing import Final, Literal

from counter.terminal.command_child import run
from counter.terminal.ports import DeviceFailed

PATIENCE_S: Final = 5.0


class CommandLamp:
    """See `counter.terminal.ports.Lamp`."""

    def __init__(self, command: str) -> None:
        """command: run without a shell; `{percent}` is 0 to 100, `{on}` 0 or 1.

        Raises `ValueError` for one that says neither.
        """
        self._words = shlex.split(command)
        if not self._words or not any("{percent}" in one or "{on}" in one for one in self._words):
            raise ValueError("the lamp's command says {percent} or {on} where the level belongs")

    @property
    def can(self) -> Literal["on_off", "level"]:
        return "level" if any("{percent}" in one for one in self._words) else "on_off"

    async def set(self, percent: int) -> None:
        said = [
            one.replace("{percent}", str(percent)).replace("{on}", "1" if percent else "0")
            for one in self._words
        ]
        done = await run(said, timeout_s=PATIENCE_S)
        if done.code:
            raise DeviceFailed("failed", f"the lamp's command ended with {done.code}")
