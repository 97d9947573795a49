"""A paper after the visit, from the console over the link to the case, on both engines."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.app.later_papers import ended_of_appointment
from counter.app.notices import PAPERS_MISSING
from counter.case import Outcome
from counter.documents.checklist import Due
from counter.documents.job import JobKind, JobOutcome
from counter.documents.later import REACH, LinkState
from counter.documents.store_checklist import put_dues
from counter.documents.store_documents import documents_of
from counter.documents.store_jobs import SqlJobs, outcomes_of, owe
from counter.documents.store_later import links_of
from counter.errors import NotFound
from counter.esign.form_typst import shipped_forms
from counter.ids import (
    PageId,
)
from counter.store.executor import Executor
from counter.store.session_log import session_log
from tests.app.later_house import CASE, MINE, NAME, SERVICE, TERMINAL, TOKEN, House, made, upload
from tests.documents.photographs import photograph
from tests.web.citizen.walk import Citizen
from web.citizen.ports import Ended, Owed
from web.notices.letter import facts_of, letter_of, uploads_of
from web.terminal.screen import TerminalScreens


async def test_a_missing_paper_from_the_console_to_the_phone_and_back(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    assert "Waiting for the citizen" in agent.text
    await house.close()
    await person.get(path)
    paper = house.catalogue.service(SERVICE).papers[0].names["en"]
    assert person.status == 200 and paper in person.title
    assert "Until the end of Monday 7 December 2026" in person.text
    assert NAME not in person.body and "A013" not in person.body
    house.reader.advice = "page_blurred"
    await upload(person, path, photograph(1))
    assert person.path == path and "not sharp" in person.text
    await person.post(person.action("/remove"))
    assert person.path == path and "Hand it in" not in person.text
    house.reader.advice, house.reader.pages = None, 2
    await upload(person, path, photograph(2))
    assert "Page 2" in person.text
    thumb = re.search(r'src="([^"]*/thumb)"', person.body)
    assert thumb is not None
    answer = await person.client.get(thumb[1])
    assert answer.content_type == "image/jpeg" and answer.headers["Cache-Control"] == "no-store"
    await person.post(f"{path}/send")
    assert person.status == 200 and "The paper was handed in" in person.title
    assert "Pages 2" in person.text
    await person.get(path)
    assert person.status == 410

    await agent.get("/console/later")
    assert "A013" in agent.text and "To be looked at" in agent.text
    await agent.get(agent.link(f"/console/later/{CASE}"))
    assert "Handed in" in agent.text and agent.body.count("/images/") == 4
    image = re.search(r'src="([^"]*/images/[0-9a-f]{64})"', agent.body)
    assert image is not None
    answer = await agent.client.get(image[1], headers=agent.headers)
    assert (await answer.read()).startswith(b"\xff\xd8\xff page of")
    await agent.post(agent.action("/pages/"), word="accept")
    assert "Accepted" in agent.text
    await agent.post(agent.action("/pages/"), word="reject")
    assert "Sent back" in agent.text and 'name="word"' not in agent.body


async def test_what_is_accepted_after_the_end_is_read_and_handed_over(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    await house.close()
    await person.get(path)
    await upload(person, path, photograph())
    await person.post(f"{path}/send")
    handover = (JobKind.HANDOVER, CASE)
    jobs = SqlJobs(house.executor)

    await house.executor.write(owe, JobKind.HANDOVER, CASE, CASE, house.now)
    job = await jobs.take([JobKind.HANDOVER], house.now)
    assert job is not None
    await jobs.end(job, JobOutcome.NOTHING, house.now)
    await agent.get(f"/console/later/{CASE}")
    await agent.post(agent.action("/pages/"), word="accept")
    owed = await house.executor.read(outcomes_of, CASE)
    assert {kind for kind, _ in owed} == {JobKind.WORDS, JobKind.BITONAL, JobKind.HANDOVER}
    assert owed[handover] is None, "it is to be handed over after all"


async def handed_in(house: House, agent: Citizen, person: Citizen, pages: int = 1) -> str:
    """A paper came over a link; the link's path."""
    path = await made(house, agent)
    await person.get(path)
    house.reader.pages = pages
    await upload(person, path, photograph())
    await person.post(f"{path}/send")
    await agent.get(f"/console/later/{CASE}")
    return path


async def test_a_paper_that_is_sent_back_is_asked_for_again_and_its_citizen_told(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    first = await handed_in(house, agent, person, pages=2)
    await house.close()
    house.now += 2 * REACH  # an agent could make no link by hand any more
    told = len(await house.owed())
    await agent.post(agent.action("/pages/"), word="reject")
    found = TOKEN.search(agent.body)
    assert found and found[0] != first and "Waiting for the citizen" in agent.text
    (body,) = (await house.owed())[told:]
    assert body["papers"] == [house.item] and body["again"] is True
    assert found[1] not in str(body)
    uploads = uploads_of(body, house.catalogue, "pt", house.addresses)
    letter = letter_of(
        facts_of(PAPERS_MISSING, body, house.catalogue, "pt"), "pt", link="/", uploads=uploads
    )
    assert f"https://counter.example{found[0]}" in letter.text and "de novo" in letter.subject
    await person.get(found[0])
    assert person.status == 200 and "Until the end of Friday 11 December 2026" in person.text

    await agent.post(agent.action("/pages/"), word="reject")  # the other page of the same paper
    links = await house.executor.read(links_of, [CASE], house.now)
    assert [link.state for link in links] == [LinkState.OPEN, LinkState.SENT]
    assert len(await house.owed()) == told + 1, "once"
    await house.later.revoke(CASE, links[0].link_id, by=f"agent:{MINE}", now=house.now)
    for page in await house.executor.read(pages_over_links):
        await house.console.decide(MINE, CASE, page, accept=False)
    assert len(await house.owed()) == told + 1, "what was sent back before asks for nothing anew"


async def test_whose_papers_were_missing_reads_on_his_appointment_what_is_due_and_sends_it(
    house: House, agent: Citizen, person: Citizen
) -> None:
    async def ended() -> Ended | None:
        return await house.executor.read(ended_of_appointment, "a-1", house.addresses, house.now)

    await house.case()
    assert await ended() is None, "it goes on"
    due = Due(item=house.item, until=date(2026, 12, 9))
    await house.executor.write(put_dues, CASE, [due], by="agent:lei", now=house.now)
    await house.close()
    found = await ended()
    assert found is not None and found.outcome == "papers_missing"
    assert found.owed == (Owed(item=house.item, until=date(2026, 12, 9), link=""),)
    path = await made(house, agent)
    found = await ended()
    assert found is not None
    assert found.owed[0].link == f"https://counter.example{path}"
    await person.get(path)
    await upload(person, path, photograph(2))
    await person.post(f"{path}/send")
    found = await ended()
    assert found is not None and found.owed == (), "it has come"
    await agent.get(f"/console/later/{CASE}")
    await agent.post(agent.action("/pages/"), word="reject")
    found = await ended()
    assert found is not None and [one.item for one in found.owed] == [house.item]


async def test_a_paper_sent_back_while_the_case_is_open_is_told_of_in_its_letter(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    await handed_in(house, agent, person)
    await agent.post(agent.action("/pages/"), word="reject")
    assert await house.owed() == []
    await house.close()
    (body,) = await house.owed()
    assert [link["item"] for link in body["links"]] == [house.item] and "again" not in body


def pages_over_links(conn: Connection) -> list[PageId]:
    return [one.page_id for one in documents_of(conn, CASE).pages if one.over_link]


async def test_the_agents_screen_is_told_of_what_came(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    await person.get(path)
    await upload(person, path, photograph())
    await person.post(f"{path}/send")

    def told(conn: Connection) -> list[tuple[str, str]]:
        return [(row.audience, row.kind) for row in conn.execute(select(session_log))]

    assert (f"agent:{MINE}", "page.added") in await house.executor.read(told)


async def test_a_link_is_made_for_a_paper_of_the_checklist_and_not_long_after_the_end(
    house: House, agent: Citizen
) -> None:
    await house.case()
    await agent.get(f"/console/later/{CASE}")
    for fields in ({"item": "passport of a friend", "days": "3"}, {"item": "other", "days": "5"}):
        await agent.post(f"/console/later/{CASE}", **fields)
        assert agent.status == 400
        await agent.get(f"/console/later/{CASE}")
    await house.close()
    house.now += REACH
    await agent.get(f"/console/later/{CASE}")
    assert "Make the link" not in agent.text and "more than two days ago" in agent.text
    form = {"csrf": "c" * 32, "item": house.item, "days": "3"}
    answer = await agent.client.post(f"/console/later/{CASE}", data=form, headers=agent.headers)
    assert answer.status == 409


async def test_only_pages_that_came_over_a_link_are_decided_about_after_the_end(
    house: House, agent: Citizen, executor: Executor
) -> None:
    await house.case()
    with pytest.raises(NotFound):
        await house.console.decide(MINE, CASE, PageId("scanned"), accept=True)


async def test_the_letter_brings_the_link_and_the_outbox_does_not_hold_it(
    house: House, agent: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    await house.close(Outcome.ACCEPTED)
    (body,) = await house.owed()
    assert path.rsplit("/", 1)[1] not in str(body)
    uploads = uploads_of(body, house.catalogue, "en", house.addresses)
    facts = facts_of(PAPERS_MISSING, body, house.catalogue, "en")
    letter = letter_of(facts, "en", link="https://counter.example", uploads=uploads)
    assert f"https://counter.example{path}" in letter.text
    assert "until the end of Monday 7 December 2026" in letter.text
    again = await made(house, agent)
    later = (await house.owed())[1:]
    assert [one["papers"] for one in later] == [[house.item]]
    (told,) = uploads_of(later[0], house.catalogue, "zh_Hant", house.addresses)
    assert again in told and path not in told


async def test_the_receipt_shows_what_is_open_and_nothing_else(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    await house.close()
    screens = TerminalScreens(
        catalogue=lambda: house.catalogue,
        forms=shipped_forms(),
        link_address=house.addresses,
        document_address=house.addresses.documents,
    )

    async def shown() -> list[Any]:
        screen = await house.executor.read(screens.screen, TERMINAL, house.now)
        assert screen.receipt is not None
        return screen.receipt.later

    (card,) = await shown()
    assert card.qr.startswith("data:image/svg+xml") and card.until
    await person.get(path)
    await upload(person, path, photograph())
    await person.post(f"{path}/send")
    assert await shown() == []
    (link,) = await house.executor.read(links_of, [CASE], house.now)
    assert link.state is LinkState.SENT
