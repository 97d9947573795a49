"""What agents say of papers beside their pages: the original was seen; due on a day, or not needed.

The commands run in one transaction that also tells the screens of the case and writes the journal.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Column, Connection, Date, String, Table, delete, select

from counter.documents.checklist import Attested, Due, Standing, standings
from counter.documents.store_documents import declined_items, documents_of
from counter.ids import CaseId
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata
from counter.store.session_log import Audiences, tell_all

original_seen = Table(
    "original_seen",
    metadata,
    Column("case_id", String(40), primary_key=True),
    Column("item", String(80), primary_key=True),
    Column("by", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

paper_due = Table(
    "paper_due",
    metadata,
    Column("case_id", String(40), primary_key=True),
    Column("item", String(80), primary_key=True),
    Column("until", Date),
    Column("by", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"What was said of a paper that is not there: the last day to hand it in, none when not needed."


def attest(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    item: str,
    *,
    seen: bool,
    by: str,
    now: datetime,
) -> None:
    """The agent has looked at the original, or takes that back.  Doing so twice is once."""
    if seen:
        changed = conn.execute(
            insert_for(conn, original_seen)
            .values(case_id=case_id, item=item, by=by, at=now)
            .on_conflict_do_nothing()
        ).rowcount
    else:
        changed = conn.execute(
            delete(original_seen).where(
                original_seen.c.case_id == case_id, original_seen.c.item == item
            )
        ).rowcount
    if changed:
        action = "paper.original_seen" if seen else "paper.original_undone"
        _say(conn, audiences, case_id, item, action, by=by, now=now)


def need(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    item: str,
    *,
    needed: bool,
    by: str,
    now: datetime,
) -> None:
    """This matter does without the paper, or needs it after all.  Doing so twice is once."""
    mine = (paper_due.c.case_id == case_id) & (paper_due.c.item == item)
    if needed:
        changed = conn.execute(delete(paper_due).where(mine)).rowcount
    else:
        changed = conn.execute(
            insert_for(conn, paper_due)
            .values(case_id=case_id, item=item, until=None, by=by, at=now)
            .on_conflict_do_nothing()
        ).rowcount
    if changed:
        action = "paper.needed" if needed else "paper.not_needed"
        _say(conn, audiences, case_id, item, action, by=by, now=now)


def put_dues(
    conn: Connection, case_id: CaseId, dues: Sequence[Due], *, by: str, now: datetime
) -> None:
    """Keep with the case what is still to be handed in; who closes it tells the screens."""
    for due in dues:
        conn.execute(
            insert_for(conn, paper_due)
            .values(case_id=case_id, item=due.item, until=due.until, by=by, at=now)
            .on_conflict_do_update(
                index_elements=["case_id", "item"], set_={"until": due.until, "by": by, "at": now}
            )
        )
        record(
            conn,
            actor=by,
            action="paper.due" if due.until else "paper.not_needed",
            subject=f"case:{case_id}",
            facts={"item": due.item, "until": due.until.isoformat() if due.until else None},
            now=now,
        )


def attested(conn: Connection, case_id: CaseId) -> list[Attested]:
    """The originals that an agent has looked at."""
    rows = conn.execute(
        select(original_seen.c.item, original_seen.c.by, original_seen.c.at)
        .where(original_seen.c.case_id == case_id)
        .order_by(original_seen.c.item)
    )
    return [Attested(item=row.item, by=row.by, at=row.at) for row in rows]


def dues_of(conn: Connection, case_id: CaseId) -> dict[str, date | None]:
    """What was said of papers that are not there, by item."""
    rows = conn.execute(
        select(paper_due.c.item, paper_due.c.until)
        .where(paper_due.c.case_id == case_id)
        .order_by(paper_due.c.until, paper_due.c.item)
    )
    return {row.item: row.until for row in rows}


def still_due(conn: Connection, case_id: CaseId) -> list[tuple[str, date]]:
    """(paper, last day) of what has not come since, over a link or otherwise; by day."""
    dues = {item: until for item, until in dues_of(conn, case_id).items() if until is not None}
    missing = {one.item for one in checklist_of(conn, case_id, list(dues)) if one.missing}
    return [(item, until) for item, until in dues.items() if item in missing]


def checklist_of(conn: Connection, case_id: CaseId, items: Sequence[str]) -> list[Standing]:
    """How the papers of the case's service stand."""
    documents = documents_of(conn, case_id)
    return standings(
        items,
        [(page.item, page.state) for page in documents.pages],
        asked=documents.open_request.item if documents.open_request else None,
        declined=declined_items(conn, case_id),
        seen={one.item: one.at for one in attested(conn, case_id)},
        dues=dues_of(conn, case_id),
    )


def _say(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    item: str,
    action: str,
    *,
    by: str,
    now: datetime,
) -> None:
    tell_all(conn, audiences, case_id, action, {"item": item}, now)
    record(conn, actor=by, action=action, subject=f"case:{case_id}", facts={"item": item}, now=now)
