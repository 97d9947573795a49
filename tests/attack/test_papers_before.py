"""Papers before the trip at a running counter: files that are none, and people who may not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from counter.documents.sample_page import sample_photograph
from tests.attack.conftest import Attacker
from tests.attack.test_files_and_races import hostile
from tests.e2e.running import RunningCounter
from tests.web.citizen.walk import Citizen

pytestmark = [pytest.mark.pairs, pytest.mark.timeout(600)]

LIST = "/appointment/papers"
DRAWN = {"no_page_found", "page_cut_off", "page_blank"}
"Codes that are advice here: a picture it is."


@asynccontextmanager
async def browser(target: RunningCounter) -> AsyncIterator[Citizen]:
    jar = aiohttp.CookieJar(unsafe=True)
    headers = {"Accept-Language": "en"}
    async with aiohttp.ClientSession(target.address, cookie_jar=jar, headers=headers) as session:
        yield Citizen(cast(Any, session))


async def send(person: Citizen, path: str, content: bytes) -> None:
    form = aiohttp.FormData({"csrf": person.value("csrf")})
    form.add_field("photograph", content, filename="x.jpg", content_type="image/jpeg")
    await person._take(await person.client.post(path, data=form, headers=person.headers))


async def booked(person: Citizen, nth: int) -> str:
    """Book, and open the first paper; its address."""
    # Not tomorrow: its first time may begin while this is looked at.
    day = (datetime.now(UTC) + timedelta(hours=8, days=2)).date().isoformat()
    await person.book(day, nth)
    await person.get(LIST)
    path = person.links(f"{LIST}/")[0]
    await person.get(path)
    return path


def kept(target: RunningCounter) -> list[Path]:
    return [path for path in (target.data / "blobs").rglob("*") if path.is_file()]


async def test_hostile_files_become_advice_or_a_refusal_and_nothing_else(
    target: RunningCounter,
) -> None:
    photograph = sample_photograph(7)
    before = set(kept(target))
    async with browser(target) as person:
        path = await booked(person, 0)
        for name, (content, codes) in hostile(photograph).items():
            await person.get(f"{path}?again=1")
            await send(person, path, content)
            if person.status == 200:
                assert codes & DRAWN, name
                assert "Use it all the same" in person.text, name
            else:
                assert 400 <= person.status < 500 or person.status == 503, name
        await person.get(f"{path}?again=1")
        await send(person, path, photograph)
        assert "The photograph looks good" in person.title
        new = set(kept(target)) - before
        assert len(new) == 2, "of the last one, and sealed"
        assert not any(file.read_bytes()[:3] == b"\xff\xd8\xff" for file in new)
        await person.post(f"{path}/take-back")
        assert not set(kept(target)) - before


async def test_only_the_holder_and_the_department_see_a_paper(attacker: Attacker) -> None:
    target = attacker.target
    async with browser(target) as person, browser(target) as stranger:
        path = await booked(person, 1)
        await send(person, path, sample_photograph(8))
        ((appointment, item),) = target.facts(
            "select appointment_id, item from advance_paper order by taken_at desc limit 1"
        )
        await stranger.get("/appointment")
        for asked in (LIST, path, f"{path}/thumb/1"):
            await stranger.get(asked)
            assert stranger.path == "/appointment"
        await send(stranger, path, sample_photograph(9))
        assert stranger.path == "/appointment"
        page = f"/console/papers/{appointment}/{item}/page/1"
        for agent, status in (("lei", 200), ("ana", 404)):
            token = await attacker.token("agent", agent)
            headers = {"Authorization": f"Bearer {token}"}
            async with aiohttp.ClientSession(target.address, headers=headers) as console:
                for asked in (f"/console/papers/{appointment}", page):
                    async with console.get(asked) as answer:
                        assert answer.status == status, (agent, asked)
                async with console.get("/console/papers") as answer:
                    assert (appointment in await answer.text()) == (status == 200)
        await person.get("/appointment/cancel")
        await person.post("/appointment/cancel")
        await person.get(LIST)
        assert person.path == "/appointment/view"
