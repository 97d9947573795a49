"""Commands of signing, from the citizen's consent to the seal: each one is one transaction.

It decides by the stage types of `ceremony.py`, writes, tells the screens and journals.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from counter import SOFTWARE
from counter.esign.ceremony import Consented, Presented, Sealed, Signed
from counter.esign.demands import Acts
from counter.esign.ink import Ink
from counter.esign.record_ports import NewSeal
from counter.esign.store_archive import owe_archive
from counter.esign.store_case import WitnessOf
from counter.esign.store_ceremony import add_revision, change, find, forget_ink, not_now, stage_of
from counter.esign.store_tables import ceremony_ink
from counter.esign.store_tickets import drop_ticket
from counter.ids import Digest, DocumentId
from counter.store.journal_sql import record
from counter.store.session_log import Audiences, tell_all


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
    tell_all(conn, audiences, case_id, "ceremony.consented", body, now)


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
    tell_all(conn, audiences, row.case_id, "ceremony.signed", {"ceremony_id": row.id}, now)


def citizen_signed(
    conn: Connection, ceremony_id: str, *, audiences: Audiences, now: datetime
) -> None:
    """The citizen's signature is in the document with its time: nobody waits any more."""
    row = find(conn, None, ceremony_id)
    change(conn, row)
    body = {"ceremony_id": ceremony_id}
    tell_all(conn, audiences, row.case_id, "ceremony.citizen_signed", body, now)


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
    tell_all(conn, audiences, row.case_id, "document.signed", body, now)
    return done.sealed_sha256
