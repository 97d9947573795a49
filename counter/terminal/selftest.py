"""How a terminal judges itself: pure rules from what was measured to good, weak or broken.

The limits are wide: a self-test that cries over nothing is switched off.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from counter.protocol.device import DeviceHealth, Fault

TONE_HZ: Final = 1000
RATE_HZ: Final = 16_000
TONE_S: Final = 0.4
AMPLITUDE: Final = 0.3

DARK_BELOW: Final = 12.0
"Mean of 0 to 255; a mat under a lamp has 40 and more, a lens cap 2."
FLAT_BELOW: Final = 6.0
"Between the 2nd and 98th percentile; an empty mat has 10 by its grain alone, a letter 180."
SOFT_BELOW: Final = 1.5
"Spread of the Laplacian at 480 pixels; an empty mat has 2.3, a letter 27, out of focus 1.0."
HEARD_ABOVE: Final = 0.02
"Share of all that was heard; in noise alone a single frequency has some thousandths."
CLOCK_WRONG: Final = timedelta(seconds=5)
CLOCK_WEAK: Final = timedelta(seconds=2)
LINE_SLOW: Final = timedelta(milliseconds=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a still is like."""

    mean: float
    contrast: float
    sharpness: float


def tone() -> list[float]:
    """What the loudspeaker plays: soft, and without a click at its ends."""
    count = round(RATE_HZ * TONE_S)
    fade = RATE_HZ // 50
    return [
        AMPLITUDE
        * min(1.0, at / fade, (count - at) / fade)
        * math.sin(2 * math.pi * TONE_HZ * at / RATE_HZ)
        for at in range(count)
    ]


def tone_share(heard: Sequence[float], rate_hz: int = RATE_HZ) -> float:
    """How much of the energy that was heard is the tone's, 0 to 1 (Goertzel's algorithm).

    In stretches of a tenth of a second, the best of which counts: when it came is not known.
    """
    step = rate_hz // 10
    shares = [
        _share(heard[at : at + step], rate_hz) for at in range(0, len(heard) - step + 1, step)
    ]
    return max(shares, default=0.0)


def _share(samples: Sequence[float], rate_hz: int) -> float:
    energy = sum(one * one for one in samples)
    if energy < 1e-9:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * TONE_HZ / rate_hz)
    last = before = 0.0
    for one in samples:
        last, before = one + factor * last - before, last
    power = last * last + before * before - factor * last * before
    return min(1.0, 2 * power / (len(samples) * energy))


def judge_camera(seen: Seen) -> DeviceHealth:
    """Whether it sees light and something with edges."""
    fault: Fault = ""
    if seen.mean < DARK_BELOW:
        fault = "dark"
    elif seen.contrast < FLAT_BELOW or seen.sharpness < SOFT_BELOW:
        return DeviceHealth(device="camera", state="weak", fault="blurred")
    return DeviceHealth(device="camera", state="broken" if fault else "good", fault=fault)


def judge_sound(heard: Sequence[float]) -> DeviceHealth:
    """Whether the microphone hears what the loudspeaker plays."""
    if tone_share(heard) > HEARD_ABOVE:
        return DeviceHealth(device="sound", state="good")
    return DeviceHealth(device="sound", state="broken", fault="no_sound")


def judge_clock(offset: timedelta) -> DeviceHealth:
    """Whether this machine's clock goes with the counter's."""
    if abs(offset) > CLOCK_WRONG:
        return DeviceHealth(device="clock", state="broken", fault="wrong_clock")
    if abs(offset) > CLOCK_WEAK:
        return DeviceHealth(device="clock", state="weak", fault="wrong_clock")
    return DeviceHealth(device="clock", state="good")


def judge_line(round_trip: timedelta) -> DeviceHealth:
    """Whether the counter answers soon enough."""
    if round_trip > LINE_SLOW:
        return DeviceHealth(device="uplink", state="weak", fault="slow")
    return DeviceHealth(device="uplink", state="good")
