"""Links to papers in wrong hands: over, hostile, too often, of others; on both engines."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from counter.documents.store_later import links_of
from counter.errors import NotFound
from counter.ids import (
    PageId,
)
from counter.store.journal_sql import read_all
from tests.app.later_house import CASE, FOREIGN, MINE, House, made, upload
from tests.documents.photographs import photograph
from tests.web.citizen.slow_senders import answered, drip
from tests.web.citizen.walk import Citizen
from web.api.limits import HOLDS_S
from web.citizen import later_pages
from web.citizen.uploads import AT_ONCE
from web.shared import csrf


async def test_every_link_that_does_not_hold_gives_one_same_page(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    first = await made(house, agent)
    second = await made(house, agent)
    assert first != second
    pages = set()
    for path in (first, "/papers/" + "x" * 43, "/papers/short", "/papers/", f"{second}/no/page"):
        await person.get(path)
        assert person.status == 410, path
        pages.add(person.text)
    assert len(pages) == 1 and "book a time" in person.text
    await person.get(second)
    token = person.value("csrf")
    await agent.get(f"/console/later/{CASE}")
    await agent.post(agent.action("/revoke"))
    assert "Taken back" in agent.text
    form = {"csrf": token}
    for below in ("", "/send", "/p-1/remove"):
        answer = await person.client.post(f"{second}{below}", data=form, headers=person.headers)
        assert answer.status == 410
    third = await made(house, agent, days=3)
    house.now += timedelta(days=4)
    await person.get(third)
    assert person.status == 410


async def test_hostile_files_are_refused_at_the_field_and_nothing_is_kept(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    await person.get(path)
    for content, said in (
        (b"hello", "no picture or PDF"),
        (b"", "Take a photograph or choose a file"),
        (b"%PDF-1.7" + b"\0" * 20 * 1024 * 1024, "at most 20 MB"),
    ):
        await upload(person, path, content)
        assert person.status == 422 and said in person.text
    house.reader.refusal = "pdf_active"
    await upload(person, path, b"%PDF-1.7")
    assert person.status == 422 and "Print it into a new PDF" in person.text
    await person.get(path)
    assert "Page 1" not in person.text
    assert not [one for one in house.folder.rglob("*") if one.is_file()]


async def test_who_is_not_of_the_department_finds_nothing(house: House, agent: Citizen) -> None:
    await house.case()
    await made(house, agent)
    (link,) = await house.executor.read(links_of, [CASE], house.now)
    agent.headers["X-Agent"] = FOREIGN
    await agent.get("/console/later")
    assert agent.status == 200 and "A013" not in agent.text
    forbidden = [
        house.console.one(FOREIGN, CASE),
        house.console.make(FOREIGN, CASE, house.item, 3),
        house.console.revoke(FOREIGN, CASE, link.link_id),
        house.console.decide(FOREIGN, CASE, PageId("p"), accept=True),
        house.console.image(FOREIGN, CASE, "0" * 64),
        house.console.one(MINE, "case-2"),
    ]
    for attempt in forbidden:
        with pytest.raises(NotFound):
            await attempt
    del agent.headers["X-Agent"]
    await agent.get("/console/later")
    assert agent.status == 401


async def test_no_token_is_logged_or_journalled(
    house: House,
    agent: Citizen,
    person: Citizen,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    await house.case()
    path = await made(house, agent)
    token = path.rsplit("/", 1)[1]
    await person.get(path)
    await person.client.post(path, data={"csrf": "wrong"}, headers=person.headers)
    await person.client.post(path, data={"csrf": "wrong"})
    await person.client.get(f"{path}/none/thumb", headers=person.headers)
    monkeypatch.setattr(house.reader, "read", lambda content: 1 / 0)
    await upload(person, path, photograph())
    assert person.status == 500
    assert "/papers/…" in caplog.text and token not in caplog.text
    assert not any(token in entry.body for entry in await house.executor.read(read_all))


async def test_who_asks_too_often_is_told_when_to_come_back(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    for asked, most in ((path, later_pages.PER_S), ("/papers/x", later_pages.UNKNOWN_PER_S)):
        statuses = []
        for _ in range(2 * most + 1):
            answer = await person.client.get(asked, headers=person.headers)
            statuses.append(answer.status)
        assert statuses[-1] == 429 and 429 not in statuses[:-1]
        house.seconds += HOLDS_S


async def test_one_address_asks_for_so_many_and_holds_up_nobody_else(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    person.headers["X-Forwarded-For"] = "198.51.100.7"
    asked = [
        (await person.get(one)).status
        for one in (path, "/papers/x") * (later_pages.OF_ONE_PER_S * HOLDS_S // 2)
    ]
    assert set(asked) == {200, 410}, "neither alone is asked too often"
    for one in (path, "/papers/x"):
        assert (await person.get(one)).status == 429
        assert person.answered["Retry-After"] == "1"
    person.headers["X-Forwarded-For"] = "198.51.100.8"
    assert (await person.get(path)).status == 200


async def test_one_address_sends_so_many_at_once_however_slowly(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    port = person.client.port
    slow = [await drip(port, path, "198.51.100.7") for _ in range(AT_ONCE + 1)]
    assert await answered(slow) == [429]
    for one in slow:
        one.close()


async def test_a_body_that_drips_is_cut_off(
    house: House, agent: Citizen, person: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csrf, "BODY_S", 0.05)
    await house.case()
    path = await made(house, agent)
    await person.get(path)

    async def drips() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'
        await never.wait()

    never = asyncio.Event()
    headers = person.headers | {"Content-Type": "multipart/form-data; boundary=b"}
    async with asyncio.timeout(20):
        answer = await person.client.post(path, data=drips(), headers=headers)
    assert answer.status == 400
