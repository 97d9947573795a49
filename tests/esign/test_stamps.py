"""Time-stamping services that fail in every way, on loopback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import count

import pytest
from aiohttp import web
from asn1crypto import core, tsp

from counter.esign.pki_development import DevelopmentPki
from counter.esign.signing_refusals import ClockWrong, TimestampUnavailable, TokenTooLong
from counter.esign.stamps_http import DISTRUST_S, FRESH_S, REST_S, UNSEEN_TOKEN_BYTES, HttpStamps
from counter.esign.tsa_development import Authority
from tests.esign.conftest import NOW, Tsa

DIGEST = bytes(range(32))
ROOM = 8000


class Hostile:
    """A service that answers whatever it is told to, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: Callable[[web.Request], Awaitable[web.StreamResponse]] = self.garbage
        self.url = ""

    async def garbage(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"\x30\x03abc", content_type="application/timestamp-reply")

    async def html(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="<h1>Sign in to the network</h1>", content_type="text/html")

    async def down(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPServiceUnavailable

    async def moved(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect("http://127.0.0.1:9/elsewhere")

    async def endless(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=bytes(200_000), content_type="application/timestamp-reply")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        return await self.answer(request)


@pytest.fixture
async def hostile() -> AsyncIterator[Hostile]:
    made = Hostile()
    application = web.Application()
    application.router.add_post("/tsa", made.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/tsa"
    yield made
    await runner.cleanup()


class Clock:
    """Seconds that pass when told."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def both(hostile: Hostile, tsa: Tsa, clock: Clock) -> AsyncIterator[HttpStamps]:
    made = HttpStamps([hostile.url, tsa.url], new_nonce=count(1).__next__, clock=clock)
    yield made
    await made.close()


@pytest.mark.parametrize("way", ["garbage", "html", "down", "moved", "endless"])
async def test_the_next_service_stamps_and_the_bad_one_rests_for_a_minute(
    both: HttpStamps, hostile: Hostile, tsa: Tsa, clock: Clock, way: str
) -> None:
    hostile.answer = getattr(hostile, way)
    for _ in range(3):
        assert await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert (hostile.asked, tsa.asked) == (1, 3)
    clock.seconds += REST_S
    await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert (hostile.asked, tsa.asked) == (2, 4)


async def test_only_the_last_one_is_waited_for(
    both: HttpStamps, hostile: Hostile, tsa: Tsa, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow service costs a second while another one is left, and no signature when none is."""
    monkeypatch.setattr("counter.esign.stamps_http.PATIENCE_S", 0.05)

    async def slow(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        await asyncio.sleep(0.2)
        answer = Authority(tsa._keys).answer(body, NOW)
        return web.Response(body=answer, content_type="application/timestamp-reply")

    hostile.answer = slow
    assert await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert (hostile.asked, tsa.asked) == (1, 1)
    alone = HttpStamps([hostile.url], new_nonce=count(1).__next__, clock=clock)
    assert await alone.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert (hostile.asked, tsa.asked) == (2, 1)
    await alone.close()


async def test_when_all_are_down_it_is_said_and_all_are_asked_again(
    both: HttpStamps, hostile: Hostile, tsa: Tsa
) -> None:
    await tsa.stop()
    for asked in (1, 2):
        with pytest.raises(TimestampUnavailable):
            await both.stamp(DIGEST, NOW, room_bytes=ROOM)
        assert hostile.asked == asked
    await tsa.start()
    assert await both.stamp(DIGEST, NOW, room_bytes=ROOM)


async def test_a_token_over_something_else_is_refused(
    both: HttpStamps, hostile: Hostile, tsa: Tsa
) -> None:
    kept: list[bytes] = []

    async def replay(request: web.Request) -> web.StreamResponse:
        return web.Response(body=kept[0], content_type="application/timestamp-reply")

    async def relay(request: web.Request) -> web.StreamResponse:
        kept.append(Authority(tsa._keys).answer(await request.read(), NOW))
        return await replay(request)

    hostile.answer = relay
    await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert tsa.asked == 0, "the first service answers and no other is asked"
    hostile.answer = replay
    await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert tsa.asked == 1, "the same digest, but an answer to another request"


async def test_a_time_of_no_zone_is_no_time_and_the_next_service_stamps(
    both: HttpStamps, hostile: Hostile, tsa: Tsa, pki: DevelopmentPki
) -> None:
    """RFC 3161, 2.4.2: it ends with Z."""

    async def vague(request: web.Request) -> web.StreamResponse:
        answer = tsp.TimeStampResp.load(Authority(pki.tsa).answer(await request.read(), NOW))
        content = answer["time_stamp_token"]["content"]["encap_content_info"]["content"]
        content.parsed["gen_time"] = core.GeneralizedTime(contents=b"20261128120000")
        body = answer.dump(force=True)
        assert b"20261128120000" in body and b"20261128120000Z" not in body
        return web.Response(body=body, content_type="application/timestamp-reply")

    hostile.answer = vague
    await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert (hostile.asked, tsa.asked) == (1, 2), "it rests"


async def test_a_token_that_does_not_fit_into_the_hole_is_refused_and_its_maker_goes_on(
    both: HttpStamps, hostile: Hostile, tsa: Tsa
) -> None:
    for asked in (1, 2):
        with pytest.raises(TokenTooLong, match="room for 100"):
            await both.stamp(DIGEST, NOW, room_bytes=100)
        assert (hostile.asked, tsa.asked) == (1, asked), "only the bad one rests"
    await both.require(NOW)
    assert tsa.asked == 2, "it did answer"


async def test_whose_token_does_not_verify_is_left_alone_for_longer(
    pki: DevelopmentPki, tsa: Tsa, clock: Clock
) -> None:
    second = Tsa(pki)
    await second.start()
    made = HttpStamps([tsa.url, second.url], new_nonce=count(1).__next__, clock=clock)
    try:
        made.distrust(await made.stamp(DIGEST, NOW, room_bytes=ROOM))
        clock.seconds += REST_S
        await made.require(NOW)
        assert (tsa.asked, second.asked) == (1, 1), "that the first one answered does not count"
        await made.stamp(DIGEST, NOW, room_bytes=ROOM)
        assert (tsa.asked, second.asked) == (1, 2)
        await second.stop()
        clock.seconds += DISTRUST_S
        await made.stamp(DIGEST, NOW, room_bytes=ROOM)
        assert tsa.asked == 2
    finally:
        await made.close()
        await second.stop()


async def test_clocks_apart_stop_everything(both: HttpStamps, tsa: Tsa) -> None:
    for apart in (timedelta(seconds=61), -timedelta(seconds=61)):
        tsa.time = NOW + apart
        with pytest.raises(ClockWrong):
            await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    tsa.time = NOW + timedelta(seconds=59)
    await both.stamp(DIGEST, NOW, room_bytes=ROOM)


async def test_the_room_is_that_of_the_longest_token_and_unseen_services_count(
    both: HttpStamps, pki: DevelopmentPki, tsa: Tsa, clock: Clock
) -> None:
    assert both.token_bytes == UNSEEN_TOKEN_BYTES
    await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert both.token_bytes == UNSEEN_TOKEN_BYTES, "the other one has shown none yet"
    alone = HttpStamps([tsa.url], new_nonce=count(1).__next__, clock=clock)
    token = await alone.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert alone.token_bytes == len(token) < UNSEEN_TOKEN_BYTES
    await alone.close()


async def test_whether_they_answer_is_asked_only_when_none_did_of_late(
    tsa: Tsa, clock: Clock
) -> None:
    alone = HttpStamps([tsa.url], new_nonce=count(1).__next__, clock=clock)
    await alone.stamp(DIGEST, NOW, room_bytes=ROOM)
    await alone.require(NOW)
    assert tsa.asked == 1, "no request that is of no use"
    clock.seconds += FRESH_S
    await alone.require(NOW)
    assert tsa.asked == 2
    await tsa.stop()
    await alone.require(NOW)
    with pytest.raises(TimestampUnavailable):
        await alone.stamp(DIGEST, NOW, room_bytes=ROOM)
    with pytest.raises(TimestampUnavailable):
        await alone.require(NOW)
    await alone.close()
