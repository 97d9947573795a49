"""Departments' own forms as rows: versions that stay for ever, one of them published at most.

What was signed names its form and version, so none is ever changed or deleted; a form that is not
to be used any more is retired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    func,
    select,
    text,
    update,
)

from counter.esign.form_refusals import FormChanged, FormIdTaken, FormUnknown
from counter.esign.own_forms import FormVersion
from counter.store.alerts import open_alerts, raise_alert, settle_alert
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, metadata
from counter.store.session_log import tell
from counter.store.turn import take_turn

form_template = Table(
    "form_template",
    metadata,
    Column("form", String(40), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("department_id", String(40), nullable=False, index=True),
    Column("description", Text, nullable=False),
    Column("typst", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("published_by", String(80), nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
)
Index(
    "uq_form_template_published",
    form_template.c.form,
    unique=True,
    sqlite_where=text("state = 'published'"),
    postgresql_where=text("state = 'published'"),
)


UNREADABLE = "form.unreadable"
"The alert."


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlForms:
    """`counter.esign.form_ports.OwnFormsStore`."""

    executor: Executor

    async def publish(self, new: FormVersion, *, seen: int) -> int:
        return await self.executor.write(publish, new, seen)

    async def retire(
        self, department: str, form: str, version: int, *, by: str, now: datetime
    ) -> None:
        await self.executor.write(retire, department, form, version, by, now)

    async def versions(self, department: str | None = None) -> Sequence[FormVersion]:
        return await self.executor.read(versions, department)

    async def mark(self) -> tuple[int, int]:
        return await self.executor.read(mark)

    async def tell_unreadable(self, lost: Sequence[FormVersion], now: datetime) -> None:
        await self.executor.write(tell_unreadable, lost, now)

    async def tell_desks(self, departments: Sequence[str], now: datetime) -> None:
        await self.executor.write(tell_desks, departments, now)


def tell_desks(conn: Connection, departments: Sequence[str], now: datetime) -> None:
    """A row for each: whoever works there gets a new screen."""
    for department in departments:
        tell(conn, f"department:{department}", "forms.changed", {}, now)


def tell_unreadable(conn: Connection, lost: Sequence[FormVersion], now: datetime) -> None:
    """One alert per form; it is settled when another version is published, or none any more."""
    about = {f"form:{one.form}": one for one in lost}
    for told in open_alerts(conn):
        now_lost = about.get(told.subject)
        if told.kind == UNREADABLE and (
            now_lost is None or now_lost.version != told.facts["version"]
        ):
            settle_alert(conn, UNREADABLE, told.subject, now)
    for subject, one in about.items():
        facts = {"version": one.version, "department": one.department}
        raise_alert(conn, UNREADABLE, subject, facts, now)


def publish(conn: Connection, new: FormVersion, seen: int) -> int:
    """Keep it as the next version, the one that is offered; the same once more is none."""
    take_turn(conn)  # two editors at once: the second sees the first's
    newest = _newest(conn, new.form)
    if newest is not None and newest.department_id != new.department:
        raise FormIdTaken(f"{new.form} is another department's")
    number = int(newest.version) if newest is not None else 0
    if number != seen:
        again = newest is not None and (number, newest.sha256) == (seen + 1, new.sha256)
        if again and newest is not None and newest.published_by == new.by:
            return number
        raise FormChanged(f"{new.form} has version {number}, and {seen} was looked at")
    conn.execute(
        update(form_template)
        .where(form_template.c.form == new.form, form_template.c.state == "published")
        .values(state="replaced")
    )
    conn.execute(
        form_template.insert().values(
            form=new.form,
            version=number + 1,
            department_id=new.department,
            description=new.description,
            typst=new.typst,
            sha256=new.sha256,
            state="published",
            published_by=new.by,
            published_at=new.at,
        )
    )
    record(
        conn,
        actor=new.by,
        action="form.published",
        subject=f"form:{new.form}",
        facts={"version": number + 1, "department": new.department, "sha256": new.sha256},
        now=new.at,
    )
    return number + 1


def retire(
    conn: Connection, department: str, form: str, version: int, by: str, now: datetime
) -> None:
    """Offer it no more; again is the same."""
    take_turn(conn)
    newest = _newest(conn, form)
    if newest is None or newest.department_id != department:
        raise FormUnknown(f"department {department} has no form {form}")
    if newest.version != version:
        raise FormChanged(f"{form} has version {newest.version}, and {version} was looked at")
    if newest.state != "published":
        return
    conn.execute(
        update(form_template)
        .where(form_template.c.form == form, form_template.c.version == version)
        .values(state="retired")
    )
    record(
        conn,
        actor=by,
        action="form.retired",
        subject=f"form:{form}",
        facts={"version": version, "department": department},
        now=now,
    )


def versions(conn: Connection, department: str | None = None) -> list[FormVersion]:
    """Every version, of one department or of all, by form and number."""
    asked = select(form_template).order_by(form_template.c.form, form_template.c.version)
    if department is not None:
        asked = asked.where(form_template.c.department_id == department)
    return [
        FormVersion(
            form=row.form,
            version=row.version,
            department=row.department_id,
            description=row.description,
            typst=row.typst,
            sha256=row.sha256,
            state=row.state,
            by=row.published_by,
            at=row.published_at,
        )
        for row in conn.execute(asked)
    ]


def mark(conn: Connection) -> tuple[int, int]:
    """How many versions there are, and how many of them are retired: both only grow."""
    every = conn.execute(select(func.count()).select_from(form_template)).scalar_one()
    gone = conn.execute(
        select(func.count()).select_from(form_template).where(form_template.c.state == "retired")
    ).scalar_one()
    return every, gone


def _newest(conn: Connection, form: str) -> Row[Any] | None:
    return conn.execute(
        select(form_template)
        .where(form_template.c.form == form)
        .order_by(form_template.c.version.desc())
        .limit(1)
    ).one_or_none()
