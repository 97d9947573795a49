"""Anybody asks whether a document is sound: with its file, and with the code on its paper."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
import pypdfium2
import pytest
import zxingcpp
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser
from sqlalchemy import delete

from counter.esign import store_archive
from counter.esign.audit_pack import opened
from counter.esign.check_pool import CheckPool
from counter.esign.check_service import Checked
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.keys_files import load_certificate
from counter.esign.pdf_refusals import CheckBusy, DocumentHeavy
from counter.esign.pki_development import ensure
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_archive_table import esign_archive
from counter.esign.store_endings import void
from counter.esign.store_tables import esign_ticket
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import Found
from counter.store.executor import Executor
from tests.esign.bad_files import BAD
from tests.esign.ceremonies import CASE, CITIZEN_NAME, SigningCounter, signing_counter
from tests.esign.conftest import FILLED, NOW
from tests.esign.tampering import ATTACKS
from tests.web.citizen.slow_senders import answered, drip
from tests.web.citizen.test_browser import AXE, SIDEWAYS, SMALL, VIOLATIONS
from tests.web.citizen.walk import Citizen
from tests.web.fakes import FakeBooking, citizen_app
from web.api.limits import HOLDS_S, Limits
from web.citizen.check_pages import (
    CHECKS_OF_ONE_AT_ONCE,
    CHECKS_OF_ONE_PER_S,
    CHECKS_PER_S,
    REFERENCES_OF_ONE_PER_S,
    RESTS_S,
    CheckDeps,
    routes,
)
from web.citizen.check_words import plain

NEXT_DAY = NOW + timedelta(days=1)
OLDER = Path(__file__).parent / "packs" / "2026-11.asice"
"Of a counter with keys of its own: a stranger's, whose fields are called like ours."


class Time:
    """Seconds that go by as the test says."""

    def __init__(self) -> None:
        self.s = 0.0
        self.today = NOW

    def __call__(self) -> float:
        return self.s


@pytest.fixture
async def counter(
    executor: Executor,
    examiner: CheckPool,
    pool: SignPool,
    stamps: HttpStamps,
    forms: Forms,
    glyphs: GlyphTable,
    new_id: Callable[[], str],
) -> SigningCounter:
    return await signing_counter(executor, examiner, pool, stamps, forms, glyphs, new_id)


@pytest.fixture
def passing() -> Time:
    return Time()


@pytest.fixture
async def server(counter: SigningCounter, forms: Forms, passing: Time) -> AsyncIterator[TestServer]:
    booking = FakeBooking()
    app = citizen_app(
        booking, lambda: NOW, body_limit_bytes=30 * 1024 * 1024, proxies=("127.0.0.0/8", "::1/128")
    )
    app.add_routes(
        routes(
            CheckDeps(
                checks=counter.checks,
                forms=forms,
                catalogue=booking.catalogue,
                now=lambda: passing.today,
                limits=Limits(passing),
            )
        )
    )
    made = TestServer(app)
    await made.start_server()
    yield made
    await made.close()


@pytest.fixture
async def person(server: TestServer) -> AsyncIterator[Citizen]:
    client: Any = TestClient(server, headers={"Accept-Language": "en"})
    await client.start_server()
    yield Citizen(client)
    await client.close()


async def send(
    person: Citizen, path: str, content: bytes, passing: Time, seconds: float = 60
) -> Citizen:
    """seconds: that went by since what was sent last."""
    passing.s += seconds
    await person.get(path)
    form = aiohttp.FormData({"csrf": person.value("csrf")})
    form.add_field("document", content, filename="form.pdf", content_type="application/pdf")
    answer = await person.client.post(path, data=form, headers=person.headers)
    return await person._take(answer)


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_years_later_it_is_genuine_all_the_same_and_its_timestamps_have_ended(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    passing.today = NOW + timedelta(days=4 * 366)
    for language, (title, meaning, ended) in {
        "en": ("Genuine and unchanged", "our record goes on proving it", "ended on"),
        "pt": ("Autêntico e inalterado", "o nosso registo continua a prová-lo", "expirou em"),
        "zh-Hant": ("真確，未經改動", "我們的記錄仍可證明", "到期"),
        "zh-Hans": ("真确，未经改动", "我们的记录仍可证明", "到期"),
    }.items():
        person.headers["Accept-Language"] = language
        await send(person, "/check", sealed, passing)
        assert person.title.startswith(title) and "vc-verdict--green" in person.body
        assert meaning in person.text and person.text.count(ended) >= 4
        assert "2029" in person.text
    person.headers["Accept-Language"] = "en"
    await send(person, "/check", sealed, passing)
    assert "Changed since it was signed No" in person.text
    assert "Does not hold" not in person.text and "Not valid" not in person.text
    assert "the timestamps have ended" in person.text
    await send(person, "/check", ATTACKS["a page painted over"](sealed), passing)
    assert person.title.startswith("Not valid") and "Ended" not in person.text


@pytest.mark.one_engine
async def test_it_is_genuine_all_the_same_when_its_roots_are_trusted_no_more(
    counter: SigningCounter,
    person: Citizen,
    passing: Time,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sealed = await counter.sealed()
    others = [load_certificate(path.read_bytes()) for path in ensure(tmp_path, NOW).roots]

    async def check(pdf: bytes, now: datetime) -> tuple[Found, bytes]:
        return await validate(pdf, others, now), b""

    monkeypatch.setattr(counter.checks._examiner, "check", check)
    path = counter.addresses[-1].removeprefix("https://counter.example")
    for language, (title, meaning) in {
        "en": ("Genuine and unchanged", "Whom it trusts today does not say whose"),
        "pt": ("Autêntico e inalterado", "Aqueles em quem hoje confia não dizem"),
        "zh-Hant": ("真確，未經改動", "現時所信任的機構未能證明"),
        "zh-Hans": ("真确，未经改动", "现时所信任的机构未能证明"),
    }.items():
        person.headers["Accept-Language"] = language
        for where in ("/check", path):
            await send(person, where, sealed, passing)
            assert person.title.startswith(title) and "vc-verdict--green" in person.body
            assert meaning in person.text
    person.headers["Accept-Language"] = "en"
    await send(person, path, sealed, passing)
    assert "Changed since it was signed No" in person.text
    assert "Does not hold" not in person.text and "Not valid" not in person.text
    await send(person, path, ATTACKS["a page painted over"](sealed), passing)
    assert person.title.startswith("Not valid")


@pytest.mark.one_engine
async def test_a_sealed_document_is_genuine_and_a_changed_one_is_not(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    await send(person, "/check", sealed, passing)
    assert person.status == 200 and person.title.startswith("Genuine and unchanged")
    assert "Changed since it was signed No" in person.text
    assert "Applicant Holds" in person.text and "Seal of the department Holds" in person.text
    assert "Development Department Seal" in person.text
    assert "The archive's timestamp follows by itself." in person.text
    assert CITIZEN_NAME not in person.body
    report = re.search(r'href="data:application/xml;base64,([^"]+)" download', person.body)
    assert report
    xml = ET.fromstring(base64.b64decode(report[1]))
    space = "{http://uri.etsi.org/19102/v1.2.1#}"
    assert len(xml.findall(f"{space}SignatureValidationReport")) == 4
    assert xml.findtext(f".//{space}PolicyName") == "counter-validation-1"
    for attack in ("a page painted over", "bytes behind the end", "a new field"):
        await send(person, "/check", ATTACKS[attack](sealed), passing)
        assert person.status in (200, 422)
        assert person.title.startswith("Not valid") or "This PDF is damaged" in person.text
    await send(person, "/check", ATTACKS["a page painted over"](sealed), passing)
    assert "Changed since it was signed Yes" in person.text


@pytest.mark.one_engine
async def test_a_stranger_s_file_is_called_by_none_of_our_roles(
    person: Citizen, passing: Time
) -> None:
    """Its fields are called like ours, and its timestamps are by an authority of its own."""
    theirs = opened(OLDER.read_bytes())
    for language, (tag, field, level) in {
        "en": ("Signer not known", "In the field “Citizen”", "says when"),
        "pt": ("Signatário desconhecido", "No campo «Citizen»", "diz quando"),
        "zh-Hant": ("簽署者不明", "在欄位「Citizen」", "沒有我們信任的機構證明時間"),
        "zh-Hans": ("签署者不明", "在字段“Citizen”", "没有我们信任的机构证明时间"),
    }.items():
        person.headers["Accept-Language"] = language
        await send(person, "/check", theirs.files["document.pdf"], passing)
        assert "vc-verdict--yellow" in person.body, language
        assert person.title.startswith(tag) and person.text.count(tag) >= 5
        assert field in person.text and level in person.text
        assert "Development Department Seal" in person.text
    person.headers["Accept-Language"] = "en"
    await send(person, "/check", theirs.files["document.pdf"], passing)
    for role in ("Applicant", "Officer at the counter", "Seal of the department"):
        assert role not in person.text
    assert "Does not hold" not in person.text and " Holds" not in person.text
    assert person.text.count("Certificate issued by: ") == 4
    assert person.text.count("as the file says; nobody whom we trust says so") == 4


@pytest.mark.one_engine
async def test_what_cannot_be_read_gets_advice_and_no_verdict(
    person: Citizen, passing: Time
) -> None:
    for name, words in {
        "a web page": "This file is not a PDF",
        "no root": "This PDF is damaged",
        "two tables": "This PDF is read in two ways",
        "many bytes": "What was sent is too large",
    }.items():
        await send(person, "/check", BAD[name][1](b""), passing)
        assert person.status in (413, 415, 422) and words in person.text, name
    await person.post("/check")
    assert person.status == 422 and "Choose the PDF that you were given" in person.text


@pytest.mark.one_engine
async def test_the_code_on_the_paper_leads_to_the_record_and_never_to_the_document(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    pages = pypdfium2.PdfDocument(sealed)
    read = {zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil())[0].text for page in pages}
    assert read == set(counter.addresses) and len(read) == 1
    path = read.pop().removeprefix("https://counter.example")
    await person.get(path)
    assert person.status == 200
    assert "Identification Services Bureau" in person.text
    said = " ".join(person.text.split())
    assert f"Case number {FILLED['case_number']}" in said, "as on each page"
    assert f"Pages {len(pages)}" in said
    digest = (await counter.checks.check(sealed, "", NOW)).found.sha256
    assert digest[:12] in person.text and digest not in person.body
    assert CITIZEN_NAME not in person.body and "%PDF" not in person.body
    await send(person, path, sealed, passing)
    assert person.title.startswith("Genuine and unchanged")
    # What is sound by itself is not the document of another's code.
    other = await counter.sealed()
    await send(person, path, other, passing)
    assert person.title.startswith("Not the document of our record")


VOIDED = {
    "zh-MO": "已簽署，並已由部門於2026年11月24日",
    "zh-CN": "已签署，并已由部门于2026年11月24日",
    "pt": "Assinado, e retirado pelo serviço em terça-feira, 24 de novembro de 2026",
    "en": "Signed, and taken back by the department on Tuesday",
}


@pytest.mark.one_engine
async def test_what_was_taken_back_says_so_first_in_each_language(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    ceremony_id = (await counter.esign.ceremonies(CASE))[0].ceremony_id
    await counter.executor.write(
        void, CASE, ceremony_id, "wrong_person", by="agent:a", audiences=nobody, now=NEXT_DAY
    )
    path = counter.addresses[-1].removeprefix("https://counter.example")
    for language, words in VOIDED.items():
        person.headers["Accept-Language"] = language
        await person.get(path)
        assert person.title.startswith(words), person.title
    for where in ("/check", path):
        await send(person, where, sealed, passing)
        assert person.title.startswith(words), person.title
        assert "vc-verdict--red" in person.body and "vc-verdict--green" not in person.body
    # Something else under its code is not it; that it was taken back is said all the same.
    await send(person, path, ATTACKS["a page painted over"](sealed), passing)
    assert person.title.startswith("Not valid") and "Taken back Tuesday" in person.text


async def test_what_the_archive_refused_is_not_promised(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    job = await counter.executor.write(store_archive.take, NOW)
    assert job is not None
    code = "certificate_revoked"
    await counter.executor.write(store_archive.failed, job, code, NEXT_DAY, NOW)
    await send(person, "/check", sealed, passing)
    assert "A certificate in it was revoked. Ask the department." in person.text
    assert "follows by itself" not in person.text
    assert "vc-verdict--yellow" in person.body


UNRECORDED = {
    "zh-MO": "我們的記錄沒有載明由誰簽署",
    "zh-CN": "我们的记录没有载明由谁签署",
    "pt": "O nosso registo não diz quem assinou",
    "en": "Our record does not say who signed it",
}


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.one_engine
async def test_what_was_sealed_before_signatures_were_recorded_is_known_by_its_bytes(
    counter: SigningCounter, person: Citizen, passing: Time, archived: bool
) -> None:
    sealed = await counter.sealed()
    for table in (esign_ticket, esign_archive) if archived else (esign_ticket,):
        await counter.executor.write(emptied, table)
    for language, words in UNRECORDED.items():
        person.headers["Accept-Language"] = language
        await person.get(counter.addresses[-1].removeprefix("https://counter.example"))
        assert words in person.text
    await send(person, "/check", sealed, passing)
    assert words in person.text and "vc-verdict--green" in person.body
    assert person.title.startswith("Genuine and unchanged")
    # Other bytes are not in the record, whatever their signatures say.
    await send(person, "/check", ATTACKS["bytes behind the end"](sealed), passing)
    assert person.title.startswith("Not valid") or "This PDF is damaged" in person.text


def emptied(conn: Any, table: Any) -> None:
    conn.execute(delete(table))


@pytest.mark.parametrize(
    ("days", "trusted", "words"),
    [
        (1, True, "after it had signed: it still counts."),
        (-1, False, "before it signed: it does not count."),
    ],
)
@pytest.mark.one_engine
async def test_who_checks_is_told_when_a_certificate_was_revoked(
    counter: SigningCounter,
    person: Citizen,
    passing: Time,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    trusted: bool,
    words: str,
) -> None:
    sealed, look = await counter.sealed(), counter.checks.check

    async def by_the_file(pdf: bytes, reference: str, now: datetime) -> Checked:
        checked = await look(pdf, reference, now)
        first, one, *others = checked.found.signatures
        one = replace(one, revoked_at=NOW + timedelta(days=days), trusted=trusted)
        found = replace(checked.found, signatures=(first, one, *others))
        return replace(checked, found=found)

    monkeypatch.setattr(counter.checks, "check", by_the_file)
    await send(person, "/check", sealed, passing)
    assert words in person.text
    assert person.text.count("Its certificate was revoked on") == 1
    assert ("Applicant Holds" in person.text) == trusted


def nobody(conn: Any, case_id: str) -> list[str]:
    return []


async def test_a_code_that_nobody_was_given_says_nothing(
    counter: SigningCounter, person: Citizen
) -> None:
    await person.get("/c/0123456789abcdef0123456789abcdef")
    assert person.status == 404
    await counter.esign.present(
        CASE, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=NOW
    )
    # A form that nobody has signed yet is nobody's business.
    await person.get(counter.addresses[-1].removeprefix("https://counter.example"))
    assert person.status == 404


TOO_OFTEN = {
    "zh-MO": "短時間內嘗試次數太多",
    "zh-CN": "短时间内尝试次数太多",
    "pt": "Demasiadas tentativas em pouco tempo",
    "en": "Too many tries in a short time",
}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Chan Tai Man, DSI", "Chan Tai Man, DSI"),
        ("陳大文", "陳大文"),
        ("\u202egnp.exe\u2066 a\n\tb\x00c", "gnp.exe a b c"),
        ("x" * 500, "x" * 120 + " …"),
        ("\u200b\u200b", ""),
    ],
)
def test_what_a_stranger_s_file_says_of_itself_is_one_plain_line(said: str, shown: str) -> None:
    assert plain(said) == shown


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


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
@pytest.mark.parametrize("locale", ["zh-MO", "pt-PT"])
async def test_the_pages_can_be_used_by_everybody(
    chromium: Browser,
    counter: SigningCounter,
    server: TestServer,
    locale: str,
    passing: Time,
) -> None:
    sealed = await counter.sealed()
    files = {
        "genuine": sealed,
        "changed": ATTACKS["a page painted over"](sealed),
        "stranger": opened(OLDER.read_bytes()).files["document.pdf"],
        "web": b"<html>",
    }
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844},
        locale=locale,
        has_touch=True,
        base_url=f"http://127.0.0.1:{server.port}",
    )
    page = await context.new_page()
    wrong: list[str] = []

    async def see(name: str) -> None:
        passing.s += 60
        await page.evaluate(AXE)
        wrong.extend(f"{name}: axe {one}" for one in await page.evaluate(VIOLATIONS))
        wrong.extend(f"{name}: small {one}" for one in await page.evaluate(SMALL))
        await page.set_viewport_size({"width": 320, "height": 640})
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 320 px")
        await page.set_viewport_size({"width": 390, "height": 844})

    try:
        await page.goto("/check")
        await see("form")
        for name, content in files.items():
            await page.goto("/check")
            await page.set_input_files(
                "#document",
                {"name": "form.pdf", "mimeType": "application/pdf", "buffer": content},
            )
            # By keyboard: from the file to the button.
            await page.focus("#document")
            async with page.expect_navigation():
                await page.locator("form[enctype] button").press("Enter")
            await see(name)
        await page.goto(counter.addresses[-1].removeprefix("https://counter.example"))
        await see("record")
    finally:
        await context.close()
    assert wrong == []
