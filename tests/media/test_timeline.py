import random
from itertools import pairwise

import pytest

from counter.media.timeline import NTP_UNIX, LegClock, StreamClock

MINUTE = 60


def ntp(unix: float) -> int:
    return int((unix + NTP_UNIX) * (1 << 32))


class Leg:
    """A leg with sound and picture whose clock is `ahead` of ours and runs `drift` too fast."""

    def __init__(
        self, *, ahead: float = 0.0, drift: float = 0.0, reports: bool = True, busy: float = 0.0
    ) -> None:
        self.clock = LegClock()
        self.sound, self.picture = StreamClock(48_000), StreamClock(90_000)
        self.clock.streams = {1: self.sound, 2: self.picture}
        self.ahead, self.drift, self.reports = ahead, drift, reports
        self.busy = busy
        self.shown: list[tuple[StreamClock, int, float, float]] = []

    def theirs(self, at: float) -> float:
        return at * (1 + self.drift) + self.ahead

    def live(self, begin: float, end: float, chance: random.Random, *, picture_late: float) -> None:
        """Frames twenty times a second; pictures take `picture_late` longer to come."""
        steps = int((end - begin) * 20)
        for step in range(steps):
            at = begin + step / 20
            for stream, start, late in (
                (self.sound, 5000, 0.0),
                (self.picture, 9000, picture_late),
            ):
                # Audio devices do not run at 48 kHz by the clock on the wall.
                hz = stream.clock_hz * (1 + (1e-4 if stream is self.sound else 0.0))
                stamp = int(start + self.theirs(at) * hz) & 0xFFFFFFFF
                arrival = at + 0.02 + late + chance.random() * 0.03
                extended = stream.extended(stamp)
                stream.packet(arrival, extended)
                self.shown.append((stream, extended, arrival, at))
                if self.reports and step % 60 == 30:
                    stream.report(ntp(self.theirs(at) + self.busy * chance.random()), stamp)

    def errors(self) -> list[float]:
        """Placed minus true capture time, of every frame."""
        return [
            self.clock.place(stream, extended, arrival) - at
            for stream, extended, arrival, at in self.shown
        ]


@pytest.mark.parametrize("ahead", [0.0, 3600.0, -86_400.0])
@pytest.mark.parametrize("drift", [0.0, 1e-4, -1e-4])
def test_sound_and_picture_stay_together_for_half_an_hour(ahead: float, drift: float) -> None:
    leg = Leg(ahead=ahead, drift=drift)
    leg.live(1000.0, 1000.0 + 30 * MINUTE, random.Random(1), picture_late=0.08)
    errors = leg.errors()
    # 20 ms is the least delay, which nobody can tell from a clock that is behind.
    assert min(errors) > 0.010 and max(errors) < 0.035
    lips = [sound - picture for sound, picture in zip(errors[0::2], errors[1::2], strict=True)]
    assert max(map(abs, lips)) < 0.010


def test_reports_of_a_busy_sender_do_not_shake_the_picture() -> None:
    """What a report says of its own time is wrong by up to 80 ms."""
    leg = Leg(busy=0.08)
    leg.live(1000.0, 1000.0 + 5 * MINUTE, random.Random(1), picture_late=0.0)
    for stream in (leg.sound, leg.picture):
        placed = [
            leg.clock.place(stream, extended, arrival)
            for one, extended, arrival, _ in leg.shown
            if one is stream
        ]
        steps = [after - before for before, after in pairwise(placed)]
        assert min(steps) > 0.040 and max(steps) < 0.060, "20 a second are 50 ms apart"


def test_a_clock_that_is_set_during_the_call_tears_nothing_apart() -> None:
    leg = Leg(ahead=5.0)
    chance = random.Random(2)
    leg.live(0.0, 120.0, chance, picture_late=0.0)
    leg.ahead = 5.0  # RTP goes on as before; only what reports say jumps
    for stream in (leg.sound, leg.picture):
        stream.report(ntp(leg.theirs(120.0) + 30.0), (stream.last or 0) & 0xFFFFFFFF)
    leg.reports = False
    leg.live(120.0, 240.0, chance, picture_late=0.0)
    errors = leg.errors()
    late = errors[-20 * 60 * 2 :]
    assert max(map(abs, late)) < 0.1, "a minute after the jump everything is in place again"
    lips = [sound - picture for sound, picture in zip(errors[0::2], errors[1::2], strict=True)]
    assert max(map(abs, lips[:2000])) < 0.05


def test_without_reports_the_least_delayed_packet_says_when() -> None:
    leg = Leg(reports=False)
    leg.live(50.0, 60.0, random.Random(3), picture_late=0.08)
    errors = leg.errors()
    assert all(0.019 < error < 0.025 for error in errors[0::2])
    assert all(0.099 < error < 0.105 for error in errors[1::2])


def test_time_stamps_are_counted_beyond_their_32_bits_also_when_some_come_late() -> None:
    stream = StreamClock(90_000)
    given = [0xFFFFF000, 0xFFFFFFF0, 0x00000010, 0xFFFFFFF8, 0x00001000]
    base = 0xFFFFF000
    assert [stream.extended(one) - base for one in given] == [0, 0xFF0, 0x1010, 0xFF8, 0x2000]
