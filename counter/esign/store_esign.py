"""Commands of signing: each one is one transaction.

It decides by the stage types of `ceremony.py`, writes, tells the screens and journals.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from counter import SOFTWARE
from counter.errors import NotAllowedNow
from counter.esign.ceremony import (
    Consented,
    Declined,
    Prepared,
    Presented,
    Sealed,
    Signed,
    Withdrawn,
)
from counter.esign.demands import Acts
from counter.esign.ink import Ink
from counter.esign.ports import NewDocument, NewImage, NewRevision, NewSeal
from counter.esign.refusals import CeremonyOpen
from counter.esign.store_archive import owe_archive
from counter.esign.store_attendance_tables import ceremony_attendance
from counter.esign.store_reading import find, stage_of
from counter.esign.store_tables import (
    ceremony,
    ceremony_certificate,
    ceremony_ink,
    esign_check,
    esign_document,
    esign_page_image,
    esign_revision,
)
from counter.esign.store_tickets import drop_ticket
from counter.esign.ticket import FIELDS, Witness
from counter.ids import Digest, DocumentId
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.session_log import tell

Audiences = Callable[[Connection, str], Iterable[str]]
"Who hears about a case: given the connection and the case's id, answers audiences."

WitnessOf = Callable[[Connection, str], Witness]
"Who serves a case now, and how surely it is known who the citizen is."


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
    tell_case(conn, audiences, row.case_id, "document.presented", body, now)


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
        tell_case(conn, audiences, case_id, "ceremony.page_seen", body, now)
    return after.unseen


def consent(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    sha256: str,
    *,
    audiences: Audiences,
    now: datetime,
    agreed: Acts | None = None,
    said: Mapping[str, Any] | None = None,
) -> None:
    """The citizen agrees to the document of this digest; again is the same.

    agreed: to which means; None: to whatever the form allows.  said: what else the journal keeps
    of it.  Raises `PagesUnseen`, `DigestMismatch`.
    """
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Consented | Signed | Sealed) and sha256 == row.sha256:
        return
    if not isinstance(stage, Presented):
        raise not_now(row, "ceremony.consent")
    stage.consented(sha256, now)
    change(conn, row, state="consented", consented_at=now, agreed=agreed)
    record(
        conn,
        actor=f"citizen:{case_id}",
        action="ceremony.consented",
        subject=f"ceremony:{ceremony_id}",
        facts={"language": row.language, "sha256": row.sha256, **(said or {})},
        now=now,
    )
    body = {"ceremony_id": ceremony_id, "sha256": row.sha256}
    tell_case(conn, audiences, case_id, "ceremony.consented", body, now)


def keep_ink(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    sha256: str,
    ink: Ink,
    *,
    witness_of: WitnessOf,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The citizen has written.  From here the document is sealed without anybody's help.

    The first ink stands; again is the same.  Raises `DigestMismatch`.
    """
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Signed | Sealed) and sha256 == row.sha256:
        return
    if not isinstance(stage, Consented):
        raise not_now(row, "ceremony.sign")
    stage.signed(sha256, ink, now)
    drop_ticket(conn, ceremony_id)  # he had begun with his own certificate
    conn.execute(
        ceremony_ink.insert().values(
            ceremony_id=ceremony_id, strokes=ink.dump(), sha256=ink.sha256, at=now
        )
    )
    facts = {"act": "handwritten", "ink_sha256": ink.sha256}
    signed(conn, row, facts, witness_of=witness_of, audiences=audiences, now=now)


def signed(
    conn: Connection,
    row: Row[Any],
    facts: Mapping[str, str],
    *,
    witness_of: WitnessOf,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The citizen has signed, by whatever means: who served is frozen, and it is told."""
    witness = asdict(witness_of(conn, row.case_id)) if row.fields else None
    change(conn, row, state="signing", signed_at=now, witness=witness)
    said = {**facts, "sha256": row.sha256}
    if witness:
        said |= {"agent": witness["agent_id"], "level": witness["level"]}
    record(
        conn,
        actor=f"citizen:{row.case_id}",
        action="ceremony.signed",
        subject=f"ceremony:{row.id}",
        facts=said,
        now=now,
    )
    tell_case(conn, audiences, row.case_id, "ceremony.signed", {"ceremony_id": row.id}, now)


def citizen_signed(
    conn: Connection, ceremony_id: str, *, audiences: Audiences, now: datetime
) -> None:
    """The citizen's signature is in the document with its time: nobody waits any more."""
    row = find(conn, None, ceremony_id)
    change(conn, row)
    body = {"ceremony_id": ceremony_id}
    tell_case(conn, audiences, row.case_id, "ceremony.citizen_signed", body, now)


def seal(
    conn: Connection, ceremony_id: str, new: NewSeal, *, audiences: Audiences, now: datetime
) -> Digest:
    """Finish with all revisions.  Answers the digest that stands: the first one wins.

    Raises `NotAllowedNow` when it was withdrawn meanwhile.
    """
    row = find(conn, None, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Sealed):
        return stage.sealed_sha256
    if not isinstance(stage, Signed):
        raise not_now(row, "document.seal")
    signed, *_, closed = new.revisions
    done = stage.sealed(signed_sha256=signed.sha256, sealed_sha256=closed.sha256)
    document, parent = DocumentId(row.document_id), row.sha256
    for one in new.revisions:
        images = new.images if one is closed else ()
        add_revision(conn, document, one, parent, now, images, pages=row.pages)
        parent = one.sha256
    change(
        conn,
        row,
        state="sealed",
        signed_sha256=done.signed_sha256,
        sealed_sha256=done.sealed_sha256,
    )
    owe_archive(conn, row.document_id, row.case_id, done.sealed_sha256, now)
    forget_ink(conn, ceremony_id)
    record(
        conn,
        actor="counter:esign",
        action="document.sealed",
        subject=f"ceremony:{ceremony_id}",
        facts={
            "presented_sha256": row.sha256,
            **{f"{one.kind}_sha256": one.sha256 for one in new.revisions},
            "software": SOFTWARE,
        },
        now=now,
    )
    body = {"ceremony_id": ceremony_id, "sha256": done.sealed_sha256}
    tell_case(conn, audiences, row.case_id, "document.signed", body, now)
    return done.sealed_sha256


def decline(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    audiences: Audiences,
    now: datetime,
    reason: str = "other",
) -> None:
    """The citizen says no, before the ink; again is the same.  reason: a `DeclineReason`."""
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Declined):
        return
    if not isinstance(stage, Presented | Consented):
        raise not_now(row, "ceremony.decline")
    stage.declined()
    end(conn, row, "declined", f"citizen:{case_id}", audiences, now, reason=reason)


def withdraw(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    by: str,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The agent takes it back, before the seal; again is the same."""
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Withdrawn):
        return
    if not isinstance(stage, Prepared | Presented | Consented | Signed):
        raise not_now(row, "ceremony.withdraw")
    stage.withdrawn()
    if isinstance(stage, Prepared):
        _unseen(conn, ceremony_id, now)
    end(conn, row, "withdrawn", by, audiences, now)


def _unseen(conn: Connection, ceremony_id: str, now: datetime) -> None:
    """Nobody has read it; what it said is let go like all that nobody signed."""
    conn.execute(
        insert_for(conn, ceremony_attendance)
        .values(ceremony_id=ceremony_id, touched_at=now, corrected=[], revision=1)
        .on_conflict_do_nothing()
    )


def change(conn: Connection, row: Row[Any], **values: Any) -> None:
    """Write columns of a ceremony that is locked; its version rises."""
    conn.execute(
        update(ceremony)
        .where(ceremony.c.id == row.id, ceremony.c.version == row.version)
        .values(version=row.version + 1, **values)
    )


def end(
    conn: Connection,
    row: Row[Any],
    state: str,
    by: str,
    audiences: Audiences,
    now: datetime,
    *,
    reason: str | None = None,
) -> None:
    """It is over: write the state, journal and tell.

    What the citizen gave before the seal is evidence, and stays for `EVIDENCE_KEPT`.
    """
    change(conn, row, state=state)
    if row.state != "signing":
        forget_ink(conn, row.id)
    why = {"reason": reason} if reason else {}
    record(
        conn,
        actor=by,
        action=f"ceremony.{state}",
        subject=f"ceremony:{row.id}",
        facts={"was": row.state, "sha256": row.sha256, **why},
        now=now,
    )
    body = {"ceremony_id": row.id, "state": state, **why}
    tell_case(conn, audiences, row.case_id, f"ceremony.{state}", body, now)


def forget_ink(conn: Connection, ceremony_id: str) -> None:
    """The strokes go, and which key it was at the provider; digests stay."""
    conn.execute(
        update(ceremony_ink).where(ceremony_ink.c.ceremony_id == ceremony_id).values(strokes=None)
    )
    conn.execute(
        update(ceremony_certificate)
        .where(ceremony_certificate.c.ceremony_id == ceremony_id)
        .values(credential_id=None)
    )


def add_revision(
    conn: Connection,
    document_id: DocumentId,
    new: NewRevision,
    parent_sha256: str | None,
    now: datetime,
    images: Sequence[NewImage] = (),
    *,
    pages: int | None = None,
) -> None:
    """One more revision of a document, and what it looks like."""
    conn.execute(
        esign_revision.insert().values(
            document_id=document_id,
            sha256=new.sha256,
            parent_sha256=parent_sha256,
            kind=new.kind,
            pages=len(images) if pages is None else pages,
            size_bytes=new.size_bytes,
            created_at=now,
        )
    )
    for image in images:
        conn.execute(
            esign_page_image.insert().values(
                document_id=document_id,
                revision_sha256=new.sha256,
                page=image.page,
                sha256=image.sha256,
                width_px=image.width_px,
                height_px=image.height_px,
            )
        )


def tell_case(
    conn: Connection,
    audiences: Audiences,
    case_id: str,
    kind: str,
    body: Mapping[str, Any],
    now: datetime,
) -> None:
    """Whoever has this case on a screen hears of it."""
    for audience in audiences(conn, case_id):
        tell(conn, audience, kind, body, now)


def not_now(row: Row[Any], asked: str) -> NotAllowedNow:
    """What to raise when the stage does not allow it."""
    return NotAllowedNow(f"ceremony {row.id} is {row.state}: {asked} is not possible now")


def digest_of(data: Mapping[str, str]) -> str:
    """SHA-256 of the data in canonical JSON, hexadecimal."""
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
