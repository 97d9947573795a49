"""Commands of the archive: what is to be archived or renewed, what was made, what failed.

A job is a revision that is to get a child: one row, one child.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, case, exists, func, literal, select, update

from counter.esign.archive import LEASE, Job, Level, StampLife
from counter.esign.record_ports import NewRevision
from counter.esign.store_archive_table import esign_archive
from counter.esign.store_ceremony import add_revision
from counter.esign.store_tables import esign_document, esign_revision
from counter.ids import Digest, DocumentId
from counter.store.alerts import raise_alert, settle_alert
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.session_log import Audiences, tell_all

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
    made = NewRevision(kind="archived", sha256=sha256, size_bytes=size_bytes)
    add_revision(conn, job.document_id, made, job.revision_sha256, now, pages=pages)
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
