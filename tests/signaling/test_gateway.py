"""The gateway over a real server and real sockets; the screen is a count of rows."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from counter.errors import NotAllowedNow
from counter.protocol import desk, terminal
from counter.protocol.message import Model
from counter.signaling.gateway_socketio import Gateway
from counter.signaling.ports import GatewayPrincipal
from counter.store.session_log import heads, tell
from tests.signaling.gateway_house import (
    KEY,
    NOW,
    PATIENCE_S,
    House,
    eventually,
    raw,
    serving,
)


async def test_a_page_gets_its_screen_on_connect_and_after_every_wake(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        assert (await page.until("screen.changed"))["screen"]["subject"] == "a-1"
        await node.tell("agent:a-1")
        row = await page.until("happened")
        assert (row["audience"], row["seq"], row["kind"]) == ("agent:a-1", 1, "noted")
        await page.screen(1)


async def test_a_page_that_comes_back_gets_exactly_what_it_missed(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        for _ in range(5):
            await node.tell("agent:a-1")
        page = await node.open(last={"agent:a-1": 3})
        assert [(await page.until("happened"))["seq"] for _ in range(2)] == [4, 5]
        await page.screen(5)


async def test_a_page_far_behind_gets_all_of_it_in_order(house: House) -> None:
    def fill(conn: Connection) -> None:
        for _ in range(450):
            tell(conn, "agent:a-1", "noted", {}, NOW)

    await house.executor.write(fill)
    async with serving(house, poll_s=60, queue_packets=10_000) as node:
        page = await node.open(last={"agent:a-1": 1})
        seqs = [(await page.until("happened"))["seq"] for _ in range(449)]
        assert seqs == list(range(2, 451))


async def test_a_first_visit_repeats_nothing_old(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        await node.tell("agent:a-1")
        page = await node.open()
        name, body = await asyncio.wait_for(page.told.get(), PATIENCE_S)
        assert (name, body["seq"]) == ("screen.changed", 1)


async def test_a_page_hears_what_it_follows(house: House) -> None:
    house.follows = ["department:d-1"]
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        await page.until("screen.changed")
        await node.tell("department:d-2")
        await node.tell("department:d-1")
        assert (await page.until("happened"))["audience"] == "department:d-1"


async def test_a_lost_wake_up_is_healed_by_the_poll(house: House) -> None:
    async with serving(house, poll_s=0.1) as node:
        page = await node.open()
        await page.screen(0)
        await node.tell("agent:a-1", awake=False)
        await page.screen(1)


async def test_many_wakes_at_once_are_one_delivery_in_flight(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        await page.screen(0)
        for _ in range(50):
            await node.tell("agent:a-1")
        await page.screen(50)
        screens = 2 + page.told.qsize()
        assert screens < 60


async def test_a_newer_page_displaces_the_older_one(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        older = await node.open()
        await older.until("screen.changed")
        newer = await node.open()
        await newer.until("screen.changed")
        await older.until("displaced")
        await older.until("gone")
        assert node.gateway.connected == 1


async def test_a_page_displaced_on_another_node_is_told_by_the_next_look(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        await page.until("screen.changed")
        house.epochs["agent:a-1"] += 1
        await node.tell("agent:a-1")
        await page.until("displaced")


async def test_an_ask_is_answered_with_its_facts(house: House) -> None:
    house.answers[desk.CaseClose] = lambda: {"case_id": "c-1"}
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        answer = await page.ask("/agent", "case.close", key=KEY, outcome="completed")
        assert answer == {"ok": True, "case_id": "c-1"}
        who, ask = house.asked[0]
        assert (who.own, who.epoch) == ("agent:a-1", 1)
        assert isinstance(ask, desk.CaseClose)


@pytest.mark.parametrize(
    "event, body",
    [
        ("nobody.knows", {"key": KEY}),
        ("ticket.take", {"key": KEY, "service": "s-1"}),
        ("desk.beat", {}),
        ("desk.beat", {"key": KEY, "more": 1}),
        ("desk.beat", {"key": "short"}),
        ("presence.choose", {"key": KEY, "presence": "asleep"}),
    ],
)
async def test_what_an_agent_may_not_say_is_refused_and_reaches_nobody(
    house: House, event: str, body: dict[str, Any]
) -> None:
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        assert await page.ask("/agent", event, **body) == {"ok": False, "code": "bad_input"}
        assert house.asked == []
        assert (await page.ask("/agent", "desk.beat", key=KEY))["ok"] is True


async def test_a_refusal_answers_with_its_code(house: House) -> None:
    def refuse() -> None:
        raise NotAllowedNow("not now")

    house.answers[desk.DeskBeat] = refuse
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        answer = await page.ask("/agent", "desk.beat", key=KEY)
        assert answer == {"ok": False, "code": "not_allowed_now"}


@pytest.mark.parametrize("kind", [LookupError, SQLAlchemyError])
async def test_a_fault_answers_internal_and_its_text_is_not_logged(
    house: House, caplog: pytest.LogCaptureFixture, kind: type[Exception]
) -> None:
    def fail() -> None:
        fault = kind("Chan Tai Man")
        # As the store's library has: a code that is none of ours.
        fault.code = "gkpj"  # type: ignore[attr-defined]
        raise fault

    house.answers[terminal.TerminalBeat] = fail
    async with serving(house, poll_s=60) as node:
        page = await node.open("t-1", "/terminal")
        answer = await page.ask("/terminal", "terminal.beat", key=KEY)
        assert answer == {"ok": False, "code": "internal"}
        assert kind.__name__ in caplog.text and "Chan" not in caplog.text
        assert (await page.ask("/terminal", "visit.leave", key=KEY))["ok"] is True


async def test_who_does_not_read_is_cut_off_and_resumes(house: House) -> None:
    house.filling = "x" * 200_000
    async with serving(house, poll_s=60, queue_packets=16) as node:
        async with raw(node) as ws:
            await ws.send_str("40/agent,")
            await eventually(lambda: node.gateway.connected == 1)
            transport = ws._conn.transport if ws._conn else None
            assert transport is not None
            transport.pause_reading()
            for _ in range(400):
                await node.tell("agent:a-1")
                if node.gateway.server.cut["slow"]:
                    break
                await asyncio.sleep(0)
            await eventually(lambda: node.gateway.server.cut["slow"] == 1)
            assert node.gateway.connected == 0
            transport.abort()  # a polite good-bye would wait for an answer
        house.filling = ""
        head = (await house.executor.read(heads, ["agent:a-1"]))["agent:a-1"]
        page = await node.open(last={"agent:a-1": head - 3})
        assert [(await page.until("happened"))["seq"] for _ in range(3)] == [
            *(head - 2, head - 1, head)
        ]


async def test_a_screen_that_failed_once_is_drawn_by_the_next_poll(house: House) -> None:
    fails = iter([True, False])

    def screen(conn: Connection, who: GatewayPrincipal, now: datetime) -> Model:
        if next(fails, False):
            raise LookupError("a row was not there")
        return house.screen(conn, who, now)

    async with serving(house, house.doors(screen=screen), poll_s=0.1) as node:
        page = await node.open()
        await page.screen(0)


def test_a_gateway_without_a_handler_for_an_ask_does_not_start(tmp_path: Path) -> None:
    house = House(executor=None)  # type: ignore[arg-type]
    handlers = dict(house.doors().handlers)
    del handlers[desk.CaseClose]
    with pytest.raises(ValueError, match=r"case\.close"):
        Gateway(house.executor, house.doors(handlers=handlers))


async def test_what_is_not_kept_is_passed_on_to_its_audience_alone(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        mine, foreign = await node.open("a-1"), await node.open("a-2")
        for page in (mine, foreign):
            await page.until("screen.changed")
        node.gateway.pass_on("agent:a-1", "pointer.moved", {"x": 0.5})
        assert await mine.until("pointer.moved") == {"x": 0.5}
        await node.tell("agent:a-2")
        async with asyncio.timeout(PATIENCE_S):
            while (told := await foreign.told.get())[0] != "happened":
                assert told[0] != "pointer.moved"
