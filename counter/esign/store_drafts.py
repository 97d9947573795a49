"""Drafts as rows: each field by itself, so that no acknowledged field is ever lost.

They, and what was remembered of the citizen for them, go with the case.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    select,
    text,
    update,
)

from counter.esign.draft import Draft, Typed, next_version, require_owner
from counter.esign.form_refusals import DraftOver
from counter.esign.forms import FormTemplate, Owner
from counter.esign.store_reading import is_open
from counter.store.cases import lock_case
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata
from counter.store.session_log import Audiences, tell_all

form_draft = Table(
    "form_draft",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False),
    Column("form", String(60), nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("begun_by", String(80), nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
)
Index("uq_form_draft_of_case", form_draft.c.case_id, form_draft.c.form, unique=True)
Index(
    "uq_form_draft_shown",
    form_draft.c.case_id,
    unique=True,
    sqlite_where=text("shown"),
    postgresql_where=text("shown"),
)

form_draft_field = Table(
    "form_draft_field",
    metadata,
    Column("draft_id", String(40), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("text", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

form_known = Table(
    "form_known",
    metadata,
    Column("case_id", String(40), primary_key=True),
    Column("name", String(20), primary_key=True),
    Column("text", Text, nullable=False),
)
"What the citizen's identity paper said when the citizen was identified, for the forms to come."


def begin(
    conn: Connection,
    audiences: Audiences,
    draft_id: str,
    case_id: str,
    form: FormTemplate,
    *,
    by: str,
    now: datetime,
) -> str:
    """Put a form on both screens, with what was written into it before; answers its draft's id.

    Of a newer version of the form, a new draft takes the place of the old one, with the texts of
    the fields that are still there.
    """
    lock_case(conn, case_id)
    conn.execute(update(form_draft).where(form_draft.c.case_id == case_id).values(shown=False))
    known = conn.execute(
        select(form_draft).where(form_draft.c.case_id == case_id, form_draft.c.form == form.id)
    ).one_or_none()
    if known is not None:
        _renew(conn, known, form)
        draft_id = known.id
    else:
        conn.execute(
            form_draft.insert().values(
                id=draft_id,
                case_id=case_id,
                form=form.id,
                form_version=form.version,
                shown=True,
                begun_by=by,
                begun_at=now,
            )
        )
        record(
            conn,
            actor=by,
            action="form.begun",
            subject=f"draft:{draft_id}",
            facts={"case": case_id, "form": form.id, "form_version": form.version},
            now=now,
        )
    tell_all(conn, audiences, case_id, "form.begun", {"draft_id": draft_id}, now)
    return draft_id


def _renew(conn: Connection, known: Row[Any], form: FormTemplate) -> None:
    conn.execute(
        update(form_draft)
        .where(form_draft.c.id == known.id)
        .values(shown=True, form_version=form.version)
    )
    if known.form_version != form.version:
        conn.execute(
            delete(form_draft_field).where(
                form_draft_field.c.draft_id == known.id,
                form_draft_field.c.name.not_in([field.name for field in form.typed]),
            )
        )


def fill(
    conn: Connection,
    audiences: Audiences,
    case_id: str,
    draft_id: str,
    form: Callable[[str, int], FormTemplate],
    *,
    name: str,
    written: str,
    version: int,
    writes: Owner,
    now: datetime,
) -> int:
    """Write one field; answers its version now.  What was written goes to no log.

    form: by its id and version.  version: the one the writer has seen.
    Raises `DraftOver`, `FieldUnknown`, `FieldNotYours`, `DraftChanged`.
    """
    row = _shown(conn, case_id, draft_id)
    require_owner(form(row.form, row.form_version), name, writes)
    known = _typed(conn, draft_id).get(name)
    made = next_version(known, written, version)
    if made is None:
        return known.version if known else 0
    conn.execute(
        insert_for(conn, form_draft_field)
        .values(draft_id=draft_id, name=name, text=written, version=made, at=now)
        .on_conflict_do_update(
            index_elements=["draft_id", "name"],
            set_={"text": written, "version": made, "at": now},
        )
    )
    told: dict[str, str | int] = {"draft_id": draft_id, "field": name, "version": made}
    tell_all(conn, audiences, case_id, "form.filled", told, now)
    return made


def leave(
    conn: Connection, audiences: Audiences, case_id: str, draft_id: str, *, now: datetime
) -> None:
    """Take it off both screens; it is found again.  Harmless when it was."""
    changed = conn.execute(
        update(form_draft)
        .where(form_draft.c.id == draft_id, form_draft.c.case_id == case_id, form_draft.c.shown)
        .values(shown=False)
    ).rowcount
    if changed:
        tell_all(conn, audiences, case_id, "form.left", {"draft_id": draft_id}, now)


def take(
    conn: Connection,
    audiences: Audiences,
    case_id: str,
    draft_id: str,
    texts: Callable[[Draft], dict[str, str]],
    *,
    now: datetime,
) -> dict[str, str]:
    """What is to be presented; nothing more is written into it from here on.

    Taken again it is the same, as somebody asks who got no answer.  texts: raises when it is not
    what was looked at.  Raises `DraftOver` when another one is on the screens.
    """
    lock_case(conn, case_id)
    rows = conn.execute(select(form_draft).where(form_draft.c.case_id == case_id)).all()
    row = next((one for one in rows if one.id == draft_id), None)
    if row is None or any(one.shown for one in rows if one.id != draft_id):
        raise DraftOver(f"case {case_id}: draft {draft_id} is not on the screens")
    said = texts(_draft(conn, row))
    leave(conn, audiences, case_id, draft_id, now=now)
    return said


def bring_back(
    conn: Connection, audiences: Audiences, case_id: str, draft_id: str, *, now: datetime
) -> None:
    """On both screens again: it was taken and could not be presented."""
    lock_case(conn, case_id)
    others = select(form_draft.c.id).where(form_draft.c.case_id == case_id, form_draft.c.shown)
    if is_open(conn, case_id) or conn.execute(others.limit(1)).one_or_none() is not None:
        return
    conn.execute(
        update(form_draft)
        .where(form_draft.c.id == draft_id, form_draft.c.case_id == case_id)
        .values(shown=True)
    )
    tell_all(conn, audiences, case_id, "form.begun", {"draft_id": draft_id}, now)


def drafts_of(conn: Connection, case_id: str) -> tuple[Draft, ...]:
    """Every draft of a case, in the order in which they were begun."""
    rows = conn.execute(
        select(form_draft)
        .where(form_draft.c.case_id == case_id)
        .order_by(form_draft.c.begun_at, form_draft.c.id)
    ).all()
    return tuple(_draft(conn, row) for row in rows)


def remember(conn: Connection, case_id: str, said: dict[str, str]) -> None:
    """Keep what the identity paper said, in place of what it said before."""
    conn.execute(delete(form_known).where(form_known.c.case_id == case_id))
    if rows := [
        {"case_id": case_id, "name": name, "text": said_of_it}
        for name, said_of_it in said.items()
        if said_of_it
    ]:
        conn.execute(form_known.insert(), rows)


def remembered(conn: Connection, case_id: str) -> dict[str, str]:
    """What the identity paper said."""
    rows = conn.execute(select(form_known).where(form_known.c.case_id == case_id))
    return {row.name: row.text for row in rows}


def forget_drafts(conn: Connection, case_id: str) -> None:
    """The case has ended: what was typed and not presented is nobody's business any more."""
    drafts = select(form_draft.c.id).where(form_draft.c.case_id == case_id)
    conn.execute(delete(form_draft_field).where(form_draft_field.c.draft_id.in_(drafts)))
    conn.execute(delete(form_draft).where(form_draft.c.case_id == case_id))
    conn.execute(delete(form_known).where(form_known.c.case_id == case_id))


def _shown(conn: Connection, case_id: str, draft_id: str, *, lock: bool = True) -> Row[Any]:
    asked = select(form_draft).where(
        form_draft.c.id == draft_id, form_draft.c.case_id == case_id, form_draft.c.shown
    )
    row = conn.execute(asked.with_for_update() if lock else asked).one_or_none()
    if row is None:
        raise DraftOver(f"case {case_id}: draft {draft_id} is not on the screens")
    return row


def _draft(conn: Connection, row: Row[Any]) -> Draft:
    return Draft(
        draft_id=row.id,
        form=row.form,
        form_version=row.form_version,
        shown=row.shown,
        typed=_typed(conn, row.id),
    )


def _typed(conn: Connection, draft_id: str) -> dict[str, Typed]:
    rows = conn.execute(
        select(form_draft_field).where(form_draft_field.c.draft_id == draft_id)
    ).all()
    return {row.name: Typed(text=row.text, version=row.version) for row in rows}
