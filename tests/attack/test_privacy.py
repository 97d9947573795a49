"""Where a citizen's data is after a booking and a visit: in the rows made for it, nowhere else."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import aiohttp
import pytest

from counter.app.demo import ANSWERS
from counter.app.node import DEMO_CITIZEN
from tests.e2e.running import RunningCounter
from tests.servers import run_apart
from tests.web.citizen.walk import Citizen

pytestmark = [pytest.mark.pairs, pytest.mark.timeout(600)]

NAME, CONTACT = "王小明 Secret", "+853 6612 3456"
KEPT_IN = {
    "appointment": {NAME, CONTACT, DEMO_CITIZEN.name, DEMO_CITIZEN.contact},
    "case_file": {DEMO_CITIZEN.name},
    "esign_document": {*ANSWERS.values()},
}
"Tables that exist to keep it."


class Talkative(RunningCounter):
    """Logs all it can, requests included."""

    arguments = ("-v", "serve")


@pytest.fixture
def talkative() -> Any:
    running = Talkative()
    run_apart(running.start())
    try:
        yield running
    finally:
        run_apart(running.close())


async def booked_and_cancelled(counter: RunningCounter) -> str:
    """Book over the pages, look it up by its number, cancel it; return the number."""
    # Not tomorrow: its first time may begin while this is looked at.
    day = (datetime.now(UTC) + timedelta(hours=8, days=2)).date().isoformat()
    async with aiohttp.ClientSession(
        counter.address, cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as browser:
        citizen = Citizen(cast(Any, browser))
        await citizen.choose_time(day)
        details = {"name": NAME, "contact": CONTACT, "language": "pt"}
        await citizen.post("/booking/details", **details)
        await citizen.post("/booking/check")
        reference = citizen.reference()
        await citizen.get("/appointment")
        await citizen.post("/appointment", reference=reference)
        assert citizen.path == "/appointment/view"
        await citizen.get("/appointment/cancel")
        await citizen.post("/appointment/cancel")
        await citizen.get("/appointment")
        await citizen.post("/appointment", reference="AAAAA-BBBBB-CCCCC-DDDDD")
    return reference


async def visited(counter: RunningCounter) -> None:
    """A whole visit with an appointment, a scan, a form and a signature."""
    agent, citizen = await asyncio.gather(
        *(
            counter.command("demo", "--as", *who, "--visits", "1", "--pace", "0.1")
            for who in (("agent", "--subject", "lei"), ("citizen",))
        )
    )
    assert agent.returncode == 0, agent.stderr.decode()
    assert citizen.returncode == 0, citizen.stderr.decode()


def tables(counter: RunningCounter) -> dict[str, str]:
    """Everything that each table holds, as text."""
    names = counter.facts("select name from sqlite_master where type = 'table'")
    return {
        name: repr(counter.facts(f'select * from "{name}"')).encode().decode("unicode_escape")
        + repr(counter.facts(f'select * from "{name}"'))
        for (name,) in names
    }


async def test_what_a_citizen_wrote_is_in_no_log_no_journal_and_no_queue(
    talkative: RunningCounter,
) -> None:
    reference = await booked_and_cancelled(talkative)
    await visited(talkative)
    private = {
        *(NAME, NAME.split()[0], CONTACT, CONTACT.replace(" ", ""), reference),
        *(reference.replace("-", ""), reference[:11], "AAAAA-BBBBB"),
        *(DEMO_CITIZEN.name, DEMO_CITIZEN.contact, *ANSWERS.values()),
    }
    found = tables(talkative)
    assert talkative.facts("select state from ceremony") == [("sealed",)]
    for table, allowed in KEPT_IN.items():
        assert any(words in found[table] for words in allowed), f"{table} holds nothing: look again"
    for table, text in found.items():
        there = {words for words in private if words in text}
        assert there <= private & {
            words
            for words in private
            if any(words in allowed for allowed in KEPT_IN.get(table, set()))
        }, f"{table} keeps {there}"
    assert " INFO " in talkative.log(), "it was not talkative"
    logs = [talkative.data / "serve.log", *(talkative.data / "media").rglob("*.log")]
    for log in logs:
        text = log.read_text(errors="replace")
        assert not {words for words in private if words in text}, log.name
        assert "Traceback" not in text
