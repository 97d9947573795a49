"""Calls of which every packet goes through a real relay, as Chromium sees them."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser

from counter.media.turn import LIFE, Relays, credential
from tests.media.browsers import (
    Stage,
    chromium_page,
    join_both,
    opened_stage,
    seen_and_heard,
    until_figure,
)
from tests.media.scenes import opened_chromium
from tests.relay import RELAYED_FROM, Relay

SECRET = "only-for-this-test"
GATHER = """async server => {
  const pc = new RTCPeerConnection({iceServers: [server], iceTransportPolicy: 'relay'});
  const refused = [];
  let candidates = 0;
  pc.onicecandidateerror = ({errorCode, url}) => refused.push([errorCode, url]);
  pc.onicecandidate = ({candidate}) => { if (candidate?.candidate) candidates++; };
  pc.addTransceiver('video');
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete' || refused.length < server.urls.length)
    await new Promise(done => setTimeout(done, 50));
  return {refused, candidates};
}"""
"Looks for addresses at a relay that is expected to give none."


@pytest.fixture
def relay(tmp_path: Path, now: datetime) -> Iterator[Relay]:
    """Yield a relay with the names of the counter."""
    with Relay(tmp_path, now, secret=SECRET) as relay:
        yield relay


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Yield a call that takes nothing from elsewhere than the relay's address."""
    async with opened_stage("--only-from", RELAYED_FROM) as stage:
        yield stage


@pytest.fixture
async def chromium(relay: Relay) -> AsyncIterator[Browser]:
    """Yield a Chromium that knows who signed the relay's certificate."""
    async with opened_chromium(trusts=relay.authority) as browser:
        yield browser


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
async def test_a_call_goes_through_the_relay_and_in_no_other_way(
    chromium: Browser, relay: Relay, stage: Stage, way: str
) -> None:
    relays = Relays(urls=(relay.urls[way],), secret=SECRET, only=True, new_name=lambda: "opaque")
    servers = [server.model_dump() for server in relays.servers(datetime.now(UTC))]
    pages = [await chromium_page(chromium, stage.url) for _ in range(2)]
    await join_both(*pages, servers=servers, relay_only=True)
    for page in pages:
        found = await seen_and_heard(page, more_than=30)
        print(way, json.dumps(found))
        assert (found["way"], found["relay_protocol"]) == ("relay", way)
        assert "GCM" in found["srtp"]


async def test_who_comes_by_himself_is_not_heard_where_all_is_relayed(
    chromium: Browser, stage: Stage
) -> None:
    page = await chromium_page(chromium, stage.url)
    await page.evaluate("open_camera()")
    await page.evaluate("void join('terminal')")
    await until_figure(page, lambda found: found["state"] == "failed")


@pytest.mark.parametrize(
    ("secret", "life"),
    [("another", LIFE), (SECRET, timedelta(minutes=-1))],
    ids=["foreign", "expired"],
)
async def test_a_page_with_a_wrong_name_gets_no_relay_and_no_other_way(
    chromium: Browser, relay: Relay, stage: Stage, secret: str, life: timedelta
) -> None:
    username, password = credential(secret, "opaque", datetime.now(UTC) + life)
    server = {"urls": list(relay.urls.values()), "username": username, "credential": password}
    page = await chromium_page(chromium, stage.url)
    found = await page.evaluate(GATHER, server)
    assert found["candidates"] == 0
    assert {code for code, _ in found["refused"]} == {401}
    assert {url for _, url in found["refused"]} == set(relay.urls.values())


async def test_a_relay_that_nobody_vouches_for_is_not_used(relay: Relay, stage: Stage) -> None:
    username, password = credential(SECRET, "opaque", datetime.now(UTC) + LIFE)
    server = {"urls": [relay.urls["tls"]], "username": username, "credential": password}
    async with opened_chromium() as stranger:
        page = await chromium_page(stranger, stage.url)
        found = await page.evaluate(GATHER, server)
    assert found["candidates"] == 0 and found["refused"]
