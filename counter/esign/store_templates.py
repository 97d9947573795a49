"""Departments' own forms as rows: texts by their digest, versions that stay for ever.

A form that was signed with stays readable in the version that was signed; what is not to be used
any more is retired, never deleted.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Integer, String, Table, Text, delete, func, select

from counter.errors import NotAllowedNow
from counter.esign.forms import FormTemplate
from counter.esign.refusals import FormUnknown
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata
from counter.store.turn import take_turn

form_text = Table(
    "form_text",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("body", Text, nullable=False),
)
"Content-addressed: Typst sources and JSON descriptions."

form_template = Table(
    "form_template",
    metadata,
    Column("form", String(60), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("department_id", String(40), nullable=False, index=True),
    Column("source_sha256", String(64), nullable=False),
    Column("description_sha256", String(64), nullable=False),
    Column("added_by", String(80), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)

form_retired = Table(
    "form_retired",
    metadata,
    Column("form", String(60), primary_key=True),
    Column("by", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnForm:
    """A version of a department's own form."""

    template: FormTemplate
    "With its source."
    department_id: str
    description: str
    "The JSON as it was written."
    added_by: str
    added_at: datetime
    retired: bool


def add_template(
    conn: Connection,
    template: FormTemplate,
    description: str,
    *,
    department_id: str,
    by: str,
    now: datetime,
) -> int:
    """Keep a new version, whose number it answers; texts that are the newest already make none.

    template: with its source.  A form that was retired is in use again.
    Raises `NotAllowedNow` when the form is another department's.
    """
    take_turn(conn)  # two administrators at once: one number each
    newest = conn.execute(
        select(form_template)
        .where(form_template.c.form == template.id)
        .order_by(form_template.c.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and newest.department_id != department_id:
        raise NotAllowedNow(f"form {template.id} is another department's; choose another id")
    assert template.source is not None
    source = _keep(conn, template.source)
    described = _keep(conn, description)
    brought_back = conn.execute(
        delete(form_retired).where(form_retired.c.form == template.id)
    ).rowcount
    same = newest is not None and (newest.source_sha256, newest.description_sha256) == (
        source,
        described,
    )
    if newest is not None and same and not brought_back:
        return int(newest.version)
    version = int(newest.version) if newest is not None and same else 0
    if not version:
        version = (int(newest.version) if newest is not None else 0) + 1
        conn.execute(
            form_template.insert().values(
                form=template.id,
                version=version,
                department_id=department_id,
                source_sha256=source,
                description_sha256=described,
                added_by=by,
                added_at=now,
            )
        )
    facts = {
        "version": version,
        "department": department_id,
        "source_sha256": source,
        "description_sha256": described,
    }
    subject = f"form:{template.id}"
    record(conn, actor=by, action="form.added", subject=subject, facts=facts, now=now)
    return version


def retire_template(
    conn: Connection, form: str, *, department_id: str, by: str, now: datetime
) -> None:
    """Offer it no more; again is the same.  Raises `FormUnknown` for none of this department."""
    owned = conn.execute(
        select(form_template.c.form).where(
            form_template.c.form == form, form_template.c.department_id == department_id
        )
    ).first()
    if owned is None:
        raise FormUnknown(f"department {department_id} has no form {form}")
    inserted = conn.execute(
        insert_for(conn, form_retired).values(form=form, by=by, at=now).on_conflict_do_nothing()
    ).rowcount
    if inserted:
        record(conn, actor=by, action="form.retired", subject=f"form:{form}", facts={}, now=now)


def templates(conn: Connection, department_id: str | None = None) -> Sequence[OwnForm]:
    """Every version, of one department or of all, by form and version."""
    source, described = form_text.alias(), form_text.alias()
    asked = (
        select(form_template, source.c.body.label("source"), described.c.body.label("described"))
        .join(source, source.c.sha256 == form_template.c.source_sha256)
        .join(described, described.c.sha256 == form_template.c.description_sha256)
        .order_by(form_template.c.form, form_template.c.version)
    )
    if department_id is not None:
        asked = asked.where(form_template.c.department_id == department_id)
    gone = set(conn.execute(select(form_retired.c.form)).scalars())
    return [
        OwnForm(
            template=FormTemplate.model_validate_json(row.described).model_copy(
                update={
                    "version": row.version,
                    "source": row.source,
                    "departments": (row.department_id,),  # whatever it says of itself
                }
            ),
            department_id=row.department_id,
            description=row.described,
            added_by=row.added_by,
            added_at=row.added_at,
            retired=row.form in gone,
        )
        for row in conn.execute(asked)
    ]


def state_of_templates(conn: Connection) -> tuple[int, int]:
    """Changes with each template that is added or retired: cheap to ask again and again."""
    added = conn.execute(select(func.count()).select_from(form_template)).scalar_one()
    gone = conn.execute(select(func.count()).select_from(form_retired)).scalar_one()
    return added, gone


def _keep(conn: Connection, body: str) -> str:
    digest = hashlib.sha256(body.encode()).hexdigest()
    conn.execute(
        insert_for(conn, form_text).values(sha256=digest, body=body).on_conflict_do_nothing()
    )
    return digest
