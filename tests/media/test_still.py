"""A still: the next key frame of a leg, whole, decoded elsewhere, and nobody disturbed by it."""

import asyncio
import io
import random
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from counter.errors import Busy, NotAllowedNow, NotFound
from counter.media.routing import Hop
from counter.media.sdp import ENCODINGS, RTX_TYPES
from counter.media.still import MAX_PACKETS, Still, StillTap
from counter.media.still_process import NoStill, StillDecoder, to_jpeg
from counter.media.still_service import take_still
from tests.media.camera import encoded, payloads
from tests.media.endpoint import Endpoint, only_loopback
from tests.media.pools import a_pool, connect
from tests.media.test_routing import hop, packet

TYPES = {"vp8": 97, "h264": 99, "vp9": 103, "av1": 105}


class Heard:
    """A tap that was there before."""

    def __init__(self) -> None:
        self.count = 0

    def rtp(self, packet: bytes, now: float) -> None:
        self.count += 1

    def rtcp(self, compound: bytes, now: float) -> None:
        self.count += 1


def packets(codec: str, *, first: int, frames: int) -> list[bytes]:
    """RTP packets of a moving picture whose every tenth frame stands alone."""
    found, sequence = [], 65_530
    for number, frame in list(enumerate(encoded(codec, 1)))[first : first + frames]:
        parts = payloads(codec, frame, number)
        for place, payload in enumerate(parts):
            found.append(
                packet(
                    sequence=sequence & 0xFFFF,
                    timestamp=3000 * number,
                    payload_type=TYPES[codec],
                    payload=payload,
                    marker=place == len(parts) - 1,
                )
            )
            sequence += 1
    return found


def show(tap: StillTap, sent: list[bytes]) -> None:
    for number, one in enumerate(sent):
        tap.rtp(one, number / 100)


def test_the_tap_knows_the_types_that_we_offer() -> None:
    assert {
        codec: ENCODINGS[number].partition("/")[0].lower() for codec, number in TYPES.items()
    } == {codec: codec for codec in TYPES}


@pytest.mark.parametrize("codec", TYPES)
def test_the_next_whole_picture_is_taken_and_becomes_a_jpeg(codec: str) -> None:
    tap = StillTap()
    sent = packets(codec, first=4, frames=8)
    before = len(packets(codec, first=4, frames=6))
    show(tap, sent[:before])
    assert tap.found is None, "these need one before them"
    show(tap, sent[before:])
    assert tap.found is not None and tap.found.codec == codec

    image = Image.open(io.BytesIO(to_jpeg(codec, tap.found.frame)))
    assert (image.format, image.size) == ("JPEG", (320, 240))
    assert np.asarray(image.convert("L")).std() > 20, "it shows something"


@given(st.randoms(use_true_random=False))
def test_packets_may_come_in_any_order(chance: random.Random) -> None:
    sent = packets("vp8", first=0, frames=1)
    rest = sent[1:]
    chance.shuffle(rest)
    tap = StillTap()
    show(tap, [sent[0], *rest])
    assert tap.found is not None
    assert tap.found.frame == encoded("vp8", 1)[0]


def test_a_lost_packet_is_taken_from_its_repair() -> None:
    sent = packets("vp8", first=0, frames=1)
    lost = sent[1]
    repair = packet(
        sequence=7,
        payload_type=RTX_TYPES[TYPES["vp8"]],
        payload=lost[2:4] + lost[12:],
        ssrc=8,
        marker=bool(lost[1] & 0x80),
    )
    tap = StillTap()
    show(tap, [sent[0], *sent[2:]])
    assert tap.found is None
    show(tap, [repair])
    assert tap.found is not None
    assert tap.found.frame == encoded("vp8", 1)[0]


@given(st.lists(st.binary(min_size=12, max_size=200), max_size=20))
def test_junk_disturbs_nobody(junk: list[bytes]) -> None:
    tap = StillTap()
    show(tap, [bytes([0x80 | one[0] & 0x3F]) + one[1:] for one in junk])


def test_who_listened_before_goes_on_listening() -> None:
    inner = Heard()
    tap = StillTap(inner)
    show(tap, packets("vp8", first=0, frames=3))
    tap.rtcp(b"", 0.0)
    assert inner.count == len(packets("vp8", first=0, frames=3)) + 1


def test_there_is_an_end_to_what_is_looked_at() -> None:
    tap = StillTap()
    show(tap, packets("vp8", first=1, frames=2) * (MAX_PACKETS // 2))
    assert tap.packets == MAX_PACKETS


async def test_a_leg_is_asked_for_a_key_frame_and_its_tap_is_put_back() -> None:
    leg, inner, asked = hop(100), Heard(), []
    leg.tap = inner

    def ask(one: Hop) -> None:
        asked.append(one)
        show(one.tap, packets("vp8", first=0, frames=1))

    still = await take_still(leg, "terminal", ask)
    assert (still.codec, still.frame) == ("vp8", encoded("vp8", 1)[0])
    assert asked == [leg]
    assert leg.tap is inner


async def test_a_recording_that_begins_meanwhile_keeps_its_tap() -> None:
    leg, recording = hop(100), Heard()

    def ask(one: Hop) -> None:
        one.tap = recording

    with pytest.raises(NotAllowedNow):
        await take_still(leg, "terminal", ask, within_seconds=0.1)
    assert leg.tap is recording


async def test_one_still_of_a_leg_at_a_time_and_none_without_a_camera() -> None:
    leg = hop(100)
    first = asyncio.ensure_future(take_still(leg, "terminal", lambda _: None, within_seconds=0.2))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await take_still(leg, "terminal", lambda _: None)
    with pytest.raises(NotAllowedNow):
        await first
    assert leg.tap is None
    with pytest.raises(NotAllowedNow):
        await take_still(hop(300, camera=False), "agent", lambda _: None)


@pytest.fixture
async def decoder() -> AsyncIterator[StillDecoder]:
    made = StillDecoder()
    yield made
    await made.close()


async def test_what_is_no_picture_is_refused_and_the_next_one_is_shown(
    decoder: StillDecoder,
) -> None:
    good = encoded("vp8", 1)[0]
    for broken in (b"", b"\0", good[:40], bytes(500)):
        with pytest.raises(NoStill):
            await decoder.jpeg(Still(codec="vp8", frame=broken))
    assert (await decoder.jpeg(Still(codec="vp8", frame=good)))[:2] == b"\xff\xd8"


async def test_a_process_that_is_lost_is_started_again(decoder: StillDecoder) -> None:
    still = Still(codec="vp8", frame=encoded("vp8", 1)[0])
    before = await decoder.jpeg(still)
    await decoder.close()
    assert await decoder.jpeg(still) == before


async def test_a_still_of_a_leg_comes_through_a_media_process(
    monkeypatch: pytest.MonkeyPatch, decoder: StillDecoder
) -> None:
    only_loopback(monkeypatch)
    directory = Path(tempfile.mkdtemp(prefix="media"))
    pool = a_pool(directory)
    await pool.start()
    terminal, agent = Endpoint(40), Endpoint(200, camera=False)
    try:
        await connect(pool, "terminal", terminal)
        await connect(pool, "agent", agent)
        await agent.sees_level(40)
        still = await pool.still("media-0", "terminal")
        with pytest.raises(NotAllowedNow):
            await pool.still("media-0", "agent")
        with pytest.raises(NotFound):
            await pool.still("media-0", "nobody")
        await agent.sees(10)
    finally:
        await asyncio.gather(terminal.close(), agent.close())
        await pool.stop()
        shutil.rmtree(directory)
    image = Image.open(io.BytesIO(await decoder.jpeg(still)))
    assert image.size == (160, 120)
    assert abs(np.asarray(image.convert("L"))[:90].mean() - 40) < 25
