"""Signed documents on their way home: the link, its page, and what the department sees of it."""

import hashlib
import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser, Page
from sqlalchemy import Connection, update

from counter.errors import NotFound
from counter.esign import store_issued
from counter.esign.form_typst import shipped_forms
from counter.esign.issued_service import IssuedService
from counter.esign.issued_sql import SqlIssued
from counter.esign.refusals import DocumentUnknown, IssueOver
from counter.esign.store_tables import ceremony, esign_document, esign_revision
from counter.ids import CaseId
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from tests.documents.photographs import chance
from tests.web.citizen.test_browser import AXE, SIDEWAYS, SMALL, VIOLATIONS
from tests.web.fake_counter import FakeSessions
from tests.web.fakes import places
from web.api.limits import Limits
from web.citizen.issued_pages import IssuedDeps, routes
from web.shared.setup import Base, install
from web.shared.spoken_path import spoken_path

CASE, OTHER = CaseId("case-1"), CaseId("case-2")
PDF = b"%PDF-1.7 sealed"
SEALED = hashlib.sha256(PDF).hexdigest()
SECRET = b"d" * 32


class Files:
    """Every document of every case; who may have which is not decided here."""

    async def pdf(self, case_id: CaseId, sha256: str) -> bytes:
        return PDF


@pytest.fixture
def service(executor: Executor) -> IssuedService:
    ids = iter(f"link-{number}" for number in range(1, 100))
    return IssuedService(SqlIssued(executor), Files(), lambda: next(ids), SECRET)


def signed(conn: Connection, case_id: str, state: str, now: datetime, *, order: int = 1) -> None:
    """Write down that a form of this case was signed; with its seal, or without one yet."""
    name = f"{case_id}-{order}"
    conn.execute(
        esign_document.insert().values(
            id=f"d-{name}",
            case_id=case_id,
            form="certificate_application",
            form_version=1,
            data={},
            data_sha256="0" * 64,
            created_at=now,
        )
    )
    sealed = SEALED if state == "sealed" else None
    conn.execute(
        ceremony.insert().values(
            id=f"c-{name}",
            case_id=case_id,
            document_id=f"d-{name}",
            state=state,
            version=1,
            language="pt",
            sha256="1" * 64,
            pages=1,
            seen=[1],
            sealed_sha256=sealed,
            created_at=now,
            order_in_case=order,
        )
    )
    if sealed:
        conn.execute(
            esign_revision.insert().values(
                document_id=f"d-{name}",
                sha256=sealed,
                kind="sealed",
                pages=1,
                size_bytes=len(PDF),
                created_at=now,
            )
        )


async def closed(
    executor: Executor, service: IssuedService, now: datetime, state: str = "sealed"
) -> str | None:
    """A case with one form, closed; the token of its link."""

    def close(conn: Connection) -> str | None:
        signed(conn, CASE, state, now)
        store_issued.issue(conn, CASE, service.new_link, now)
        link = store_issued.link_of(conn, CASE, now)
        return link.link_id if link else None

    link_id = await executor.write(close)
    return None if link_id is None else service.token(link_id)


async def said(executor: Executor) -> list[dict[str, Any]]:
    """The journal."""
    return [json.loads(one.body) for one in await executor.read(read_all)]


@pytest.mark.parametrize("state", ["presented", "consented", "declined", "withdrawn"])
async def test_where_nobody_signed_there_is_nothing_to_take(
    executor: Executor, service: IssuedService, now: datetime, state: str
) -> None:
    assert await closed(executor, service, now, state) is None


async def test_the_link_is_made_once_and_leads_to_what_is_finished(
    executor: Executor, service: IssuedService, now: datetime
) -> None:
    token = await closed(executor, service, now)
    assert token is not None
    await executor.write(store_issued.issue, CASE, service.new_link, now)
    found = await service.issued(token, now)
    assert [one.sha256 for one in found.documents] == [SEALED]
    assert (found.being_sealed, found.documents[0].size_bytes) == (0, len(PDF))
    assert token not in str(await executor.read(read_all)), "only its digest is kept"


async def test_nothing_leaves_before_it_is_sealed(
    executor: Executor, service: IssuedService, now: datetime
) -> None:
    token = await closed(executor, service, now, "signing")
    assert token is not None
    found = await service.issued(token, now)
    assert (found.documents, found.being_sealed) == ((), 1)
    with pytest.raises(DocumentUnknown):
        await service.pdf(token, SEALED, now)


async def test_a_link_takes_no_document_of_another_case(
    executor: Executor, service: IssuedService, now: datetime
) -> None:
    token = await closed(executor, service, now, "signing")
    assert token is not None
    await executor.write(signed, OTHER, "sealed", now)
    with pytest.raises(DocumentUnknown):
        await service.pdf(token, SEALED, now)
    assert await executor.read(store_issued.deliveries_of, CASE) == ()


async def test_what_was_taken_is_a_fact_and_is_journalled_once(
    executor: Executor, service: IssuedService, now: datetime
) -> None:
    token = await closed(executor, service, now)
    assert token is not None
    later = now + timedelta(hours=1)
    assert await service.pdf(token, SEALED, now) == PDF
    assert await service.pdf(token, SEALED, later) == PDF
    [one] = await executor.read(store_issued.deliveries_of, CASE)
    assert (one.sha256, one.channel, one.first_at, one.times) == (SEALED, "link", now, 2)
    entries = [one for one in await said(executor) if one["action"] == "document.delivered"]
    assert [(one["subject"], one["facts"]) for one in entries] == [
        (f"case:{CASE}", {"sha256": SEALED, "channel": "link"})
    ]


async def test_it_works_to_the_end_of_its_last_day(
    executor: Executor, service: IssuedService, now: datetime
) -> None:
    token = await closed(executor, service, now)
    assert token is not None
    until = (await service.issued(token, now)).link.expires_at
    assert timedelta(days=30) <= until - now < timedelta(days=31)
    await service.issued(token, until - timedelta(seconds=1))
    with pytest.raises(IssueOver):
        await service.issued(token, until)


async def test_the_department_takes_it_back(
    executor: Executor, service: IssuedService, now: datetime
) -> None:
    token = await closed(executor, service, now)
    assert token is not None
    for _ in range(2):
        await executor.write(lambda conn: store_issued.revoke(conn, CASE, by="agent:lei", now=now))
    assert await executor.read(store_issued.link_of, CASE, now) is None
    with pytest.raises(IssueOver):
        await service.pdf(token, SEALED, now)
    with pytest.raises(NotFound):
        await executor.write(lambda conn: store_issued.revoke(conn, OTHER, by="agent:lei", now=now))
    assert [one["action"] for one in await said(executor)] == [
        "documents.link_made",
        "documents.link_revoked",
    ]


async def test_what_the_archive_made_of_it_is_given_out_and_noted(
    executor: Executor, service: IssuedService, now: datetime
) -> None:
    token = await closed(executor, service, now)
    assert token is not None
    archived, renewed = "a" * 64, "b" * 64

    def add(conn: Connection, sha256: str, parent: str, size_bytes: int) -> None:
        conn.execute(
            esign_revision.insert().values(
                document_id=f"d-{CASE}-1",
                sha256=sha256,
                parent_sha256=parent,
                kind="archived",
                pages=1,
                size_bytes=size_bytes,
                created_at=now,
            )
        )

    # The younger one first, and at the same moment: what counts is whose child it is.
    await executor.write(lambda conn: add(conn, renewed, archived, 30))
    await executor.write(lambda conn: add(conn, archived, SEALED, 20))
    [one] = (await service.issued(token, now)).documents
    assert (one.sha256, one.size_bytes) == (renewed, 30)
    await service.pdf(token, renewed, now)
    # Whose page is from before takes what it names, and that is what is noted.
    await service.pdf(token, SEALED, now)
    taken = await executor.read(store_issued.deliveries_of, CASE)
    assert {one.sha256 for one in taken} == {renewed, SEALED}
    await executor.write(lambda conn: conn.execute(update(ceremony).values(state="voided")))
    for sha256 in (SEALED, archived, renewed):
        with pytest.raises(DocumentUnknown):
            await service.pdf(token, sha256, now)


async def test_a_document_that_was_voided_leaves_no_more(
    executor: Executor, service: IssuedService, now: datetime
) -> None:
    token = await closed(executor, service, now)
    assert token is not None
    await executor.write(lambda conn: conn.execute(update(ceremony).values(state="voided")))
    assert (await service.issued(token, now)).documents == ()
    with pytest.raises(DocumentUnknown):
        await service.pdf(token, SEALED, now)


@pytest.fixture
async def client(
    executor: Executor, service: IssuedService, now: datetime
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application()
    install(
        app,
        Base(
            sessions=FakeSessions(),
            random_bytes=chance(),
            secret=b"s" * 32,
            secure=False,
            proxies=("127.0.0.0/8", "::1/128"),
        ),
    )

    async def catalogue() -> Any:
        return places()

    async def service_of(case_id: CaseId) -> str:
        return "dsi-bir"

    app.add_routes(
        routes(
            IssuedDeps(
                documents=service,
                forms=shipped_forms(),
                catalogue=catalogue,
                service_of=service_of,
                now=lambda: now,
                limits=Limits(lambda: 0.0),
            )
        )
    )
    server = TestServer(app)
    await server.start_server(access_log=None)
    async with TestClient(server) as made:
        yield made


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_the_page_names_the_documents_and_gives_them(
    executor: Executor, service: IssuedService, client: Any, now: datetime
) -> None:
    token = await closed(executor, service, now)
    answer = await client.get(f"/signed/{token}")
    text = await answer.text()
    assert answer.status == 200 and SEALED[:6] in text
    assert 'href="/check"' in text[text.index("<main") :]
    [href] = re.findall(r'href="(/signed/[^"]+\.pdf)"', text)
    taken = await client.get(href)
    assert (taken.status, await taken.read()) == (200, PDF)
    assert taken.headers["Cache-Control"] == "no-store"
    assert taken.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_who_only_asks_for_the_head_has_taken_nothing(
    executor: Executor, service: IssuedService, client: Any, now: datetime
) -> None:
    token = await closed(executor, service, now)
    await client.head(f"/signed/{token}/{SEALED}.pdf")
    assert await executor.read(store_issued.deliveries_of, CASE) == ()


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_what_does_not_hold_gives_one_page(
    executor: Executor, service: IssuedService, client: Any, now: datetime
) -> None:
    token = await closed(executor, service, now)
    texts = []
    for path in ("A" * 43, f"{'A' * 43}/{SEALED}.pdf", f"{token}/{'0' * 64}.pdf", "cut-off"):
        answer = await client.get(f"/signed/{path}")
        assert answer.status == 410
        main = re.search(r"<main.*</main>", await answer.text(), re.DOTALL)
        assert main is not None
        texts.append(main[0])
    assert len(set(texts)) == 1


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_nobody_tries_links_out(client: Any) -> None:
    async def asked(address: str, path: str = "A" * 43) -> int:
        from_there = {"X-Forwarded-For": address}
        answer = await client.get(f"/signed/{path}", headers=from_there)
        return int(answer.status)

    # One address, whatever it asks for.
    paths = ("A" * 43, f"{'A' * 43}/{SEALED}.pdf", "cut-off", "A" * 43)
    seen = [await asked("198.51.100.7", path) for path in paths * 6]
    assert seen == [410] * 20 + [429] * 4
    # All of them together.
    seen = [await asked(f"198.51.101.{number}") for number in range(25)]
    assert seen == [410] * 20 + [429] * 5


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_an_address_that_opens_something_is_for_nobody_s_index(
    executor: Executor, service: IssuedService, client: Any, now: datetime
) -> None:
    token = await closed(executor, service, now)
    for path in (f"/signed/{token}", f"/signed/{token}/{SEALED}.pdf", f"/signed//{token}"):
        answer = await client.get(path)
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive", path
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
@pytest.mark.parametrize("locale", ["pt-PT", pytest.param("zh-MO", marks=pytest.mark.deep)])
async def test_it_can_be_used_by_everybody_on_a_phone(
    chromium: Browser,
    executor: Executor,
    service: IssuedService,
    client: Any,
    now: datetime,
    locale: str,
) -> None:
    wrong: list[str] = []

    async def see(page: Page, name: str) -> None:
        await page.evaluate(AXE)
        wrong.extend(f"{name}: axe {one}" for one in await page.evaluate(VIOLATIONS))
        wrong.extend(f"{name}: small {one}" for one in await page.evaluate(SMALL))
        await page.set_viewport_size({"width": 320, "height": 640})
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 320 px")
        await page.set_viewport_size({"width": 390, "height": 844})

    token = await closed(executor, service, now)
    await executor.write(lambda conn: signed(conn, CASE, "signing", now, order=2))
    context = await chromium.new_context(
        base_url=str(client.make_url("/")), locale=locale, viewport={"width": 390, "height": 844}
    )
    page = await context.new_page()
    await page.goto(f"/signed/{token}")
    assert await page.locator("a[download]").count() == 1
    assert await page.locator(".vc-note").count() == 1
    await see(page, "documents")
    await page.goto(f"/signed/{'A' * 43}")
    await see(page, "over")
    await context.close()
    assert wrong == []


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_no_log_holds_the_link(
    executor: Executor,
    service: IssuedService,
    client: Any,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = await closed(executor, service, now)
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(service, "issued", lambda token, now: 1 / 0)
    assert (await client.get(f"/signed/{token}")).status == 500
    assert "/signed/…" in caplog.text and str(token) not in caplog.text
    for path in (f"//signed/{token}", f"/signed//{token}", f"/papers///{token}/x", f"//c/{token}"):
        assert str(token) not in spoken_path(path)
