"""Cases as rows.  One case at most is on a terminal at a time: a partial unique index says so."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import JSON, Column, Connection, Index, Integer, Row, String, Table, Text, select

from counter.case import Case, Outcome
from counter.errors import NotAllowedNow, NotFound
from counter.ids import AgentId, CaseId, TerminalId
from counter.store.metadata import UtcDateTime, metadata

case_table = Table(
    "case_file",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("number", String(12), nullable=False),
    Column("terminal_id", String(40), nullable=False),
    Column("site_id", String(40), nullable=False),
    Column("department_id", String(40), nullable=False, index=True),
    Column("service_id", String(80), nullable=False),
    Column("appointment_id", String(40), unique=True),
    Column("citizen", Text, nullable=False),
    Column("language", String(10), nullable=False),
    Column("needs", JSON, nullable=False),
    Column("agent_id", String(40), index=True),
    Column("outcome", String(20)),
    Column("next_step", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("stars", Integer),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("left_at", UtcDateTime),
)
Index(
    "uq_case_file_on_terminal",
    case_table.c.terminal_id,
    unique=True,
    sqlite_where=case_table.c.left_at.is_(None),
    postgresql_where=case_table.c.left_at.is_(None),
)


def put_case(conn: Connection, case: Case) -> None:
    """Insert a new case, or write a changed one."""
    values = asdict(case) | {
        "needs": list(case.needs),
        "outcome": case.outcome.value if case.outcome else None,
    }
    changed = conn.execute(
        case_table.update().where(case_table.c.id == case.id).values(values)
    ).rowcount
    if not changed:
        conn.execute(case_table.insert().values(values))


def get_case(conn: Connection, case_id: CaseId, *, lock: bool = False) -> Case:
    """The case.  lock: nobody else changes it before this transaction ends.  Raises `NotFound`."""
    query = select(case_table).where(case_table.c.id == case_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(f"case {case_id} is not known")
    return case_of(row)


def lock_case(conn: Connection, case_id: str) -> None:
    """Nobody else numbers anything of this case before this transaction ends.

    Before any row below the case is locked; harmless when there is no such case.
    """
    conn.execute(select(case_table.c.id).where(case_table.c.id == case_id).with_for_update()).all()


def case_on_terminal(conn: Connection, terminal_id: TerminalId) -> Case | None:
    """The case whose citizen sits at this terminal now."""
    row = conn.execute(
        select(case_table).where(
            case_table.c.terminal_id == terminal_id, case_table.c.left_at.is_(None)
        )
    ).one_or_none()
    return case_of(row) if row else None


def case_of_agent(conn: Connection, agent_id: AgentId) -> Case | None:
    """The open case this agent works on now."""
    row = conn.execute(
        select(case_table)
        .where(case_table.c.agent_id == agent_id, case_table.c.closed_at.is_(None))
        .order_by(case_table.c.opened_at.desc())
        .limit(1)
    ).one_or_none()
    return case_of(row) if row else None


def require_open(conn: Connection, case_id: str) -> None:
    """Raises `NotAllowedNow` for a closed case; an open one stays open in this transaction.

    For commands of other parts: what was asked while a case was open may arrive after its end.
    """
    if not get_case(conn, CaseId(case_id), lock=True).open:
        raise NotAllowedNow(f"case {case_id} is closed: nothing more is asked of it")


def require_own(case: Case, by: str) -> None:
    """Raises `NotAllowedNow` for an agent who does not lead this case (any more)."""
    if by.startswith("agent:") and by != f"agent:{case.agent_id}":
        raise NotAllowedNow(f"case {case.id} is led by somebody else now")


def require_led(conn: Connection, case_id: str, by: str) -> None:
    """The same at the instant of a transfer: whoever leads the case leads it in this transaction.

    For commands of other parts, before they lock anything below the case.
    """
    require_own(get_case(conn, CaseId(case_id), lock=True), by)


def audiences(conn: Connection, case_id: str) -> list[str]:
    """Whose screens show this case: its terminal while the citizen is there, and its agent."""
    case = get_case(conn, CaseId(case_id))
    told = [] if case.left_at else [f"terminal:{case.terminal_id}"]
    return told + ([f"agent:{case.agent_id}"] if case.agent_id else [])


def case_of(row: Row[Any]) -> Case:
    """A whole row of `case_table`."""
    values = dict(row._mapping)
    values["needs"] = tuple(values["needs"])
    values["outcome"] = Outcome(values["outcome"]) if values["outcome"] else None
    return Case(**values)
