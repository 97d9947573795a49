"""Who gets in at the gateway, and what no page sends, which closes the connection."""

import json
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
import socketio

from tests.signaling.gateway_house import KEY, House, closed, raw, serving


async def test_nobody_gets_in_without_being_known(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await node.open(subject=None)
        assert node.gateway.connected == 0


@pytest.mark.parametrize("origin", ["http://evil.example", "https://127.0.0.1", "null"])
async def test_a_page_of_another_origin_is_refused(house: House, origin: str) -> None:
    async with serving(house, poll_s=60) as node:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await node.open(Origin=origin)
        assert node.gateway.server.cut == {"origin": 1}


async def test_an_origin_that_was_allowed_gets_in(house: House) -> None:
    async with serving(house, poll_s=60, origins=["https://counter.example"]) as node:
        page = await node.open(Origin="https://counter.example")
        await page.until("screen.changed")


BAD_FRAMES = {
    "no JSON": '42/agent,["desk.beat"',
    "no list": '42/agent,{"0":1}',
    "a number for a name": "42/agent,[7]",
    "our own connect": '42/agent,["connect",{}]',
    "our own disconnect": '42/agent,["disconnect","x"]',
    "binary event": '451-/agent,["desk.beat",{"_placeholder":true,"num":0}]',
    "unknown packet": "49/agent,",
    "deeper than the stack": "42/agent," + "[" * 20_000,
    "too long": '42/agent,["desk.beat","' + "x" * 40_000 + '"]',
    "no Engine.IO packet": "x",
    "nothing at all": "",
}


@pytest.mark.parametrize("frame", BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_a_malformed_frame_closes_the_connection_and_nothing_else(
    house: House, frame: str
) -> None:
    async with serving(house, poll_s=60) as node:
        other = await node.open("a-2")
        async with raw(node) as ws:
            await ws.send_str("40/agent,")
            assert (await ws.receive_str()).startswith("40/agent")
            await ws.send_str(frame)
            await closed(ws)
        assert (await other.ask("/agent", "desk.beat", key=KEY))["ok"] is True
        assert [who.subject for who, _ in house.asked] == ["a-2"]


async def test_a_binary_frame_closes_the_connection(house: House) -> None:
    async with serving(house, poll_s=60) as node, raw(node) as ws:
        await ws.send_str("40/agent,")
        await ws.send_bytes(b"42")
        await closed(ws)


async def test_who_says_too_much_is_cut_off(house: House) -> None:
    async with serving(house, poll_s=60) as node, raw(node) as ws:
        await ws.send_str("40/agent,")
        with suppress(ConnectionError, aiohttp.ClientError):
            for _ in range(100):
                await ws.send_str('42/agent,["desk.beat",{}]')
        await closed(ws)
        assert node.gateway.server.cut["rate"] == 1


async def test_who_never_says_connect_is_cut_off(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        node.gateway.server._connect_s = 0.05
        async with raw(node) as ws:
            await closed(ws)
        assert node.gateway.server.cut["silent"] == 1


async def test_an_unknown_namespace_is_refused(house: House) -> None:
    async with serving(house, poll_s=60) as node, raw(node) as ws:
        await ws.send_str("40/admin,")
        assert (await ws.receive_str()).startswith("44/admin")


@pytest.mark.parametrize("last", [7, {"agent:a-1": -1}, {"agent:a-1": "1"}, {"agent:a-1": True}])
async def test_a_last_row_that_is_none_is_refused(house: House, last: Any) -> None:
    async with serving(house, poll_s=60) as node, raw(node) as ws:
        await ws.send_str("40/agent," + json.dumps({"last": last}))
        answer = await ws.receive_str()
        assert answer.startswith("44/agent") and "bad_input" in answer
