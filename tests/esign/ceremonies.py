"""A whole counter of signing on a store, with real keys: from a case to its sealed document."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from counter.esign.check_pool import CheckPool
from counter.esign.check_service import CheckService
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.record_ports import ConsentWords
from counter.esign.records_sql import SqlRecords
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_validation import SqlChecks
from counter.ids import CaseId
from counter.store.cases import case_table
from counter.store.executor import Executor
from tests.esign.conftest import FILLED, NOW, STROKES, WITNESS
from tests.esign.fakes import HeapBlobs

CASE = CaseId("case-1")
CITIZEN_NAME = FILLED["applicant_name"]


@dataclass(slots=True, kw_only=True)
class SigningCounter:
    """The services, as a node has them."""

    executor: Executor
    blobs: HeapBlobs
    esign: EsignService
    checks: CheckService
    addresses: list[str]
    "Those that went into QR codes."

    async def sealed(self, words: ConsentWords | None = None) -> bytes:
        """A document that a citizen signed, who agreed to this sentence."""
        ceremony_id = await self.esign.present(
            CASE, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=NOW
        )
        state = (await self.esign.ceremonies(CASE))[0]
        for sheet in state.sheets:
            await self.esign.page_seen(CASE, ceremony_id, sheet.page, NOW)
        await self.esign.consent(CASE, ceremony_id, state.sha256, NOW, words)
        done = await self.esign.sign(CASE, ceremony_id, state.sha256, STROKES, NOW)
        return await self.blobs.get(done.sha256)


async def signing_counter(
    executor: Executor,
    examiner: CheckPool,
    studio: SignPool,
    stamps: HttpStamps,
    forms: Forms,
    glyphs: GlyphTable,
    new_id: Callable[[], str],
    now: datetime = NOW,
) -> SigningCounter:
    """Ready to be asked; its case is open."""
    await executor.write(_open_case)
    blobs, addresses = HeapBlobs(), list[str]()

    def address(reference: str) -> str:
        made = f"https://counter.example/c/{reference}"
        if reference:  # without one it is only asked whether there are codes at all
            addresses.append(made)
        return made

    return SigningCounter(
        executor=executor,
        blobs=blobs,
        esign=EsignService(
            records=SqlRecords(
                executor=executor,
                audiences=lambda conn, case_id: [],
                witness_of=lambda conn, case_id: WITNESS,
            ),
            blobs=blobs,
            studio=studio,
            keys=studio.keys(),
            stamps=stamps,
            forms=forms,
            glyphs=glyphs,
            new_id=new_id,
            clock=lambda: now,
            check_address=address,
        ),
        checks=CheckService(examiner, SqlChecks(executor=executor)),
        addresses=addresses,
    )


def _open_case(conn: Connection) -> None:
    add_case(conn, CASE, NOW)


def add_case(conn: Connection, case_id: CaseId, now: datetime) -> None:
    """A case of the department whose forms are signed."""
    conn.execute(
        case_table.insert().values(
            id=case_id,
            number=f"A-{case_id}",
            terminal_id=f"t-{case_id}",
            site_id="hengqin-neighbourhood",
            department_id="dsi",
            service_id="dsi-criminal-record",
            citizen="",
            language="zh-Hant",
            needs=[],
            agent_id="a",
            next_step="",
            note="",
            opened_at=now,
        )
    )
