"""Pages as bundles see them, and what was made of them afterwards, as rows."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, Connection, Row, String, Table, select

from counter.documents.bundle import Leaf
from counter.documents.job import JobKind
from counter.documents.page import PageState
from counter.documents.refusals import PageUnknown
from counter.documents.store_documents import page
from counter.documents.store_jobs import owe
from counter.ids import Digest, PageId
from counter.store.executor import Executor
from counter.store.metadata import UtcDateTime, insert_for, metadata

Form = Literal["words", "bitonal"]

page_form = Table(
    "page_form",
    metadata,
    Column("page_id", String(40), primary_key=True),
    Column("form", String(12), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
"What was made of a page: its words, its copy in black and white.  The page itself never changes."


class SqlLeaves:
    """See `counter.documents.folder_ports.Leaves`."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def leaf(self, page_id: PageId) -> Leaf:
        return await self._executor.read(leaf, page_id)

    async def keep(self, page_id: PageId, form: Form, sha256: str, now: datetime) -> None:
        await self._executor.write(keep, page_id, form, sha256, now)


def leaves_of(conn: Connection, case_id: str) -> tuple[Leaf, ...]:
    """Every page of a case in the order in which they came."""
    rows = conn.execute(select(page).where(page.c.case_id == case_id).order_by(page.c.seq)).all()
    made = _forms(conn, [row.id for row in rows])
    return tuple(_leaf(row, made) for row in rows)


def leaf(conn: Connection, page_id: PageId) -> Leaf:
    """One page.  Raises `PageUnknown`."""
    row = conn.execute(select(page).where(page.c.id == page_id)).one_or_none()
    if row is None:
        raise PageUnknown(f"there is no page {page_id}")
    return _leaf(row, _forms(conn, [page_id]))


def keep(conn: Connection, page_id: PageId, form: Form, sha256: str, now: datetime) -> None:
    """Note what was made of a page; the first that was made stays."""
    row = insert_for(conn, page_form).values(page_id=page_id, form=form, sha256=sha256, made_at=now)
    conn.execute(row.on_conflict_do_nothing(index_elements=["page_id", "form"]))


def owe_forms(conn: Connection, case_id: str, now: datetime) -> int:
    """Let every accepted page be read and copied; how many pages there are."""
    accepted = [one for one in leaves_of(conn, case_id) if one.state is PageState.ACCEPTED]
    for one in accepted:
        for kind in (JobKind.WORDS, JobKind.BITONAL):
            owe(conn, kind, one.page_id, case_id, now)
    return len(accepted)


def _forms(conn: Connection, page_ids: list[str]) -> dict[tuple[str, str], str]:
    rows = conn.execute(select(page_form).where(page_form.c.page_id.in_(page_ids)))
    return {(row.page_id, row.form): row.sha256 for row in rows}


def _leaf(row: Row[Any], made: dict[tuple[str, str], str]) -> Leaf:
    words, bitonal = made.get((row.id, "words")), made.get((row.id, "bitonal"))
    return Leaf(
        page_id=PageId(row.id),
        item=row.item,
        seq=row.seq,
        state=PageState(row.state),
        format=row.findings.get("format", "free"),
        page_sha256=Digest(row.page_sha256),
        original_sha256=Digest(row.original_sha256),
        width_px=row.width_px,
        height_px=row.height_px,
        stored_at=row.stored_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        text_sha256=Digest(words) if words else None,
        bitonal_sha256=Digest(bitonal) if bitonal else None,
    )
