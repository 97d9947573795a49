import asyncio
import errno
import os
import random
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from counter.media.arrangement import Arrangement, Party
from counter.media.dump import is_mark, read_mark
from counter.media.dump_files import DumpReader
from counter.media.recorder_files import SHARES, FileRecorder
from counter.media.routing import Hop
from counter.media.taping import TapedLeg, Taping, taped_legs

KEY = bytes(range(32))
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def recorder(directory: Path, clock: Clock) -> FileRecorder:
    return FileRecorder(
        directory,
        payload_types={96: "opus/48000/2", 97: "VP8/90000", 98: "rtx/90000"},
        repairs={97: 98},
        random_bytes=random.Random(3).randbytes,
        clock=clock,
        wall=lambda: NOON,
    )


def taping(*, paused: bool = False) -> Taping:
    return Taping(recording_id="r-1", key=KEY, paused=paused)


def leg(hop: Hop, *, on: bool = True, **changes: Any) -> TapedLeg:
    wanted = {"owner": "agent:lei", "role": "agent", "leg_id": "leg-1", **changes}
    return TapedLeg(hop=hop, on=on, **wanted)


def packet(hop: Hop, octets: bytes, now: float) -> None:
    """As the packet loop does."""
    if hop.tap is not None:
        hop.tap.rtp(octets, now)


def dumped(directory: Path, leg_id: str = "leg-1") -> list[object]:
    """Packets as they are; marks by their kind."""
    (path,) = directory.glob(f"r-1/*-{leg_id}.dump")
    entries = [entry for _, entry in DumpReader(path, KEY, "r-1", leg_id).entries()]
    return [read_mark(entry)["kind"] if is_mark(entry) else entry for entry in entries]


async def test_a_leg_is_taped_from_the_first_ask_to_the_last(tmp_path: Path) -> None:
    clock, hop = Clock(), Hop()
    taper = recorder(tmp_path, clock)
    packet(hop, b"\x80\x61 before", 99.0)
    taper.tape(taping(), [leg(hop)])
    packet(hop, b"\x80\x61 one", 101.0)
    taper.tape(taping(), [leg(hop)])  # repeated: harmless
    packet(hop, b"\x80\x61 two", 102.0)
    assert taper.report("r-1").legs == 1
    taper.end("r-1")
    packet(hop, b"\x80\x61 after", 103.0)
    await taper.settle()
    assert dumped(tmp_path) == ["about", b"\x80\x61 one", b"\x80\x61 two", "end"]
    assert hop.tap is None
    assert taper.report("r-1").legs == 0
    await taper.close()


async def test_a_pause_leaves_nothing_but_its_marks(tmp_path: Path) -> None:
    clock, hop = Clock(), Hop()
    taper = recorder(tmp_path, clock)
    taper.tape(taping(), [leg(hop)])
    packet(hop, b"\x80\x61 one", 101.0)
    taper.tape(taping(paused=True), [leg(hop, on=False)])
    packet(hop, b"\x80\x61 card number", 102.0)
    taper.tape(taping(), [leg(hop)])
    packet(hop, b"\x80\x61 two", 103.0)
    await taper.close()
    assert dumped(tmp_path) == [
        *("about", b"\x80\x61 one", "pause", "resume", b"\x80\x61 two", "end")
    ]


async def test_a_leg_that_joins_paused_is_taped_from_the_resumption_on(tmp_path: Path) -> None:
    hop = Hop()
    taper = recorder(tmp_path, Clock())
    taper.tape(taping(paused=True), [leg(hop, on=False)])
    packet(hop, b"\x80\x61 card number", 101.0)
    taper.tape(taping(), [leg(hop)])
    packet(hop, b"\x80\x61 two", 103.0)
    await taper.close()
    assert dumped(tmp_path) == ["about", "pause", "resume", b"\x80\x61 two", "end"]


async def test_a_replaced_leg_gets_a_dump_of_its_own(tmp_path: Path) -> None:
    old, new = Hop(), Hop()
    taper = recorder(tmp_path, Clock())
    taper.tape(taping(), [leg(old)])
    packet(old, b"\x80\x61 one", 101.0)
    taper.tape(taping(), [leg(new, leg_id="leg-2")])
    packet(old, b"\x80\x61 late", 102.0)
    packet(new, b"\x80\x61 two", 102.0)
    await taper.close()
    assert dumped(tmp_path) == ["about", b"\x80\x61 one", "end"]
    assert dumped(tmp_path, "leg-2") == ["about", b"\x80\x61 two", "end"]


async def test_what_is_muted_is_not_kept(tmp_path: Path) -> None:
    hop = Hop()
    taper = recorder(tmp_path, Clock())
    taper.tape(taping(), [leg(hop)])
    packet(hop, b"\x80\x60 heard", 101.0)
    taper.tape(taping(), [leg(hop, without=frozenset({"audio"}))])
    packet(hop, b"\x80\x60 muted", 102.0)
    packet(hop, b"\x80\x61 seen", 102.0)
    taper.tape(taping(), [leg(hop)])
    packet(hop, b"\x80\x60 heard again", 103.0)
    await taper.close()
    assert dumped(tmp_path) == [
        *("about", b"\x80\x60 heard"),
        *("silence", b"\x80\x61 seen"),
        *("silence", b"\x80\x60 heard again", "end"),
    ]


async def test_buffers_reach_the_kernel_while_the_call_lasts(tmp_path: Path) -> None:
    hop = Hop()
    taper = recorder(tmp_path, Clock())
    taper.tape(taping(), [leg(hop)])
    packet(hop, b"\x80\x61 one", 101.0)
    writing = asyncio.create_task(taper.keep_writing())
    async with asyncio.timeout(20):
        while True:
            await taper.settle()
            if (tmp_path / "r-1").exists() and b"\x80\x61 one" in dumped(tmp_path):
                break
            await asyncio.sleep(0.01)
    writing.cancel()
    await taper.close()


@pytest.mark.parametrize("turns", range(SHARES))
async def test_whenever_a_leg_joins_its_buffer_is_taken_within_the_next_turns(
    tmp_path: Path, turns: int
) -> None:
    hops = [Hop() for _ in range(SHARES + 3)]
    taper = recorder(tmp_path, Clock())
    present = [leg(hop, leg_id=f"leg-{place}") for place, hop in enumerate(hops)]
    taper.tape(taping(), present[:turns])
    for _ in range(turns):
        taper.write_share()
    taper.tape(taping(), present)
    for hop in hops:
        packet(hop, b"\x80\x61 one", 101.0)
    for _ in range(SHARES):  # once around: `BUFFER_SECONDS`
        taper.write_share()
    await taper.settle()
    for one in present:
        assert b"\x80\x61 one" in dumped(tmp_path, one.leg_id)
    await taper.close()


async def test_legs_are_spread_over_the_turns(tmp_path: Path) -> None:
    hops = [Hop() for _ in range(2 * SHARES)]
    taper = recorder(tmp_path, Clock())
    present = [leg(hop, leg_id=f"leg-{place}") for place, hop in enumerate(hops)]
    taper.tape(taping(), present)
    written = []
    for _ in range(SHARES):
        for hop in hops:
            packet(hop, b"\x80\x61 one", 101.0)
        taper.write_share()
        await taper.settle()
        written.append(sum(b"\x80\x61 one" in dumped(tmp_path, one.leg_id) for one in present))
    assert written == [2 * turn for turn in range(1, SHARES + 1)]
    await taper.close()


async def test_a_full_disk_ends_the_taping_and_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hop = Hop()
    taper = recorder(tmp_path, Clock())
    taper.tape(taping(), [leg(hop)])

    def full(descriptor: int, octets: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    packet(hop, b"\x80\x61 one", 101.0)
    taper.tape(taping(paused=True), [leg(hop, on=False)])  # a pause writes at once
    await taper.settle()
    await asyncio.sleep(0)  # the thread's word arrives
    report = taper.report("r-1")
    assert (report.legs, report.trouble) == (0, "disk")
    assert hop.tap is None
    taper.tape(taping(), [leg(hop)])
    assert hop.tap is None, "a disk that failed is not tried again for the same leg"
    monkeypatch.undo()
    await taper.close()


async def test_a_disk_that_opens_nothing_is_reported_too(tmp_path: Path) -> None:
    (tmp_path / "r-1").write_bytes(b"a file where the directory should be")
    hop = Hop()
    taper = recorder(tmp_path, Clock())
    taper.tape(taping(), [leg(hop)])
    await taper.settle()
    await asyncio.sleep(0)  # the thread's word arrives
    report = taper.report("r-1")
    assert (report.legs, report.trouble, report.written_bytes) == (0, "disk", 0)
    assert hop.tap is None
    await taper.close()


async def test_nothing_is_opened_in_the_packet_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, bool]] = []

    def watched(name: str) -> None:
        real = getattr(os, name)

        def noted(path: Any, *args: Any, **more: Any) -> Any:
            if str(path).startswith(str(tmp_path)):
                begun.append((name, threading.current_thread() is threading.main_thread()))
            return real(path, *args, **more)

        monkeypatch.setattr(os, name, noted)

    for name in ("open", "mkdir", "scandir", "stat"):
        watched(name)
    hop = Hop()
    taper = recorder(tmp_path, Clock())
    taper.tape(taping(), [leg(hop)])
    taper.tape(taping(), [leg(hop), leg(Hop(), leg_id="leg-2")])
    taper.end("r-1")
    await taper.settle()
    assert {"open", "mkdir"} <= {name for name, _ in begun}
    assert [name for name, in_loop in begun if in_loop] == []
    await taper.close()


def parties(**changes: Any) -> tuple[Party, ...]:
    return (
        Party(owner="terminal:t", role="citizen"),
        Party(owner="agent:lei", role="agent", **changes),
        Party(owner="agent:mei", role="colleague"),
        Party(owner="agent:boss", role="supervisor", mode="listen"),
    )


LEGS = {
    owner: (f"leg of {owner}", Hop())
    for owner in ("terminal:t", "agent:lei", "agent:mei", "agent:boss")
}


def test_everybody_who_talks_with_the_citizen_is_taped_and_a_supervisor_is_not() -> None:
    found = taped_legs(Arrangement(parties=parties()), LEGS, paused=False)
    assert [(one.owner, one.on) for one in found] == [
        ("terminal:t", True),
        ("agent:lei", True),
        ("agent:mei", True),
    ]


@pytest.mark.parametrize("held, paused", [(True, False), (False, True)])
def test_nobody_is_taped_on_hold_or_in_a_pause(held: bool, paused: bool) -> None:
    found = taped_legs(Arrangement(parties=parties(), held=held), LEGS, paused=paused)
    assert len(found) == 3
    assert not any(one.on for one in found)


def test_a_muted_party_is_taped_without_sound_and_a_whisper_not_at_all() -> None:
    muted = taped_legs(Arrangement(parties=parties(muted=True)), LEGS, paused=False)
    assert muted[1].without == {"audio"}
    whisper = taped_legs(Arrangement(parties=parties(mode="whisper")), LEGS, paused=False)
    assert [one.owner for one in whisper] == ["terminal:t", "agent:mei"]


def test_a_leg_that_is_not_there_yet_is_taped_when_it_comes() -> None:
    legs = {"terminal:t": LEGS["terminal:t"]}
    found = taped_legs(Arrangement(parties=parties()), legs, paused=False)
    assert [one.owner for one in found] == ["terminal:t"]
