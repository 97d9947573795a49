"""A running counter tells a citizen by mail and memo, and another program over webhooks."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from icalendar import Calendar

from tests.e2e.running import RunningCounter
from tests.e2e.waiting import until
from tests.notify.mail_server import HOST, MailServer, mail_server
from tests.notify.receiver import Receiver, receiver
from tests.web.citizen.walk import Citizen

pytestmark = pytest.mark.timeout(600)

NAME, CONTACT = "Maria Silva", "maria@example.org"


@asynccontextmanager
async def told(mail: MailServer) -> AsyncIterator[RunningCounter]:
    """A counter that knows a mail server, and may tell programs on this machine."""
    counter = RunningCounter(
        SMTP_HOST=HOST,
        SMTP_PORT=str(mail.port),
        SMTP_TLS="none",
        SMTP_FROM="counter@counter.example",
        WEBHOOK_NETWORKS="127.0.0.0/8",
    )
    try:
        await counter.start()
        yield counter
    finally:
        await counter.close()


async def webhooks(counter: RunningCounter, *arguments: str) -> dict[str, Any]:
    """What `counter webhooks …` answers."""
    done = await counter.command("webhooks", *arguments)
    assert done.returncode == 0, done.stderr.decode()
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


async def booked(citizen: Citizen) -> str:
    """Book over the pages and return the reference."""
    day = (datetime.now(UTC) + timedelta(hours=8, days=4)).date().isoformat()
    await citizen.choose_time(day)
    await citizen.post("/booking/details", name=NAME, contact=CONTACT, language="pt")
    await citizen.post("/booking/check")
    return citizen.reference()


async def follow(counter: RunningCounter, mail: MailServer, program: Receiver) -> str:
    """Book and cancel, and look at what came; return the reference."""
    async with aiohttp.ClientSession(
        counter.address,
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        headers={"Accept-Language": "en"},
    ) as browser:
        citizen = Citizen(cast(Any, browser))
        reference = await booked(citizen)
        await until(lambda: mail.came and program.took, "the booking was not told")
        await citizen.get("/memos")
        assert "1 unread memo" in citizen.text
        assert "Your appointment is confirmed" in citizen.text
        await citizen.get("/appointment/cancel")
        await citizen.post("/appointment/cancel")
        await until(lambda: len(mail.came) == 2 and len(program.took) == 2, "the end was not told")
        await citizen.get("/memos")
        assert "2 unread memos" in citizen.text
    return reference


async def test_a_booking_is_told_by_mail_memo_and_webhook() -> None:
    async with mail_server() as mail, receiver() as program, told(mail) as counter:
        before = datetime.now(UTC)
        made = await webhooks(counter, "add", f"{program.address}/hook", "--department", "dsi")
        program.secret = made["secret"]
        reference = await follow(counter, mail, program)

        subjects = [letter["Subject"].partition(":")[0] for letter in mail.came]
        assert subjects == ["A sua marcação está confirmada", "A sua marcação foi cancelada"]
        assert [str(letter["To"]) for letter in mail.came] == [CONTACT] * 2
        entries = [next(iter(letter.iter_attachments())) for letter in mail.came]
        calendars = [
            Calendar.from_ical(cast(bytes, one.get_payload(decode=True))) for one in entries
        ]
        assert [str(one["METHOD"]) for one in calendars] == ["PUBLISH", "CANCEL"]
        uids = {str(one.walk("VEVENT")[0]["UID"]) for one in calendars}
        assert len(uids) == 1

        assert program.wrong == []
        assert [told["type"] for told in program.took] == [
            *("appointment.booked", "appointment.cancelled"),
        ]
        (known,) = (await webhooks(counter, "list"))["webhooks"]
        assert (known["id"], known["department"], known["active"]) == (made["id"], "dsi", True)
        assert "secret" not in known
        deliveries = (await webhooks(counter, "list", made["id"]))["deliveries"]
        assert [one["status"] for one in deliveries] == [204, 204]

        again = await webhooks(counter, "replay", made["id"], "--since", before.isoformat())
        assert again == {"deliveries": 2}
        await until(lambda: len(program.took) == 4, "not both were told again")
        assert sorted(program.ids) == sorted(program.ids[:2] * 2) and program.wrong == []
        first = str(deliveries[-1]["id"])
        await webhooks(counter, "replay", made["id"], "--delivery", first)
        await until(lambda: len(program.took) == 5, "the one was not told again")
        assert program.ids[-1] == deliveries[-1]["message"]

        refused = await counter.command("webhooks", "add", "ftp://program.example/")
        assert refused.returncode == 1 and b"bad_input" in refused.stderr
        refused = await counter.command("webhooks", "replay", made["id"], "--since", "yesterday")
        assert refused.returncode == 1 and b"bad_input" in refused.stderr
        await webhooks(counter, "remove", made["id"])
        assert await webhooks(counter, "list") == {"webhooks": []}
        gone = await counter.command("webhooks", "remove", made["id"])
        assert gone.returncode == 1 and b"not_found" in gone.stderr

        whole = json.dumps(program.took) + counter.log()
        for private in (NAME, "Maria", CONTACT, reference, made["secret"]):
            assert private not in whole
        _, line = await counter.audit()
        assert "the chain holds" in line


async def test_without_a_relay_a_notice_is_a_file(shared_counter: RunningCounter) -> None:
    async with aiohttp.ClientSession(
        shared_counter.address, cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as browser:
        reference = await booked(Citizen(cast(Any, browser)))
    notices = shared_counter.data / "notices"

    def ours() -> list[Path]:
        return [one for one in notices.glob("*.json") if f'"{CONTACT}"' in one.read_text()]

    await until(ours, "no file was written")
    (path,) = ours()
    notice = json.loads(path.read_text())
    assert (notice["to"], notice["language"]) == (CONTACT, "pt")
    assert notice["letter"]["subject"].startswith("A sua marcação está confirmada: ")
    assert "BEGIN:VCALENDAR" in notice["letter"]["calendar"]
    assert reference not in path.read_text() and NAME not in path.read_text()
    assert (notices.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
