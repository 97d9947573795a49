"""How often, how much and from where anybody may ask."""

import asyncio

import pytest
from aiohttp.test_utils import TestServer

from counter.esign.pdf_refusals import CheckBusy, DocumentHeavy
from tests.esign.ceremonies import SigningCounter
from tests.esign.checks.asking_checks import Time, send
from tests.web.citizen.slow_senders import answered, drip
from tests.web.citizen.walk import Citizen
from web.api.limits import HOLDS_S
from web.citizen.check_pages import (
    CHECKS_OF_ONE_AT_ONCE,
    CHECKS_OF_ONE_PER_S,
    CHECKS_PER_S,
    REFERENCES_OF_ONE_PER_S,
    RESTS_S,
)

TOO_OFTEN = {
    "zh-MO": "短時間內嘗試次數太多",
    "zh-CN": "短时间内尝试次数太多",
    "pt": "Demasiadas tentativas em pouco tempo",
    "en": "Too many tries in a short time",
}


@pytest.mark.one_engine
async def test_who_asks_too_often_waits_and_holds_up_nobody_else(
    person: Citizen, passing: Time
) -> None:
    async def asked(address: str) -> int:
        await person.get("/check")
        person.headers["X-Forwarded-For"] = address
        return (await send(person, "/check", b"%PDF-", passing, seconds=0)).status

    # Addresses of one household are one.
    at_once = HOLDS_S * CHECKS_OF_ONE_PER_S
    assert {await asked(f"2001:db8:1:2::{number}") for number in range(at_once)} == {422}
    for language, words in TOO_OFTEN.items():
        person.headers["Accept-Language"] = language
        assert await asked("2001:db8:1:2::ff") == 429
        assert words in person.text
        assert person.answered["Retry-After"] == "1"
    assert await asked("2001:db8:1:3::1") == 422
    passing.s += HOLDS_S
    assert await asked("2001:db8:1:2::ff") == 422


@pytest.mark.one_engine
async def test_who_sends_too_often_is_refused_before_anything_has_arrived(
    server: TestServer, person: Citizen, passing: Time
) -> None:
    at_once = HOLDS_S * CHECKS_OF_ONE_PER_S
    for path in ("/check", "/c/0123456789abcdef0123456789abcdef"):
        slow = [await drip(server.port, path, "198.51.100.7") for _ in range(at_once + 1)]
        assert await answered(slow) == [429]
        for one in slow:
            one.close()
        passing.s += HOLDS_S
    person.headers["X-Forwarded-For"] = "198.51.100.8"
    assert (await send(person, "/check", b"%PDF-", passing, seconds=0)).status == 422


TOO_LARGE = {
    "zh-MO": "送出的檔案太大",
    "zh-CN": "提交的文件太大",
    "pt": "O que foi enviado é demasiado grande",
    "en": "What was sent is too large",
}


@pytest.mark.one_engine
@pytest.mark.parametrize("language", TOO_LARGE)
async def test_what_is_too_large_is_refused_before_it_has_arrived(
    server: TestServer, language: str
) -> None:
    sent = await drip(server.port, "/check", "198.51.100.7", 10**9, language)
    assert await answered([sent]) == [413]
    assert TOO_LARGE[language] in await sent.page()
    sent.close()


@pytest.mark.one_engine
async def test_all_addresses_together_have_a_limit_too(person: Citizen, passing: Time) -> None:
    said = []
    for number in range(HOLDS_S * CHECKS_PER_S + 1):
        person.headers["X-Forwarded-For"] = f"198.51.100.{number}"
        said.append((await send(person, "/check", b"%PDF-", passing, seconds=0)).status)
    assert said == [422] * HOLDS_S * CHECKS_PER_S + [429]


@pytest.mark.one_engine
async def test_one_address_has_two_files_looked_at_at_a_time(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    looking, seen = asyncio.Event(), asyncio.Semaphore(0)

    async def looks(*_: object) -> object:
        seen.release()
        await looking.wait()
        raise CheckBusy("the test is over")

    async def sent(address: str) -> tuple[int, str]:
        browser = Citizen(person.client)
        browser.headers["X-Forwarded-For"] = address
        await send(browser, "/check", sealed, passing)
        return browser.status, browser.answered.get("Retry-After", "")

    counter.checks.check = looks  # type: ignore[method-assign, assignment]
    waiting = [asyncio.create_task(sent("198.51.100.7")) for _ in range(CHECKS_OF_ONE_AT_ONCE)]
    for _ in waiting:
        await seen.acquire()
    assert await sent("198.51.100.7") == (429, str(HOLDS_S))
    other = asyncio.create_task(sent("198.51.100.8"))
    await seen.acquire()
    looking.set()
    assert await asyncio.gather(*waiting, other) == [(503, "60")] * 3
    assert await sent("198.51.100.7") == (503, "60")


@pytest.mark.one_engine
async def test_an_address_whose_file_used_up_its_time_rests_for_a_minute(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    async def heavy(*_: object) -> object:
        raise DocumentHeavy("a process ended over it")

    counter.checks.check = heavy  # type: ignore[method-assign, assignment]
    person.headers["X-Forwarded-For"] = "198.51.100.7"
    assert (await send(person, "/check", b"%PDF-", passing)).status == 422
    assert (await send(person, "/check", b"%PDF-", passing, seconds=1)).status == 429
    assert person.answered["Retry-After"] == str(RESTS_S - 1)
    person.headers["X-Forwarded-For"] = "198.51.100.8"
    assert (await send(person, "/check", b"%PDF-", passing, seconds=0)).status == 422
    person.headers["X-Forwarded-For"] = "198.51.100.7"
    assert (await send(person, "/check", b"%PDF-", passing, seconds=RESTS_S)).status == 422


@pytest.mark.one_engine
async def test_codes_are_tried_out_slowly_by_one_address(person: Citizen) -> None:
    path = "/c/0123456789abcdef0123456789abcdef"
    person.headers["X-Forwarded-For"] = "198.51.100.7"
    said = [(await person.get(path)).status for _ in range(HOLDS_S * REFERENCES_OF_ONE_PER_S + 1)]
    assert said == [404] * HOLDS_S * REFERENCES_OF_ONE_PER_S + [429]
    person.headers["X-Forwarded-For"] = "198.51.100.8"
    assert (await person.get(path)).status == 404
