"""Lines are judged from both ends, every change is kept once, and calls are never waited for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from counter.errors import Busy, NotAllowedNow, StoreUnavailable
from counter.media import quality_service
from counter.media.quality import Finding, Seen
from counter.media.quality_service import QualityService, Speaker
from counter.media.series import Counted, Sample
from counter.media.thrift import CAPS_KBPS

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LOSSY = Finding(verdict="bad", cause="upload_loss")
GOOD = Finding(verdict="good")


class Page:
    def __init__(self, own: str) -> None:
        self.own = own


TERMINAL = Page("terminal:hq-1")
AGENT = Page("agent:lei")


class Kept:
    """A store in memory."""

    def __init__(self) -> None:
        self.on = {"c-1"}
        self.begun: list[tuple[str, str]] = []
        self.verdicts: list[tuple[str, Finding]] = []
        self.samples: list[tuple[str, str, Sample]] = []
        self.pictures: list[tuple[str, str, bool]] = []
        self.before: tuple[Finding, datetime] | None = None
        self.broken = False

    async def begin(self, who: Speaker, call_id: str) -> tuple[Finding, datetime] | None:
        if call_id not in self.on:
            raise NotAllowedNow("in another call")
        self.begun.append((who.own, call_id))
        return self.before

    async def is_on(self, call_id: str) -> bool:
        return call_id in self.on

    async def put_verdict(self, call_id: str, owner: str, told: Finding, now: datetime) -> None:
        if self.broken:
            raise StoreUnavailable("not now")
        self.verdicts.append((owner, told))

    async def put_sample(self, call_id: str, owner: str, sample: Sample) -> None:
        self.samples.append((call_id, owner, sample))

    async def choose_picture(
        self, who: Speaker, call_id: str, *, picture: bool, now: datetime
    ) -> None:
        self.pictures.append((who.own, call_id, picture))


class Room:
    """A service with its own time; `pass_window` is two seconds of a line."""

    def __init__(self) -> None:
        self.now = NOW
        self.kept = Kept()
        self.legs: dict[str, Counted] = {}
        self.service = QualityService(self.kept, self, lambda: self.now)

    async def counted(self) -> Mapping[str, Counted]:
        return self.legs

    def hear(self, who: Page, *, packets: int = 400, lost: int = 0, leg_id: str = "l-1") -> None:
        """The counter's end of this leg counts on."""
        before = self.legs.get(who.own)
        if before is None or before.leg_id != leg_id:
            before = Counted(leg_id=leg_id)
        self.legs[who.own] = replace(
            before,
            audio_packets=before.audio_packets + packets // 4,
            video_packets=before.video_packets + packets - packets // 4,
            octets=before.octets + 1000 * packets,
            lost=before.lost + lost,
            silent_ms=20,
        )

    async def pass_window(self, who: Page = TERMINAL, *, lost: int = 0, **said: Any) -> int:
        self.hear(who, lost=lost)
        self.now += timedelta(seconds=2)
        cap = await self.service.report(who, "c-1", seen(**said))
        await self.service.look()
        return cap


@pytest.fixture
def room() -> Room:
    return Room()


def seen(**other: Any) -> Seen:
    values: dict[str, Any] = {
        "window_ms": 2000,
        "connected": True,
        "camera": True,
        "microphone": True,
        "received": 400,
        "lost": 0,
        "frozen_ms": 0,
        "jitter_buffer_ms": 40,
        "rtt_ms": 30,
        "available_kbps": 3000,
        "limited_by": "none",
    }
    return Seen(**{**values, **other})


async def test_a_line_that_stays_good_is_asked_about_once_and_told_of_never(room: Room) -> None:
    for _ in range(20):
        await room.pass_window()
    assert room.kept.begun == [("terminal:hq-1", "c-1")]
    assert room.kept.verdicts == []


async def test_what_the_counter_misses_is_told_of_the_leg_that_sent_it(room: Room) -> None:
    for lost in [0, 90, 90, 90, 0, 0, 0, 0]:
        await room.pass_window(TERMINAL, lost=lost)
        await room.pass_window(AGENT)
    assert room.kept.verdicts == [("terminal:hq-1", LOSSY), ("terminal:hq-1", GOOD)]


async def test_a_thin_line_is_answered_with_a_lower_ceiling(room: Room) -> None:
    caps = [await room.pass_window(available_kbps=200) for _ in range(8)]
    assert caps[0] == CAPS_KBPS[0]
    assert caps[-1] == CAPS_KBPS[-1]
    assert caps == sorted(caps, reverse=True)


async def test_a_page_that_says_too_much_is_not_listened_to(room: Room) -> None:
    await room.pass_window()
    for _ in range(50):
        await room.service.report(TERMINAL, "c-1", seen(lost=400))
    room.hear(TERMINAL)
    room.now += timedelta(seconds=2)
    await room.service.look()
    for _ in range(6):
        await room.pass_window()
    assert room.kept.verdicts == []


async def test_a_page_that_falls_silent_is_told_gone_while_its_call_is_on(room: Room) -> None:
    await room.pass_window()
    room.legs.clear()
    for _ in range(4):
        room.now += timedelta(seconds=2)
        await room.service.look()
    assert room.kept.verdicts == [("terminal:hq-1", Finding(verdict="bad", cause="gone"))]


async def test_a_silent_page_whose_leg_goes_on_is_judged_by_the_counters_end(room: Room) -> None:
    await room.pass_window()
    for _ in range(6):
        room.hear(TERMINAL, lost=90)
        room.now += timedelta(seconds=2)
        await room.service.look()
    assert room.kept.verdicts == [("terminal:hq-1", LOSSY)]


async def test_a_call_that_is_over_is_written_out_and_forgotten(room: Room) -> None:
    await room.pass_window()
    room.kept.on.clear()
    for _ in range(5):
        room.now += timedelta(seconds=2)
        await room.service.look()
    assert room.kept.verdicts == []
    assert [(call, owner) for call, owner, _ in room.kept.samples] == [("c-1", "terminal:hq-1")]
    with pytest.raises(NotAllowedNow):
        await room.service.report(TERMINAL, "c-1", seen())


async def test_ten_seconds_become_one_sample(room: Room) -> None:
    await room.pass_window()
    for lost in [0, 90, 90, 0, 0]:
        await room.pass_window(lost=lost, rtt_ms=50, available_kbps=900, frozen_ms=100)

    (_, owner, sample), *rest = room.kept.samples

    assert (owner, rest) == ("terminal:hq-1", [])
    assert (sample.good_ms, sample.weak_ms, sample.bad_ms) == (6000, 0, 4000)
    assert (sample.up_lost, sample.cause, sample.frozen_ms) == (180, "upload_loss", 500)
    assert (sample.rtt_ms, sample.available_kbps, sample.up_kbps) == (50, 900, 1600)


async def test_a_new_leg_counts_from_its_own_beginning(room: Room) -> None:
    for _ in range(3):
        await room.pass_window()
    room.hear(TERMINAL, packets=100, leg_id="l-2")  # fewer than the old leg had counted
    room.now += timedelta(seconds=2)
    await room.service.report(TERMINAL, "c-1", seen())
    await room.service.look()
    assert room.kept.verdicts == []


async def test_the_next_call_of_a_terminal_is_a_new_line(room: Room) -> None:
    for lost in [0, 90, 90]:
        await room.pass_window(lost=lost)
    room.kept.on = {"c-2"}
    room.now += timedelta(seconds=2)
    await room.service.report(TERMINAL, "c-2", seen())

    assert room.kept.begun == [("terminal:hq-1", "c-1"), ("terminal:hq-1", "c-2")]
    assert [call for call, *_ in room.kept.samples] == ["c-1"]


async def test_a_node_that_starts_again_goes_on_where_the_store_is(room: Room) -> None:
    room.kept.before = (LOSSY, NOW)
    for _ in range(6):
        await room.pass_window()
    assert room.kept.verdicts == [("terminal:hq-1", GOOD)]


async def test_what_could_not_be_kept_is_tried_again_and_stops_nobody(room: Room) -> None:
    room.kept.broken = True
    for _ in range(4):
        await room.pass_window(TERMINAL, lost=90)
    assert room.kept.verdicts == []
    room.kept.broken = False
    await room.pass_window(TERMINAL, lost=90)
    assert room.kept.verdicts == [("terminal:hq-1", LOSSY)]


async def test_there_is_an_end_to_how_many_lines_are_watched(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality_service, "LINES", 2)
    for number in range(2):
        await room.service.report(Page(f"terminal:{number}"), "c-1", seen())
    with pytest.raises(Busy):
        await room.service.report(Page("terminal:2"), "c-1", seen())


async def test_there_is_an_end_to_what_is_kept_of_a_call(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality_service, "SAMPLES", 2)
    for _ in range(40):
        await room.pass_window()
    assert len(room.kept.samples) == 2
