"""Audit packs as rows, and the journal's entries about a ceremony."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, Connection, or_, select

from counter.errors import NotAllowedNow
from counter.esign.audit_story import Journalled, identification, story_of
from counter.esign.store_tables import ceremony, esign_pack
from counter.esign.store_validation import finished_of
from counter.esign.validation import Finished
from counter.ids import CaseId, Digest
from counter.store import journal_sql
from counter.store.executor import Executor
from counter.store.metadata import insert_for

Officers = Callable[[Connection, Sequence[str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlPacks:
    """See `counter.esign.audit_service.PackRecords`."""

    executor: Executor
    officers: Officers = lambda conn, ids: {}
    "By id, the names of agents, those that are known."

    async def finished(self, case_id: CaseId, ceremony_id: str) -> Finished | None:
        return await self.executor.read(finished_of, case_id, ceremony_id)

    async def unpacked(self, most: int) -> Sequence[tuple[CaseId, str]]:
        return await self.executor.read(_unpacked, most)

    async def journalled(self, done: Finished) -> Journalled:
        return await self.executor.read(_journalled, done, self.officers)

    async def pack(self, ceremony_id: str, document_sha256: str) -> Digest | None:
        return await self.executor.read(_pack, ceremony_id, document_sha256)

    async def keep_pack(
        self, done: Finished, sha256: Digest, size_bytes: int, now: datetime
    ) -> Digest:
        return await self.executor.write(partial(_keep, done=done), sha256, size_bytes, now)


def _unpacked(conn: Connection, most: int) -> list[tuple[CaseId, str]]:
    packed = (
        select(esign_pack.c.ceremony_id)
        .join(ceremony, ceremony.c.id == esign_pack.c.ceremony_id)
        .where(_tells_all())
    )
    rows = conn.execute(
        select(ceremony.c.case_id, ceremony.c.id)
        .where(ceremony.c.sealed_sha256.is_not(None), ceremony.c.id.not_in(packed))
        .order_by(ceremony.c.created_at)
        .limit(most)
    )
    return [(CaseId(row.case_id), row.id) for row in rows]


def _tells_all() -> ColumnElement[bool]:
    """Whether a pack knows that its document was taken back, if it was."""
    return or_(ceremony.c.voided_at.is_(None), esign_pack.c.made_at >= ceremony.c.voided_at)


def _journalled(conn: Connection, done: Finished, officers: Officers) -> Journalled:
    ceremony = journal_sql.entries_about(conn, f"ceremony:{done.ceremony_id}")
    lasting = journal_sql.entries_about(conn, f"document:{done.document_id}")
    of_case = journal_sql.entries_about(conn, f"case:{done.case_id}")
    pen = next((one.seq for one in ceremony if '"ceremony.signed"' in one.body), 0)
    known = identification(of_case, pen)
    looked = story_of(known).identified
    return Journalled(
        entries=sorted([*known, *ceremony, *lasting], key=lambda one: one.seq),
        head=journal_sql.newest(conn),
        officers=officers(conn, looked.officers) if looked else {},
    )


def _pack(conn: Connection, ceremony_id: str, document_sha256: str) -> Digest | None:
    found: str | None = conn.execute(
        select(esign_pack.c.sha256)
        .join(ceremony, ceremony.c.id == esign_pack.c.ceremony_id)
        .where(
            esign_pack.c.ceremony_id == ceremony_id,
            esign_pack.c.document_sha256 == document_sha256,
            _tells_all(),
        )
    ).scalar_one_or_none()
    return Digest(found) if found else None


def has_pack(conn: Connection, sha256: str) -> bool:
    """Whether exactly these bytes were made here as a pack."""
    known = select(esign_pack.c.sha256).where(esign_pack.c.sha256 == sha256).limit(1)
    return conn.execute(known).scalar_one_or_none() is not None


def _keep(
    conn: Connection, sha256: Digest, size_bytes: int, now: datetime, *, done: Finished
) -> Digest:
    standing = _pack(conn, done.ceremony_id, done.newest_sha256)
    if standing is not None:
        return standing
    mine = select(ceremony.c.voided_at).where(ceremony.c.id == done.ceremony_id)
    if conn.execute(mine.with_for_update()).scalar_one() != done.manifest.voided_at:
        raise NotAllowedNow(f"ceremony {done.ceremony_id} was voided while it was packed")
    made = {"sha256": sha256, "size_bytes": size_bytes, "made_at": now}
    conn.execute(
        insert_for(conn, esign_pack)
        .values(ceremony_id=done.ceremony_id, document_sha256=done.newest_sha256, **made)
        .on_conflict_do_update(index_elements=["ceremony_id", "document_sha256"], set_=made)
    )
    journal_sql.record(
        conn,
        actor="counter:esign",
        action="document.packed",
        subject=f"ceremony:{done.ceremony_id}",
        facts={"document_sha256": done.newest_sha256, "pack_sha256": sha256},
        now=now,
    )
    return sha256
