"""The jobs of the archive and what they made, and what screens say about how long it lasts.

A job is a revision that is to get a child: one row, one child.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    case,
    exists,
    func,
    literal,
    select,
    update,
)

from counter.esign.archive import LEASE, Job, Level, StampLife
from counter.esign.store_tables import ceremony, esign_document, esign_revision, esign_ticket
from counter.ids import Digest, DocumentId
from counter.store.alerts import raise_alert, settle_alert
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata
from counter.store.session_log import Audiences, tell_all

esign_archive = Table(
    "esign_archive",
    metadata,
    Column("document_id", String(40), primary_key=True),
    Column("revision_sha256", String(64), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("work", String(10), nullable=False),
    Column("owed_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", String(60)),
    Column("child_sha256", String(64)),
    Column("ended_at", UtcDateTime),
    Column("stamp_expires", UtcDateTime),
    Column("roots", Text),
)
"""work: `archive` or `renew`.  last_error: a code.  stamp_expires: of what is renewed, when the
first certificate of its timestamp's chain ends; none where an older version planned it.  roots: of
`StampLife`, between spaces."""

Index(
    "ix_esign_archive_due",
    esign_archive.c.next_at,
    sqlite_where=esign_archive.c.ended_at.is_(None),
    postgresql_where=esign_archive.c.ended_at.is_(None),
)

FAILING: Final = "document.not_archived"
"The alert."
TOLD_AFTER: Final = 4
AT_ONCE: Final = (
    *("certificate_revoked", "certificate_expired", "signature_invalid"),
    *("blob_damaged", "blob_missing"),
)
"Does not mend itself: told at the first time."
FINAL: Final = "certificate_revoked"
"The first revision is not tried again: an authority may forget it once the certificate has ended."


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """How long a document lasts, as screens show it."""

    level: Level
    archived_sha256: Digest | None
    "Of the newest revision of the archive."
    pending: str
    """What is still to come: empty, `timestamp` (it is signed, and no service answers), `archive`,
    or the code of why the archive does not get on."""


def owe_archive(
    conn: Connection, document_id: str, case_id: str, sha256: str, now: datetime
) -> None:
    """This sealed revision is to be archived; again is the same."""
    _owe(conn, document_id, case_id, sha256, "archive", now, now)


def owe_missing(conn: Connection, now: datetime) -> int:
    """The same for each sealed document that has no job: sealed by an older version."""
    known = exists().where(
        esign_archive.c.document_id == esign_revision.c.document_id,
        esign_archive.c.revision_sha256 == esign_revision.c.sha256,
    )
    rows = conn.execute(
        select(esign_revision.c.document_id, esign_revision.c.sha256, esign_document.c.case_id)
        .join(esign_document, esign_document.c.id == esign_revision.c.document_id)
        .where(esign_revision.c.kind == "sealed", ~known)
    ).all()
    for row in rows:
        owe_archive(conn, row.document_id, row.case_id, row.sha256, now)
    return len(rows)


def take(conn: Connection, now: datetime) -> Job | None:
    """The job that is due longest; nobody else gets it before its lease ends."""
    due = (
        select(esign_archive)
        .where(esign_archive.c.ended_at.is_(None), esign_archive.c.next_at <= now)
        .order_by(esign_archive.c.next_at, esign_archive.c.revision_sha256)
        .limit(1)
    )
    row = conn.execute(due.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    conn.execute(
        update(esign_archive)
        .where(*_is(row.document_id, row.revision_sha256))
        .values(next_at=now + LEASE, attempts=row.attempts + 1)
    )
    return _job(row, row.attempts + 1)


def unplanned(conn: Connection, now: datetime) -> Job | None:
    """One that waits for the day on which an older version planned it to be renewed."""
    waits = (
        select(esign_archive)
        .where(
            esign_archive.c.work == "renew",
            esign_archive.c.stamp_expires.is_(None),
            esign_archive.c.attempts == 0,
            esign_archive.c.ended_at.is_(None),
            esign_archive.c.next_at > now,
        )
        .order_by(esign_archive.c.next_at, esign_archive.c.revision_sha256)
        .limit(1)
    )
    row = conn.execute(waits).one_or_none()
    return None if row is None else _job(row, 0)


def planned(conn: Connection, job: Job, life: StampLife | None, renew_at: datetime) -> None:
    """Bring it forward to this day, never back, unless somebody has begun it."""
    due = esign_archive.c.next_at
    sooner = case((due > renew_at, literal(renew_at, due.type)), else_=due)
    conn.execute(
        update(esign_archive)
        .where(
            *_is(job.document_id, job.revision_sha256),
            esign_archive.c.attempts == 0,
            esign_archive.c.ended_at.is_(None),
        )
        .values(next_at=sooner, **_of(life))
    )


def needed_roots(conn: Connection) -> dict[str, int]:
    """SHA-256 of each root that kept documents lead to, and how many do."""
    found: Counter[str] = Counter()
    alike = (
        select(esign_archive.c.roots, func.count())
        .where(esign_archive.c.roots.is_not(None), esign_archive.c.ended_at.is_(None))
        .group_by(esign_archive.c.roots)
    )
    for roots, documents in conn.execute(alike):
        found.update(dict.fromkeys(roots.split(), documents))
    return found


def archived(
    conn: Connection,
    job: Job,
    sha256: Digest,
    size_bytes: int,
    *,
    renew_at: datetime,
    life: StampLife,
    facts: Mapping[str, str],
    audiences: Audiences,
    now: datetime,
) -> Digest:
    """Keep the child of a revision; answers the one that stands: the first."""
    mine = _is(job.document_id, job.revision_sha256)
    row = conn.execute(select(esign_archive).where(*mine).with_for_update()).one()
    if row.child_sha256 is not None:
        return Digest(row.child_sha256)
    conn.execute(
        update(esign_archive)
        .where(*mine)
        .values(child_sha256=sha256, ended_at=now, last_error=None)
    )
    pages = conn.execute(
        select(esign_revision.c.pages).where(
            esign_revision.c.document_id == job.document_id,
            esign_revision.c.sha256 == job.revision_sha256,
        )
    ).scalar_one()
    conn.execute(
        esign_revision.insert().values(
            document_id=job.document_id,
            sha256=sha256,
            parent_sha256=job.revision_sha256,
            kind="archived",
            pages=pages,
            size_bytes=size_bytes,
            created_at=now,
        )
    )
    _owe(conn, job.document_id, job.case_id, sha256, "renew", now, renew_at, life)
    settle_alert(conn, FAILING, f"document:{job.document_id}", now)
    said = {
        "work": job.work,
        "parent_sha256": job.revision_sha256,
        "sha256": sha256,
        "level": Level.B_LTA.value,
        **facts,
    }
    record(
        conn,
        actor="counter:esign",
        action="document.archived",
        subject=f"document:{job.document_id}",
        facts=said,
        now=now,
    )
    tell_all(conn, audiences, job.case_id, "document.archived", {"sha256": sha256}, now)
    return sha256


def failed(conn: Connection, job: Job, code: str, next_at: datetime, now: datetime) -> None:
    """Note why, and when to try again, if ever; somebody is told when it lasts."""
    # Who signed is proved by now where it is renewed: only a service's certificate is in question.
    final = code == FINAL and job.work == "archive"
    conn.execute(
        update(esign_archive)
        .where(*_is(job.document_id, job.revision_sha256), esign_archive.c.ended_at.is_(None))
        .values(last_error=code[:60], next_at=next_at, ended_at=now if final else None)
    )
    if job.attempts >= TOLD_AFTER or code in AT_ONCE:
        facts = {"work": job.work, "code": code, "sha256": job.revision_sha256}
        raise_alert(conn, FAILING, f"document:{job.document_id}", facts, now)


def lasting_of(conn: Connection, case_id: str) -> dict[DocumentId, Lasting]:
    """Of each document of a case that has a signature."""
    found: dict[DocumentId, Lasting] = {}
    begun = (
        select(ceremony.c.document_id)
        .join(esign_ticket, esign_ticket.c.ceremony_id == ceremony.c.id)
        .where(
            ceremony.c.case_id == case_id,
            ceremony.c.state == "signing",
            esign_ticket.c.value.is_not(None),
            esign_ticket.c.revision_sha256.is_(None),
        )
    )
    for row in conn.execute(begun):
        found[DocumentId(row.document_id)] = Lasting(
            level=Level.B_B, archived_sha256=None, pending="timestamp"
        )
    jobs = (
        select(esign_archive)
        .where(esign_archive.c.case_id == case_id)
        .order_by(esign_archive.c.owed_at, esign_archive.c.work)
    )
    for row in conn.execute(jobs):
        document = DocumentId(row.document_id)
        if row.work == "archive":
            found[document] = Lasting(
                level=Level.B_LTA if row.child_sha256 else Level.B_T,
                archived_sha256=row.child_sha256,
                pending="" if row.child_sha256 else row.last_error or "archive",
            )
        else:
            found[document] = Lasting(
                level=Level.B_LTA,
                archived_sha256=row.child_sha256 or row.revision_sha256,
                pending=row.last_error or "",
            )
    return found


def checked(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    policy: Mapping[str, str],
    found: Mapping[str, str],
    now: datetime,
) -> None:
    """Journal by which policy the signers' certificates were judged, and how."""
    record(
        conn,
        actor="counter:esign",
        action="certificates.checked",
        subject=f"ceremony:{ceremony_id}",
        facts={"case": case_id, **policy, "found": dict(found)},
        now=now,
    )


def _owe(
    conn: Connection,
    document_id: str,
    case_id: str,
    sha256: str,
    work: str,
    now: datetime,
    next_at: datetime,
    life: StampLife | None = None,
) -> None:
    conn.execute(
        insert_for(conn, esign_archive)
        .values(
            document_id=document_id,
            revision_sha256=sha256,
            case_id=case_id,
            work=work,
            owed_at=now,
            next_at=next_at,
            attempts=0,
            **_of(life),
        )
        .on_conflict_do_nothing()
    )


def _of(life: StampLife | None) -> dict[str, object]:
    if life is None:
        return {"stamp_expires": None, "roots": None}
    return {"stamp_expires": life.expires, "roots": " ".join(life.roots)}


def _job(row: Row[Any], attempts: int) -> Job:
    return Job(
        document_id=DocumentId(row.document_id),
        case_id=row.case_id,
        revision_sha256=Digest(row.revision_sha256),
        work=row.work,
        attempts=attempts,
        owed_at=row.owed_at,
    )


def _is(document_id: str, sha256: str) -> tuple[ColumnElement[bool], ...]:
    return (
        esign_archive.c.document_id == document_id,
        esign_archive.c.revision_sha256 == sha256,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlArchive:
    """`counter.esign.archive_ports.ArchiveRecords` and `TrustRecords` on either engine."""

    executor: Executor
    audiences: Audiences

    async def owe_missing(self, now: datetime) -> int:
        return await self.executor.write(owe_missing, now)

    async def take(self, now: datetime) -> Job | None:
        return await self.executor.write(take, now)

    async def archived(
        self,
        job: Job,
        sha256: Digest,
        size_bytes: int,
        *,
        renew_at: datetime,
        life: StampLife,
        facts: Mapping[str, str],
        now: datetime,
    ) -> Digest:
        return await self.executor.write(
            archived,
            job,
            sha256,
            size_bytes,
            renew_at=renew_at,
            life=life,
            facts=facts,
            audiences=self.audiences,
            now=now,
        )

    async def unplanned(self, now: datetime) -> Job | None:
        return await self.executor.read(unplanned, now)

    async def planned(self, job: Job, life: StampLife | None, renew_at: datetime) -> None:
        await self.executor.write(planned, job, life, renew_at)

    async def needed_roots(self) -> Mapping[str, int]:
        return await self.executor.read(needed_roots)

    async def failed(self, job: Job, code: str, next_at: datetime, now: datetime) -> None:
        await self.executor.write(failed, job, code, next_at, now)

    async def checked(
        self,
        case_id: str,
        ceremony_id: str,
        policy: Mapping[str, str],
        found: Mapping[str, str],
        now: datetime,
    ) -> None:
        await self.executor.write(checked, case_id, ceremony_id, policy, found, now)
