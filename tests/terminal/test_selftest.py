"""How a terminal judges itself: the limits, and every device with each of its faults."""

import asyncio
import math
import random
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.app.terminal_program import draw
from counter.documents.sample_page import draw_mat, encode_jpeg
from counter.protocol.device import DeviceHealth
from counter.terminal.devices_simulated import FAULTS, Bench, How
from counter.terminal.look_opencv import seen_in, thumbnail_of
from counter.terminal.ports import DeviceFailed
from counter.terminal.selftest import (
    CLOCK_WRONG,
    RATE_HZ,
    TONE_HZ,
    judge_camera,
    judge_clock,
    judge_line,
    judge_sound,
    tone,
    tone_share,
)
from counter.terminal.selftest_service import Devices, SelfTest

SHOWN_AT_WORK = {"scanner-jam", "scanner-empty", "scanner-open"}
"Whether papers are stuck shows when one is pulled, not before."


def by_device(found: list[DeviceHealth]) -> dict[str, tuple[str, str]]:
    return {one.device: (one.state, one.fault) for one in found}


@pytest.fixture(scope="module")
def stills() -> dict[str, bytes]:
    """Return what the camera sees, in the light, in the dark and out of focus; drawn once."""
    return {how: draw(1, how) for how in ("", "dark", "blurred")}


def played(stills: dict[str, bytes]) -> Bench:
    def still(number: int, how: How) -> bytes:
        return stills[how]

    return Bench(still)


async def test_everything_that_is_there_and_works_is_good(stills: dict[str, bytes]) -> None:
    found = by_device(await SelfTest(played(stills).devices, seen_in).run())
    assert found == dict.fromkeys(
        ("camera", "scanner", "printer", "reader", "sound", "clock", "uplink"), ("good", "")
    )


async def test_what_is_not_there_is_none_and_breaks_nothing() -> None:
    found = by_device(await SelfTest(Devices(), seen_in).run())
    assert set(found.values()) == {("none", "")} and len(found) == 7


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_each_fault_is_found_by_its_name_and_no_other(
    stills: dict[str, bytes], fault: str
) -> None:
    bench = played(stills)
    bench.switch(fault, on=True)
    found = by_device(await SelfTest(bench.devices, seen_in).run())
    device, shown = FAULTS[fault]
    wrong = {name: told for name, told in found.items() if told != ("good", "")}
    if fault in SHOWN_AT_WORK:
        scanner = bench.devices.scanner
        assert wrong == {} and scanner is not None
        with pytest.raises(DeviceFailed) as failed:
            await scanner.scan()
        assert failed.value.fault == shown
    else:
        assert [(name, told[1]) for name, told in wrong.items()] == [(device, shown)]
    bench.switch(fault, on=False)
    assert set(by_device(await SelfTest(bench.devices, seen_in).run()).values()) == {("good", "")}


async def test_one_that_hangs_is_silent_and_holds_nobody_up(stills: dict[str, bytes]) -> None:
    class Hangs:
        async def still(self) -> bytes:
            await asyncio.Event().wait()
            return b""

        async def close(self) -> None:
            """Nothing."""

    devices = played(stills).devices
    hung = Devices(camera=Hangs(), sound=devices.sound)
    found = by_device(await SelfTest(hung, seen_in, each_s=0.05).run())
    assert found["camera"] == ("broken", "silent")
    assert found["sound"] == ("good", "")


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="camera-dark"):
        Bench(draw, faults=["camera-on-fire"])


def test_a_page_on_a_mat_is_seen_and_darkness_is_not(stills: dict[str, bytes]) -> None:
    verdicts = {how: judge_camera(seen_in(still)) for how, still in stills.items()}
    assert [(one.state, one.fault) for one in verdicts.values()] == [
        ("good", ""),
        ("broken", "dark"),
        ("weak", "blurred"),
    ]
    mat = encode_jpeg(draw_mat(np.random.default_rng(1), 2592, 1944), 90)
    assert judge_camera(seen_in(mat)).state == "good", "nothing lies there before a citizen comes"
    with pytest.raises(DeviceFailed):
        seen_in(b"no picture")


def test_a_thumbnail_is_small(stills: dict[str, bytes]) -> None:
    assert 2_000 < len(thumbnail_of(stills[""])) < 40_000
    with pytest.raises(DeviceFailed):
        thumbnail_of(b"no picture")


@given(loudness=st.floats(0.01, 1.0), late=st.integers(0, 8000), seed=st.integers(0, 1000))
def test_the_tone_is_heard_through_a_room(loudness: float, late: int, seed: int) -> None:
    chance = random.Random(seed)
    quiet = [0.0] * late
    heard = [loudness * one + chance.gauss(0, 0.003) for one in (*quiet, *tone(), *[0.0] * 4000)]
    assert judge_sound(heard).state == "good"


@pytest.mark.parametrize(
    "heard",
    [
        [],
        [0.0] * RATE_HZ,
        [random.Random(5).gauss(0, 0.1) for _ in range(RATE_HZ)],
        [0.5 * math.sin(2 * math.pi * 3 * TONE_HZ * at / RATE_HZ) for at in range(RATE_HZ)],
    ],
    ids=["nothing", "silence", "noise", "another tone"],
)
def test_what_is_not_the_tone_is_not_taken_for_it(heard: list[float]) -> None:
    assert judge_sound(heard) == DeviceHealth(device="sound", state="broken", fault="no_sound")


def test_the_tone_alone_is_all_of_what_is_heard() -> None:
    assert tone_share(tone()) > 0.95


@given(ms=st.integers(-60_000, 60_000))
def test_a_clock_is_judged_alike_on_both_sides(ms: int) -> None:
    offset = timedelta(milliseconds=ms)
    assert judge_clock(offset) == judge_clock(-offset)
    assert (judge_clock(offset).state == "broken") == (abs(offset) > CLOCK_WRONG)


def test_a_slow_line_is_weak() -> None:
    assert judge_line(timedelta(milliseconds=30)).state == "good"
    assert judge_line(timedelta(seconds=1)).fault == "slow"
