"""Commands that bring a form to the citizen's eyes: drawn, certified, its pages seen.

Each one is one transaction: it decides by the stage types of `ceremony.py`, writes, tells the
screens and journals.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from counter import SOFTWARE
from counter.errors import NotAllowedNow
from counter.esign.ceremony import Consented, Prepared, Presented, Sealed, Signed, Withdrawn
from counter.esign.record_ports import NewDocument, NewImage, NewRevision
from counter.esign.refusals import CeremonyOpen
from counter.esign.store_ceremony import add_revision, change, find, not_now, stage_of
from counter.esign.store_tables import ceremony, esign_check, esign_document
from counter.esign.ticket import FIELDS
from counter.ids import Digest, DocumentId
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.session_log import Audiences, tell_all


def prepare(conn: Connection, new: NewDocument, *, by: str, now: datetime) -> None:
    """Keep a drawn form, which nobody sees yet; again with the same id changes nothing.

    by: who presents it, as `agent:<id>`.  Raises `CeremonyOpen`.
    """
    of_case = select(ceremony.c.id).where(ceremony.c.case_id == new.case_id)
    earlier = len(conn.execute(of_case).all())
    inserted = conn.execute(
        insert_for(conn, ceremony)
        .values(
            id=new.ceremony_id,
            case_id=new.case_id,
            document_id=new.document_id,
            state="prepared",
            version=1,
            language=new.language,
            sha256=new.sha256,
            pages=0,
            seen=[],
            created_at=now,
            order_in_case=earlier + 1,
            fields=list(FIELDS),
            presented_by=by,
        )
        # The index decides, also between two nodes.
        .on_conflict_do_nothing()
        .returning(ceremony.c.id)
    ).scalar_one_or_none()
    if inserted is None:
        if conn.execute(of_case.where(ceremony.c.id == new.ceremony_id)).first():
            return  # asked twice at once with the same id
        raise CeremonyOpen(f"case {new.case_id} has a form under way; finish or withdraw it first")
    conn.execute(
        esign_document.insert().values(
            id=new.document_id,
            case_id=new.case_id,
            form=new.form.id,
            form_version=new.form.version,
            data=new.data,
            data_sha256=digest_of(new.data),
            created_at=now,
        )
    )
    if new.check_reference:
        conn.execute(
            esign_check.insert().values(reference=new.check_reference, document_id=new.document_id)
        )
    drawn = NewRevision(kind="prepared", sha256=new.sha256, size_bytes=new.size_bytes)
    add_revision(conn, new.document_id, drawn, None, now)
    record(
        conn,
        actor=by,
        action="document.prepared",
        subject=f"ceremony:{new.ceremony_id}",
        facts={
            "case": new.case_id,
            "form": new.form.id,
            "form_version": new.form.version,
            "sha256": new.sha256,
            "template_sha256": new.template_sha256,
            "software": SOFTWARE,
        },
        now=now,
    )


def present(
    conn: Connection,
    ceremony_id: str,
    drawn_sha256: Digest,
    certified: NewRevision,
    images: Sequence[NewImage],
    *,
    audiences: Audiences,
    now: datetime,
) -> None:
    """Put the certified form on the citizen's screen; again is the same.

    drawn_sha256: what was certified.  Raises `NotAllowedNow` when it was withdrawn or corrected
    meanwhile.
    """
    row = find(conn, None, ceremony_id)
    stage = stage_of(conn, row)
    if not isinstance(stage, Prepared):
        if isinstance(stage, Withdrawn):
            raise not_now(row, "document.present")
        return
    if row.sha256 != drawn_sha256:
        raise NotAllowedNow(f"ceremony {ceremony_id} was corrected since {drawn_sha256[:6]}")
    shown = stage.presented(certified.sha256, len(images))
    document = conn.execute(
        select(esign_document.c.form, esign_document.c.form_version).where(
            esign_document.c.id == row.document_id
        )
    ).one()
    add_revision(conn, DocumentId(row.document_id), certified, row.sha256, now, images)
    change(conn, row, state="presented", sha256=shown.sha256, pages=shown.pages)
    facts = {
        "case": row.case_id,
        "form": document.form,
        "form_version": document.form_version,
        "sha256": shown.sha256,
        "pages": shown.pages,
        "language": row.language,
    }
    record(
        conn,
        actor=row.presented_by,
        action="document.presented",
        subject=f"ceremony:{ceremony_id}",
        facts=facts,
        now=now,
    )
    body = {"ceremony_id": ceremony_id, **facts}
    tell_all(conn, audiences, row.case_id, "document.presented", body, now)


def page_seen(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    page: int,
    *,
    audiences: Audiences,
    now: datetime,
) -> tuple[int, ...]:
    """Note that a page was on the screen; answers the pages still unseen.

    After consent it changes nothing.  Raises `BadInput` for a page there is not.
    """
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Consented | Signed | Sealed):
        return ()
    if not isinstance(stage, Presented):
        raise not_now(row, "page.seen")
    after = stage.page_seen(page)
    if after.seen != stage.seen:
        change(conn, row, seen=sorted(after.seen))
        body = {"ceremony_id": ceremony_id, "page": page, "unseen": len(after.unseen)}
        tell_all(conn, audiences, case_id, "ceremony.page_seen", body, now)
    return after.unseen


def digest_of(data: Mapping[str, str]) -> str:
    """SHA-256 of the data in canonical JSON, hexadecimal."""
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
