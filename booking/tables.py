"""The tables of appointments.  The primary key of `claim` is what forbids double booking.

Those of the catalogue are in `store_catalogue_tables`.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from booking.appointment import State

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware datetime in, an aware UTC datetime out, on both engines.

    SQLite keeps microseconds since 1970, so that order and comparison are exact.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without its offset was given to the store")
        if dialect.name == "sqlite":
            past = value - _EPOCH
            return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromtimestamp(value // 1_000_000, UTC).replace(
                microsecond=value % 1_000_000
            )
        assert isinstance(value, datetime)
        return value.astimezone(UTC)


def insert_for(conn: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The insert of this connection's dialect, which knows ON CONFLICT."""
    if conn.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


serial = BigInteger().with_variant(Integer(), "sqlite")

appointment = Table(
    "appointment",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("idem", String(64), nullable=False, unique=True),
    Column("reference_sha256", String(64), nullable=False, unique=True),
    Column("reference_shown", String(23)),
    Column("person_key", String(64), nullable=False),
    Column("name", String(80), nullable=False, default=""),
    Column("contact", String(120), nullable=False, default=""),
    Column("language", String(8), nullable=False, default=""),
    Column("needs", JSON, nullable=False),
    Column("department", String(40), nullable=False),
    Column("service", String(40), nullable=False),
    Column("site", String(40), nullable=False),
    Column("first_grain", Integer, nullable=False),
    Column("grains", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("expires_at", Instant),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("terminal", String(40)),
    Column("arrived_at", Instant),
    Column("speech", String(8), nullable=False, server_default="yue"),
    Column("acting", String(16), nullable=False, server_default="self"),
    Column("acting_for", String(120), nullable=False, server_default=""),
    Column("entity_key", String(64)),
    Column("sitting", String(40), index=True),
    Column("parties", JSON, nullable=False, server_default="[]"),
    CheckConstraint(f"state IN ({', '.join(repr(str(state)) for state in State)})", name="state"),
    Index("ix_appointment_state_first_grain", "state", "first_grain"),
    Index("ix_appointment_person_key_state", "person_key", "state"),
)
"""idem: SHA-256 of the person and the key of the request.  reference_shown: the reference itself,
only while held, so that a repeated hold is answered with the same one; gone once booked.  sitting:
appointments one after another in one seat share it.  parties: others who take part, each with the
site where they sit.  entity_key: a pseudonym of the company or association."""

claim = Table(
    "claim",
    metadata,
    Column("resource", String(80), primary_key=True),
    Column("grain", Integer, primary_key=True, autoincrement=False),
    Column("unit", Integer, primary_key=True, autoincrement=False),
    Column("appointment_id", String(40), ForeignKey("appointment.id"), nullable=False, index=True),
    sqlite_with_rowid=False,
)
"One unit of a scarce thing, taken for five minutes.  No row, no appointment."

appointment_event = Table(
    "appointment_event",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("appointment_id", String(40), ForeignKey("appointment.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("actor", String(60), nullable=False),
    Column("at", Instant, nullable=False),
)
"Every change of every appointment, appended, never changed."

waitlist = Table(
    "waitlist",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("idem", String(64), nullable=False, unique=True),
    Column("reference_sha256", String(64), nullable=False, unique=True),
    Column("person_key", String(64), nullable=False, index=True),
    Column("department", String(40), nullable=False),
    Column("service", String(40), nullable=False),
    Column("site", String(40), nullable=False),
    Column("grains", Integer, nullable=False),
    Column("first_grain", Integer, nullable=False),
    Column("last_grain", Integer, nullable=False),
    Column("speech", String(8), nullable=False),
    Column("contact", String(120), nullable=False),
    Column("language", String(8), nullable=False),
    Column("state", String(10), nullable=False),
    Column("appointment_id", String(40), ForeignKey("appointment.id"), index=True),
    Column("created_at", Instant, nullable=False),
    Column("abilities", JSON, nullable=False, server_default="[]"),
    CheckConstraint("state IN ('waiting', 'offered', 'taken', 'lapsed', 'left')", name="state"),
    Index("ix_waitlist_state_department_site", "state", "department", "site"),
)
"""Who wants a slot if one becomes free between two grains.  appointment_id: the hold that was
offered last.  abilities: what the terminal must have for them, beside what the service needs."""
