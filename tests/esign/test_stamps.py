"""Time-stamping services that fail in every way, on loopback."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import cryptography.x509
import pytest
from aiohttp import web
from asn1crypto import algos, cms, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from counter.esign.keys_files import roots_of
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.signing_refusals import ClockWrong, TimestampUnavailable, TokenTooLong
from counter.esign.stamps_http import DISTRUST_S, FRESH_S, REST_S, UNSEEN_TOKEN_BYTES, HttpStamps
from counter.esign.tokens_pyhanko import CERTIFICATES_MAX
from counter.esign.tsa_development import Authority
from tests.esign.conftest import NOW, Tsa

DIGEST = bytes(range(32))
LATER = NOW + timedelta(seconds=90)
ROOM = 8000


@pytest.fixture(autouse=True)
def patient_with_the_first_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("counter.esign.stamps_http.PATIENCE_S", 60.0)


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
def roots(pki: DevelopmentPki) -> list[bytes]:
    return roots_of(pki.signing)


@pytest.fixture
async def both(
    hostile: Hostile, tsa: Tsa, clock: Clock, roots: list[bytes]
) -> AsyncIterator[HttpStamps]:
    made = HttpStamps([hostile.url, tsa.url], roots, new_nonce=count(1).__next__, clock=clock)
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
    both: HttpStamps,
    hostile: Hostile,
    tsa: Tsa,
    clock: Clock,
    roots: list[bytes],
    monkeypatch: pytest.MonkeyPatch,
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
    alone = HttpStamps([hostile.url], roots, new_nonce=count(1).__next__, clock=clock)
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
    both: HttpStamps,
    hostile: Hostile,
    tsa: Tsa,
    pki: DevelopmentPki,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """RFC 3161, 2.4.2: it ends with Z."""

    async def vague(request: web.Request) -> web.StreamResponse:
        answer = Authority(pki.tsa).answer(await request.read(), NOW)
        body = answer.replace(f"{NOW:%Y%m%d%H%M%S}Z".encode(), f"{NOW:%Y%m%d%H%M}.00".encode())
        assert body != answer
        return web.Response(body=body, content_type="application/timestamp-reply")

    hostile.answer = vague
    await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert "of no zone" in caplog.text
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
    pki: DevelopmentPki, tsa: Tsa, clock: Clock, roots: list[bytes]
) -> None:
    second = Tsa(pki)
    await second.start()
    made = HttpStamps([tsa.url, second.url], roots, new_nonce=count(1).__next__, clock=clock)
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


@pytest.fixture
async def two(pki: DevelopmentPki, clock: Clock, tsa: Tsa) -> AsyncIterator[tuple[HttpStamps, Tsa]]:
    """Yield two services, and the second by itself."""
    second = Tsa(pki)
    await second.start()
    urls = [tsa.url, second.url]
    made = HttpStamps(urls, roots_of(pki.signing), new_nonce=count(1).__next__, clock=clock)
    yield made, second
    await made.close()
    await second.stop()


async def test_one_service_with_a_wrong_clock_stops_nobody_while_another_agrees(
    two: tuple[HttpStamps, Tsa], tsa: Tsa, clock: Clock
) -> None:
    stamps, second = two
    tsa.time = NOW + timedelta(seconds=90)
    for _ in range(3):
        await stamps.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert (tsa.asked, second.asked) == (1, 3), "it rests"
    assert stamps.clock_wrong == ""
    assert tsa.url in stamps.heard[tsa.url].apart
    assert stamps.heard[second.url].apart == ""
    clock.seconds += REST_S
    tsa.time = NOW
    await stamps.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert (tsa.asked, second.asked) == (2, 3)
    assert stamps.heard[tsa.url].apart == ""


async def test_our_clock_is_doubted_when_nobody_agrees_with_it(
    two: tuple[HttpStamps, Tsa], tsa: Tsa
) -> None:
    stamps, second = two
    tsa.time = second.time = NOW + timedelta(seconds=90)
    with pytest.raises(ClockWrong):
        await stamps.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert tsa.url in stamps.clock_wrong and second.url in stamps.clock_wrong
    assert stamps.heard == {}, "no service is to blame"
    second.time = NOW
    await stamps.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert stamps.clock_wrong == ""


async def test_who_failed_a_moment_ago_is_asked_before_our_clock_is_doubted(
    two: tuple[HttpStamps, Tsa], tsa: Tsa
) -> None:
    stamps, second = two
    await tsa.stop()
    await stamps.stamp(DIGEST, NOW, room_bytes=ROOM)
    await tsa.start()
    second.time = NOW - timedelta(seconds=90)
    await stamps.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert (tsa.asked, second.asked) == (1, 2)
    assert stamps.heard[second.url].apart


async def test_who_agrees_with_a_token_too_long_lets_nobody_doubt_our_clock(
    two: tuple[HttpStamps, Tsa], tsa: Tsa
) -> None:
    stamps, second = two
    tsa.time = NOW + timedelta(seconds=90)
    with pytest.raises(TokenTooLong):
        await stamps.stamp(DIGEST, NOW, room_bytes=100)
    assert (tsa.asked, second.asked) == (1, 1)


async def test_a_service_that_nobody_else_asks_is_heard_again(
    two: tuple[HttpStamps, Tsa], tsa: Tsa
) -> None:
    stamps, second = two
    second.time = NOW + timedelta(seconds=90)
    await stamps.ask_again([second.url], NOW)
    assert stamps.heard[second.url].apart
    second.time = NOW
    await stamps.ask_again([second.url], NOW)
    assert stamps.heard[second.url].apart == ""
    await second.stop()
    await stamps.ask_again([second.url], NOW)
    assert stamps.heard[second.url].apart == "", "silence says nothing of a clock"
    assert (tsa.asked, second.asked) == (0, 2)


def by_a_stranger(asked: bytes, place: Path, pki: DevelopmentPki) -> bytes:
    """Signed, with a chain to a root of the stranger's own."""
    return Authority(ensure(place / "stranger", NOW).tsa).answer(asked, LATER)


def by_a_signer(asked: bytes, place: Path, pki: DevelopmentPki) -> bytes:
    """Signed below our root, by a certificate that is not for timestamps."""
    return Authority(pki.seal).answer(asked, LATER)


def with_another_time(asked: bytes, place: Path, pki: DevelopmentPki) -> bytes:
    """A service's own token, whose time was changed on the way."""
    answer = tsp.TimeStampResp.load(Authority(pki.tsa).answer(asked, NOW))
    info = answer["time_stamp_token"]["content"]["encap_content_info"]["content"]
    info.parsed["gen_time"] = LATER
    return bytes(answer.dump(force=True))


def with_its_digest(asked: bytes, place: Path, pki: DevelopmentPki) -> bytes:
    """The same, and what was signed goes with the new time."""
    answer = tsp.TimeStampResp.load(with_another_time(asked, place, pki))
    signed = answer["time_stamp_token"]["content"]
    content = bytes(signed["encap_content_info"]["content"])
    for one in signed["signer_infos"][0]["signed_attrs"]:
        if one["type"].native == "message_digest":
            one["values"] = [hashlib.sha256(content).digest()]
    return bytes(answer.dump(force=True))


def without_certificate(asked: bytes, place: Path, pki: DevelopmentPki) -> bytes:
    answer = tsp.TimeStampResp.load(Authority(pki.tsa).answer(asked, LATER))
    answer["time_stamp_token"]["content"]["certificates"] = []
    return bytes(answer.dump(force=True))


def with_many_certificates(asked: bytes, place: Path, pki: DevelopmentPki) -> bytes:
    answer = tsp.TimeStampResp.load(Authority(pki.tsa).answer(asked, LATER))
    content = answer["time_stamp_token"]["content"]
    content["certificates"] = [content["certificates"][0]] * (CERTIFICATES_MAX + 1)
    return bytes(answer.dump(force=True))


def in_a_way_nobody_knows(asked: bytes, place: Path, pki: DevelopmentPki) -> bytes:
    """By a certificate made for it, in a scheme whose masks no library makes."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = cryptography.x509.Name([])
    made = (
        cryptography.x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    own = x509.Certificate.load(made.public_bytes(Encoding.DER))
    answer = tsp.TimeStampResp.load(Authority(pki.tsa).answer(asked, LATER))
    content = answer["time_stamp_token"]["content"]
    content["certificates"] = [own]
    signer = content["signer_infos"][0]
    known_by = {"issuer": own.issuer, "serial_number": own.serial_number}
    signer["sid"] = cms.SignerIdentifier({"issuer_and_serial_number": known_by})
    masks = algos.RSASSAPSSParams({"mask_gen_algorithm": {"algorithm": "1.2.3.4"}})
    signer["signature_algorithm"] = {"algorithm": "rsassa_pss", "parameters": masks}
    signer["signature"] = bytes(256)
    return bytes(answer.dump(force=True))


@pytest.mark.parametrize(
    "forge",
    [
        by_a_stranger,
        by_a_signer,
        with_another_time,
        with_its_digest,
        without_certificate,
        with_many_certificates,
        in_a_way_nobody_knows,
    ],
)
async def test_a_time_that_nobody_we_trust_signed_is_not_believed(
    both: HttpStamps,
    hostile: Hostile,
    tsa: Tsa,
    pki: DevelopmentPki,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    forge: Callable[[bytes, Path, DevelopmentPki], bytes],
) -> None:
    """Whoever is on the way to a service over plain HTTP stops nothing, and blames no clock."""

    async def forged(request: web.Request) -> web.StreamResponse:
        body = forge(await request.read(), tmp_path, pki)
        return web.Response(body=body, content_type="application/timestamp-reply")

    hostile.answer = forged
    await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert (hostile.asked, tsa.asked) == (1, 1)
    assert "certificate" in caplog.text or "nobody we trust signed" in caplog.text
    await tsa.stop()
    with pytest.raises(TimestampUnavailable):
        await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert both.clock_wrong == ""
    assert hostile.url not in both.heard


async def test_the_room_is_that_of_the_longest_token_and_unseen_services_count(
    both: HttpStamps, tsa: Tsa, clock: Clock, roots: list[bytes]
) -> None:
    assert both.token_bytes == UNSEEN_TOKEN_BYTES
    await both.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert both.token_bytes == UNSEEN_TOKEN_BYTES, "the other one has shown none yet"
    alone = HttpStamps([tsa.url], roots, new_nonce=count(1).__next__, clock=clock)
    token = await alone.stamp(DIGEST, NOW, room_bytes=ROOM)
    assert alone.token_bytes == len(token) < UNSEEN_TOKEN_BYTES
    await alone.close()


async def test_reading_for_a_while_costs_no_request_and_a_failure_is_asked_about_at_once(
    tsa: Tsa, clock: Clock, roots: list[bytes]
) -> None:
    alone = HttpStamps([tsa.url], roots, new_nonce=count(1).__next__, clock=clock)
    await alone.stamp(DIGEST, NOW, room_bytes=ROOM)
    clock.seconds += 14 * 60
    await alone.require(NOW)
    assert tsa.asked == 1
    await tsa.stop()
    with pytest.raises(TimestampUnavailable):
        await alone.stamp(DIGEST, NOW, room_bytes=ROOM)
    await tsa.start()
    await alone.require(NOW)
    assert tsa.asked == 2
    await alone.require(NOW)
    assert tsa.asked == 2, "it is well again"
    tsa.time = NOW + timedelta(seconds=61)
    for asked in (3, 4):
        with pytest.raises(ClockWrong):
            await (alone.stamp(DIGEST, NOW, room_bytes=ROOM) if asked == 3 else alone.require(NOW))
        assert tsa.asked == asked
    await alone.close()


async def test_whether_they_answer_is_asked_only_when_none_did_of_late(
    tsa: Tsa, clock: Clock, roots: list[bytes]
) -> None:
    alone = HttpStamps([tsa.url], roots, new_nonce=count(1).__next__, clock=clock)
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
