"""The counter is killed under two people who fill in a form together, and while it is presented.

Promise: every field that was acknowledged is there after the restart, with the text that it had;
nothing is half written; what was looked at is presented once, with exactly these texts.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from counter.terminal.line_socketio import Line
from counter.terminal.ports import Refused
from counter.terminal.script import Say, _fill_next
from tests.attack.test_kill_loop import People
from tests.e2e.faces import SERVICE, TERMINAL
from tests.e2e.running import RunningCounter

pytestmark = [pytest.mark.pairs, pytest.mark.timeout(400)]

KILLS = int(os.environ.get("KILLS", "1"))
"While it is filled in, and once more while it is presented; `make deep` has more."
FORM = "dsi_certificate"
FIELDS = {
    "agent": ("applicant_name", "destination", "document_number"),
    "citizen": ("phone", "purpose", "copies"),
}
DRAFT = "select shown from form_draft"
WRITTEN = "select name, text, version from form_draft_field"


class Writing:
    """Both write into the fields of a draft as fast as they are answered."""

    def __init__(self, draft_id: str) -> None:
        self.draft_id = draft_id
        self.acknowledged: dict[str, int] = {}
        "The version of each field that its writer was told."
        self._news = asyncio.Event()

    async def writes(self, line: Line, fields: tuple[str, ...]) -> None:
        """One field after the other, for ever; an ask is repeated until it is answered."""
        while True:
            for name in fields:
                version = self.acknowledged.get(name, 0)
                body = {
                    "draft_id": self.draft_id,
                    "field": name,
                    "text": text_at(name, version + 1),
                    "version": version,
                }
                answer = await line.ask("form.fill", body, tries=200)
                self.acknowledged[name] = int(answer["version"])
                self._news.set()

    async def more(self, answers: int) -> None:
        """Wait until so many more were acknowledged."""
        enough = sum(self.acknowledged.values()) + answers
        async with asyncio.timeout(120):
            while sum(self.acknowledged.values()) < enough:
                self._news.clear()
                await self._news.wait()

    def require_kept(self, counter: RunningCounter) -> None:
        """What lies on the disk is what was acknowledged, or the one write that was on its way."""
        found = {name: (text, version) for name, text, version in counter.facts(WRITTEN)}
        assert set(self.acknowledged) <= set(found)
        for name, (text, version) in found.items():
            assert version - self.acknowledged.get(name, 0) in (0, 1), name
            assert text == text_at(name, version)


def text_at(name: str, version: int) -> str:
    """What is written into a field as its version."""
    return f"{name} {version} " + "陳" * (version % 50)


@pytest.fixture
async def counter() -> AsyncIterator[RunningCounter]:
    running = RunningCounter()
    try:
        await running.start()
        yield running
    finally:
        await running.close()


@asynccontextmanager
async def going_on(*tasks: asyncio.Task[Any]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        pending = set(tasks)
        while pending:
            # Again and again: the socket library's `wait_for` may swallow a cancellation.
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=1)


async def until(line: Line, fits: Any) -> dict[str, Any]:
    try:
        async with asyncio.timeout(120):
            while line.screen is None or not fits(line.screen):
                await line.news(0.5)
    except TimeoutError:
        raise AssertionError(f"the screen did not become so: {line.screen}") from None
    return line.screen


async def in_conversation(counter: RunningCounter, kiosk: Line, desk: Line) -> None:
    """From a ticket to the call."""
    asked = {"terminal": TERMINAL, "service": SERVICE, "walk_in": True}
    service = (await counter.operator("/demo/visit", asked))["service"]
    await until(kiosk, lambda screen: screen["stage"] == "attract")
    await kiosk.ask("ticket.take", {"service": service})
    await until(desk, lambda screen: screen["case"] is not None or screen["presence"])
    await desk.ask("presence.choose", {"presence": "ready"})
    offer = (await until(desk, lambda screen: screen["offer"]))["offer"]
    await desk.ask("offer.accept", {"pairing_id": offer["pairing_id"]})
    await until(desk, lambda screen: screen["case"] and screen["case"]["call"])


async def test_no_acknowledged_field_is_lost_and_what_was_looked_at_is_presented_once(
    counter: RunningCounter,
) -> None:
    people = People(counter)
    kiosk = await people.line("citizen", TERMINAL)
    desk = await people.line("agent", "lei")
    try:
        await in_conversation(counter, kiosk, desk)
        draft_id = str((await desk.ask("form.begin", {"form": FORM}))["draft_id"])
        writing = Writing(draft_id)
        async with going_on(
            asyncio.create_task(writing.writes(desk, FIELDS["agent"])),
            asyncio.create_task(writing.writes(kiosk, FIELDS["citizen"])),
        ):
            for number in range(KILLS):
                await writing.more(11 + 7 * number)
                counter.kill9()
                writing.require_kept(counter)
                await counter.start()
            await writing.more(6)
        writing.require_kept(counter)
        assert counter.facts(DRAFT) == [(1,)], "it is on both screens still"

        texts = await made_right(kiosk, desk)
        await killed_while_presented(counter, desk, draft_id)
        ((data,),) = counter.facts("select data from esign_document")
        printed = json.loads(data)
        assert {name: printed[name] for name in texts} == texts
        assert counter.facts("select count(*) from ceremony") == [(1,)]
        _, said = await counter.audit()
        assert said.endswith("the chain holds"), said
    finally:
        await people.close()


def on_screen(screen: dict[str, Any]) -> dict[str, Any]:
    """The draft, at the terminal or at the desk."""
    draft: dict[str, Any] = screen["filling"] if "filling" in screen else screen["case"]["filling"]
    return draft


def version_of(screen: dict[str, Any], name: str) -> int:
    return next(int(one["version"]) for one in on_screen(screen)["fields"] if one["name"] == name)


async def made_right(kiosk: Line, desk: Line) -> dict[str, str]:
    """Both write what the form takes; answers the texts that people typed."""
    async with asyncio.timeout(120):
        while not (shown := on_screen(desk.screen or {}))["complete"]:
            for line, owner in ((kiosk, "citizen"), (desk, "agent")):
                step = _fill_next(on_screen(line.screen or {}), owner, {})
                if not isinstance(step, Say):
                    continue
                name = str(step.body["field"])
                try:
                    made = int((await line.ask("form.fill", step.body))["version"])
                except Refused as older:
                    if older.reason != "draft_changed":
                        raise  # else the screen was behind
                    made = int(step.body["version"]) + 1
                while version_of(line.screen or {}, name) < made:
                    await line.news(0.5)
            await desk.news(0.5)
    return {one["name"]: one["text"] for one in shown["fields"] if one["version"]}


async def killed_while_presented(counter: RunningCounter, desk: Line, draft_id: str) -> None:
    """Kill it when the draft was taken off the screens; the page asks again with the same key."""
    shown = (await until(desk, lambda screen: screen["case"]))["case"]["filling"]
    assert shown["draft_id"] == draft_id
    body = {"form": FORM, "draft_id": draft_id, "digest": shown["digest"]}
    kept = counter.facts(WRITTEN)
    presenting = asyncio.create_task(desk.ask("form.present", body, tries=200))
    async with going_on(presenting):
        async with asyncio.timeout(60):  # it was not taken off the screens
            while counter.facts(DRAFT) != [(0,)]:
                await asyncio.sleep(0.005)
        counter.kill9()
        assert sorted(counter.facts(WRITTEN)) == sorted(kept), "taken, and not forgotten"
        await counter.start()
        async with asyncio.timeout(120):
            answer = await presenting
    ((state, ceremony_id),) = counter.facts("select state, id from ceremony")
    assert (state, ceremony_id) == ("presented", answer["ceremony_id"])
