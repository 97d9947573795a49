"""Two nodes on one case at the same instant, which only PostgreSQL lets through at once."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import Connection, select

from counter.esign.draft import Draft
from counter.esign.form_typst import shipped_forms
from counter.esign.record_ports import NewDocument
from counter.esign.store_drafts import begin, fill, take
from counter.esign.store_given_up import give_up
from counter.esign.store_presenting import prepare
from counter.esign.store_tables import ceremony
from counter.ids import CeremonyId, Digest, DocumentId
from counter.store.cases import lock_case
from counter.store.executor import Executor
from tests.attack.test_lost_case import not_yet_committed, waits
from tests.esign.ceremonies import CASE, add_case

pytestmark = pytest.mark.parametrize("new_executor", ["postgres"], indirect=True)


def nobody(conn: Connection, case_id: str) -> list[str]:
    return []


async def test_who_gives_a_form_up_waits_for_its_case_before_taking_the_form(
    executor: Executor, now: datetime
) -> None:
    form = shipped_forms().of("certificate_application")
    drawn = NewDocument(
        ceremony_id=CeremonyId("ceremony-1"),
        document_id=DocumentId("document-1"),
        case_id=CASE,
        form=form,
        data={},
        language="pt",
        sha256=Digest("a" * 64),
        size_bytes=9,
    )

    def begun(conn: Connection) -> None:
        add_case(conn, CASE, now)
        prepare(conn, drawn, by="agent:lei", now=now)

    async def giving_up() -> None:
        assert await executor.write(
            give_up,
            CASE,
            drawn.ceremony_id,
            drawn.sha256,
            form,
            "not_certified",
            audiences=nobody,
            now=now,
        )

    def take_form(conn: Connection) -> None:
        conn.execute(select(ceremony.c.id).with_for_update(nowait=True)).one()

    await executor.write(begun)
    async with not_yet_committed(executor, lambda conn: lock_case(conn, CASE)):
        giving = asyncio.create_task(giving_up())
        await waits(executor, giving)
        await executor.write(take_form)  # as whoever has the case does next
    await giving


async def test_what_is_being_written_is_in_the_form_that_is_presented(
    executor: Executor, now: datetime
) -> None:
    forms = shipped_forms()
    life = forms.of("fss_proof_of_life")
    await executor.write(begin, nobody, "d-1", CASE, life, by="agent:lei", now=now)

    def writes(conn: Connection) -> None:
        fill(
            conn,
            nobody,
            CASE,
            "d-1",
            forms.of,
            name="phone",
            written="66123456",
            version=0,
            writes="citizen",
            now=now,
        )

    def texts(draft: Draft) -> dict[str, str]:
        return {name: one.text for name, one in draft.typed.items()}

    async with not_yet_committed(executor, writes):
        taking = asyncio.create_task(executor.write(take, nobody, CASE, "d-1", texts, now=now))
        await waits(executor, taking)
    assert await taking == {"phone": "66123456"}
