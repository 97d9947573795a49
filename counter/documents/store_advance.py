"""Papers sent before the visit as rows, and what is asked of them.

One row per paper of an appointment, of its newest photograph.  The pictures lie sealed among the
blobs; the row holds the only key.  The commands that change rows are in `store_advance_commands`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    select,
)

from counter.documents.advance import (
    PHOTOGRAPHS_MAX,
    AdvancePaper,
    AdvanceState,
    Reason,
    Sealed,
)
from counter.documents.refusals import PageUnknown, PaperReady, TooManyPhotographs
from counter.ids import AppointmentId, Digest, PageId
from counter.store.metadata import UtcDateTime, metadata

advance_paper = Table(
    "advance_paper",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("appointment_id", String(40), nullable=False),
    Column("item", String(80), nullable=False),
    Column("state", String(12), nullable=False),
    Column("photographs", Integer, nullable=False),
    Column("original_sha256", String(64), nullable=False),
    Column("page_blob", String(64), nullable=False),
    Column("thumb_blob", String(64), nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("advice", String(40)),
    Column("reason", String(20)),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(60)),
    Column("more", JSON),
    UniqueConstraint("appointment_id", "item"),
)
"""id: another one with each photograph.  photographs: how many were taken, this one included.
original_sha256: of what came up, whose bytes are not kept.  reason, decided_at, decided_by: the
agent's word.  Of what was taken back only the number of photographs is left.
more: pages after the first, each with its blobs and size; none: it has one page."""
TAKEN_BACK = "taken_back"
"""State of a row without a paper: the key and the digests are empty."""


def papers_of(conn: Connection, appointment_ids: Sequence[str]) -> list[AdvancePaper]:
    """All papers of these appointments."""
    rows = conn.execute(
        select(advance_paper)
        .where(
            advance_paper.c.appointment_id.in_(appointment_ids),
            advance_paper.c.state != TAKEN_BACK,
        )
        .order_by(advance_paper.c.appointment_id, advance_paper.c.item)
    )
    return [paper_of(row) for row in rows]


def row_of(conn: Connection, appointment_id: str, item: str) -> Row[Any] | None:
    """The row of a paper."""
    row = row_of_any(conn, appointment_id, item)
    return None if row is None or row.state == TAKEN_BACK else row


def row_of_any(conn: Connection, appointment_id: str, item: str) -> Row[Any] | None:
    """The row of a paper, or of one that was taken back."""
    return conn.execute(
        select(advance_paper).where(
            advance_paper.c.appointment_id == appointment_id, advance_paper.c.item == item
        )
    ).one_or_none()


def asked_again(conn: Connection, appointment_id: str, item: str, paper_id: str) -> bool:
    """Whether the agent's word on this very photograph still is: please again."""
    row = row_of(conn, appointment_id, item)
    return row is not None and (row.id, row.state) == (paper_id, AdvanceState.AGAIN)


def may_take(
    conn: Connection, appointment_id: AppointmentId, item: str, original_sha256: str, now: datetime
) -> AdvancePaper | None:
    """Whether a photograph is worth looking at: `None` says yes.

    A paper means that this very photograph was taken before.  Raises `PaperReady`,
    `TooManyPhotographs`.
    """
    row = row_of_any(conn, appointment_id, item)
    if row is None:
        return None
    if row.original_sha256 == original_sha256:
        return paper_of(row)
    if row.state == AdvanceState.READY:
        raise PaperReady(f"paper {item} of appointment {appointment_id} is ready")
    if row.photographs >= PHOTOGRAPHS_MAX:
        raise TooManyPhotographs(f"paper {item} of appointment {appointment_id}: no more are taken")
    return None


def sealed_of(
    conn: Connection, appointment_id: str, item: str, picture: str, number: int
) -> Sealed:
    """Where a picture of a page lies, and what opens it.  Raises `PageUnknown`."""
    row = row_of(conn, appointment_id, item)
    blobs = blobs_of(row)
    at = 2 * (number - 1) + (picture == "thumb")
    if row is None or picture not in ("page", "thumb") or not 0 <= at < len(blobs):
        raise PageUnknown(f"appointment {appointment_id} has no such paper")
    return Sealed(paper_id=PageId(row.id), blob=blobs[at], wrapped_key=row.wrapped_key)


def blobs_of(row: Row[Any] | None) -> tuple[Digest, ...]:
    """Page and thumbnail of the first page, then of each further one; none when taken back."""
    if row is None or row.state == TAKEN_BACK:
        return ()
    first = [row.page_blob, row.thumb_blob]
    further = [blob for one in row.more or () for blob in (one["page_blob"], one["thumb_blob"])]
    return tuple(Digest(blob) for blob in [*first, *further])


def paper_of(row: Row[Any]) -> AdvancePaper:
    return AdvancePaper(
        paper_id=PageId(row.id),
        appointment_id=AppointmentId(row.appointment_id),
        item=row.item,
        state=AdvanceState(row.state),
        advice=row.advice,
        reason=Reason(row.reason) if row.reason else None,
        width_px=row.width_px,
        height_px=row.height_px,
        taken_at=row.taken_at,
        pages=1 + len(row.more or ()),
    )
