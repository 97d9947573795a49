"""Links for papers that come later, and what was uploaded over them, as rows.

The pictures lie sealed among the blobs, each under a key that its row alone holds; when the paper
is sent they become pages of the case.  The commands that change rows are in `store_later_commands`.
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

from counter.documents.advance import Sealed
from counter.documents.later import Asked, Link, LinkState, Sheet, state_at
from counter.documents.refusals import LinkOver, PageUnknown
from counter.ids import Digest, PageId
from counter.store.metadata import UtcDateTime, metadata

paper_link = Table(
    "paper_link",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("item", String(80), nullable=False),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("uploads", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(60), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("sent_at", UtcDateTime),
)
"""state: open, sent or revoked; that an open one has expired is a matter of the clock."""

paper_sheet = Table(
    "paper_sheet",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("link_id", String(40), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("original_sha256", String(64), nullable=False),
    Column("page_blob", String(64), nullable=False),
    Column("thumb_blob", String(64), nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("advice", String(40)),
    Column("taken_at", UtcDateTime, nullable=False),
    UniqueConstraint("link_id", "seq"),
)


def asked(conn: Connection, token_sha256: str, now: datetime) -> Asked:
    """What who has the link sees.  Raises `LinkOver`, alike for what there never was."""
    row = open_row(conn, token_sha256, now)
    return Asked(link=link_of(row, now), sheets=sheets_of(conn, row.id))


def open_row(conn: Connection, token_sha256: str, now: datetime, *, lock: bool = False) -> Row[Any]:
    query = select(paper_link).where(paper_link.c.token_sha256 == token_sha256)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None or state_at(row.state, row.expires_at, now) is not LinkState.OPEN:
        raise LinkOver("a link that was used, taken back, has expired, or never was")
    return row


def links_of(conn: Connection, case_ids: Sequence[str], now: datetime) -> list[Link]:
    """All links of these cases, the newest first."""
    rows = conn.execute(
        select(paper_link)
        .where(paper_link.c.case_id.in_(case_ids))
        .order_by(paper_link.c.made_at.desc(), paper_link.c.id)
    )
    return [link_of(row, now) for row in rows]


def still_open(conn: Connection, link_ids: Sequence[str], now: datetime) -> set[str]:
    """Those of these links that take something now."""
    rows = conn.execute(select(paper_link).where(paper_link.c.id.in_(link_ids)))
    return {row.id for row in rows if link_of(row, now).state is LinkState.OPEN}


def link_of(row: Row[Any], now: datetime) -> Link:
    return Link(
        link_id=row.id,
        case_id=row.case_id,
        item=row.item,
        state=state_at(row.state, row.expires_at, now),
        made_at=row.made_at,
        expires_at=row.expires_at,
        sent_at=row.sent_at,
    )


def sheet_rows(conn: Connection, link_id: str) -> Sequence[Row[Any]]:
    return conn.execute(
        select(paper_sheet).where(paper_sheet.c.link_id == link_id).order_by(paper_sheet.c.seq)
    ).all()


def sheets_of(conn: Connection, link_id: str) -> tuple[Sheet, ...]:
    return tuple(
        Sheet(
            sheet_id=PageId(row.id),
            advice=row.advice,
            width_px=row.width_px,
            height_px=row.height_px,
        )
        for row in sheet_rows(conn, link_id)
    )


def sealed_sheet(
    conn: Connection, token_sha256: str, sheet_id: str, picture: str, now: datetime
) -> Sealed:
    """Where a picture lies, and what opens it.  Raises `LinkOver`, `PageUnknown`."""
    link = open_row(conn, token_sha256, now)
    row = conn.execute(
        select(paper_sheet).where(paper_sheet.c.id == sheet_id, paper_sheet.c.link_id == link.id)
    ).one_or_none()
    if row is None or picture not in ("page", "thumb"):
        raise PageUnknown(f"link {link.id} has no such page")
    return Sealed(
        paper_id=PageId(row.id),
        blob=Digest(row.page_blob if picture == "page" else row.thumb_blob),
        wrapped_key=row.wrapped_key,
    )


def upload_known(conn: Connection, token_sha256: str, original_sha256: str, now: datetime) -> bool:
    """Whether this very file was uploaded already and is still there.  Raises `LinkOver`."""
    link = open_row(conn, token_sha256, now)
    return (
        conn.execute(
            select(paper_sheet.c.id)
            .where(
                paper_sheet.c.link_id == link.id,
                paper_sheet.c.original_sha256 == original_sha256,
            )
            .limit(1)
        ).one_or_none()
        is not None
    )
