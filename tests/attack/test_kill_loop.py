"""The counter is killed again and again under people who use it.

Promise: what somebody was told is there after the restart, once, and the journal holds.
"""

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, cast

import aiohttp
import pytest

from booking.appointment import reference_sha256
from counter.documents.sample_page import sample_photograph
from counter.terminal.line_socketio import Line
from counter.terminal.ports import Refused
from tests.e2e.running import RunningCounter
from tests.web.citizen.walk import Citizen

KILLS = int(os.environ.get("KILLS", "1"))
"`make deep` has more."
pytestmark = [pytest.mark.pairs, pytest.mark.timeout(540 + 60 * KILLS)]
TERMINALS = ("hengqin-centre-1", "hengqin-centre-2")
AWAY = (aiohttp.ClientError, OSError, TimeoutError)


@dataclass
class Told:
    """Everything that somebody was told, as it must be found again."""

    tickets: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    bookings: list[str] = field(default_factory=list)
    presences: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    "How often something was asked for, answered or not."
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, what: list[str], fact: str) -> None:
        what.append(fact)
        self.news.set()

    @property
    def count(self) -> int:
        lists = (self.tickets, self.pages, self.decisions)
        return sum(map(len, (*lists, self.closed, self.bookings, self.presences)))

    async def more(self, facts: int) -> None:
        """Wait until so many more facts were told."""
        enough = self.count + facts
        async with asyncio.timeout(60):
            while self.count < enough:
                self.news.clear()
                await self.news.wait()


class People:
    """Two terminals, their desk, a colleague who cannot decide, and somebody who books at home."""

    def __init__(self, counter: RunningCounter) -> None:
        self.counter, self.told = counter, Told()
        self._numbers = count(1)
        self._lines: list[Line] = []
        self._tokens: dict[str, str] = {}
        self._photograph = sample_photograph(1)

    def key(self) -> str:
        return f"key-{next(self._numbers):08d}"

    async def line(self, role: str, subject: str) -> Line:
        told = await self.counter.operator("/session", {"role": role, "subject": subject})
        self._tokens[subject] = str(told["token"])
        namespace = "/agent" if role == "agent" else "/terminal"
        line = Line(self.counter.address, namespace, self._tokens[subject], self.key)
        await line.open()
        self._lines.append(line)
        return line

    async def close(self) -> None:
        for line in self._lines:
            await line.close()

    async def comes(self, line: Line, place: str) -> None:
        """Take a ticket, show what is asked for, leave; for ever."""
        wished = {"terminal": place, "service": None, "walk_in": True}
        service = (await self.counter.operator("/demo/visit", wished))["service"]
        while True:
            await line.news(0.5)
            screen: dict[str, Any] = line.screen or {"stage": ""}
            if screen["stage"] == "attract":
                self.told.asked["ticket"] += 1
                answer = await line.ask("ticket.take", {"service": service}, tries=200)
                self.told.heard(self.told.tickets, str(answer["case_id"]))
            elif screen["stage"] == "call" and screen["scan"]:
                await self.shows(place, str(screen["scan"]["request_id"]))
            elif screen["stage"] == "receipt":
                await line.ask("visit.leave", {}, tries=200)

    async def shows(self, place: str, request_id: str) -> None:
        headers = {
            "Authorization": f"Bearer {self._tokens[place]}",
            "X-Digest-SHA256": hashlib.sha256(self._photograph).hexdigest(),
        }
        url = f"{self.counter.address}/terminal/pages/{request_id}"
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.put(url, data=self._photograph) as answer,
        ):
            if answer.status == 200:
                self.told.heard(self.told.pages, request_id)

    async def serves(self, line: Line) -> None:
        """Answer, ask for a paper, accept it, close; for ever."""
        while True:
            await line.news(0.5)
            screen = line.screen
            if screen is None:
                continue
            case = screen["case"]
            if screen["offer"]:
                await line.ask("offer.accept", {"pairing_id": screen["offer"]["pairing_id"]})
            elif case is None:
                if screen["presence"] in ("paused", "wrapup", "offline"):
                    await line.ask("presence.choose", {"presence": "ready"})
            elif stored := [page for page in case["pages"] if page["state"] == "stored"]:
                page_id = str(stored[0]["page_id"])
                await line.ask("page.decide", {"page_id": page_id, "accept": True}, tries=200)
                if page_id not in self.told.decisions:
                    self.told.heard(self.told.decisions, page_id)
            elif case["pages"]:
                body: dict[str, Any] = {
                    "outcome": "completed",
                    "next_step": "come again",
                    "note": "",
                }
                left = [row["item"] for row in case["checklist"] if row["missing"]]
                body["papers"] = [{"item": item, "until": None} for item in left]
                answer = await line.ask("case.close", body, tries=200)
                self.told.heard(self.told.closed, str(answer["case_id"]))
            elif case["call"] and case["scan"] is None:
                await line.ask("scan.request", {"item": "other"})

    async def dithers(self, line: Line) -> None:
        """Ready, paused, ready, paused."""
        for number in count():
            presence = ("ready", "paused")[number % 2]
            await line.ask("presence.choose", {"presence": presence}, tries=200)
            self.told.heard(self.told.presences, presence)
            await asyncio.sleep(1.0)

    async def books(self) -> None:
        """One appointment after the other, each as somebody new."""
        for nth in count():
            day = (datetime.now(UTC) + timedelta(hours=8, days=1 + nth % 5)).date().isoformat()
            async with aiohttp.ClientSession(
                self.counter.address, cookie_jar=aiohttp.CookieJar(unsafe=True)
            ) as browser:
                citizen = Citizen(cast(Any, browser))
                self.told.asked["booking"] += 1
                reference = await citizen.book(day, nth // 5, name="Somebody")
            self.told.heard(self.told.bookings, reference)

    async def go_on(self, what: Callable[[], Awaitable[None]]) -> None:
        """Do it for ever, whatever the counter's death breaks off."""
        while True:
            with suppress(*AWAY, Refused, AssertionError, IndexError):
                await what()
            await asyncio.sleep(0.1)


def lost(counter: RunningCounter, told: Told) -> list[str]:
    """What somebody was told and the store does not know, or knows too often."""

    def of(query: str) -> set[str]:
        return {str(fact) for (fact,) in counter.facts(query)}

    cases = of("select id from case_file")
    answered = of("select id from scan_request where state = 'answered'")
    accepted = of("select id from page where state = 'accepted'")
    closed = of("select id from case_file where outcome = 'completed'")
    booked = of("select reference_sha256 from appointment where state = 'booked'")
    changes = counter.facts(
        "select count(*) from journal_entry where body like '%\"presence.changed\"%ana%'"
    )[0][0]
    wrong = [
        *(f"ticket {one}" for one in told.tickets if one not in cases),
        *(f"page of {one}" for one in told.pages if one not in answered),
        *(f"decision on {one}" for one in told.decisions if one not in accepted),
        *(f"end of {one}" for one in told.closed if one not in closed),
        *(
            f"booking {n}"
            for n, one in enumerate(told.bookings)
            if reference_sha256(one) not in booked
        ),
    ]
    if len(cases) > told.asked["ticket"]:
        wrong.append(f"{len(cases)} cases of {told.asked['ticket']} tickets")
    if len(booked) > told.asked["booking"]:
        wrong.append(f"{len(booked)} appointments of {told.asked['booking']}")
    if changes < len(told.presences):
        wrong.append(f"{len(told.presences)} changes of presence, {changes} in the journal")
    return wrong


@pytest.fixture
async def counter() -> AsyncIterator[RunningCounter]:
    running = RunningCounter()
    try:
        await running.start()
        yield running
    finally:
        await running.close()


async def killed_often(counter: RunningCounter, kills: int) -> Told:
    """Kill it while it is used; each time everything that was told is looked for."""
    people = People(counter)
    terminals = [await people.line("citizen", place) for place in TERMINALS]
    desk, colleague = await people.line("agent", "lei"), await people.line("agent", "ana")
    doing: list[Callable[[], Awaitable[None]]] = [
        *(
            lambda line=line, place=place: people.comes(line, place)
            for line, place in zip(terminals, TERMINALS, strict=True)
        ),
        lambda: people.serves(desk),
        lambda: people.dithers(colleague),
        people.books,
    ]
    tasks = [asyncio.create_task(people.go_on(one)) for one in doing]
    try:
        for number in range(kills):
            await people.told.more(7 + 3 * (number % 4))
            counter.kill9()
            # What was told before the death is looked for as it lies on the disk.
            assert not lost(counter, people.told)
            await counter.start()
            entries, said = await counter.audit()
            assert said.endswith("the chain holds"), said
            assert entries
        await people.told.more(5)
    finally:
        pending = set(tasks)
        while pending:
            # Again and again: the socket library's `wait_for` may swallow a cancellation.
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=1)
        await people.close()
    assert not lost(counter, people.told)
    return people.told


async def test_nothing_that_was_told_is_lost_however_often_the_counter_dies(
    counter: RunningCounter,
) -> None:
    told = await killed_often(counter, KILLS)
    assert told.tickets
    assert told.bookings
    assert told.presences
