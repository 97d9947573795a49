"""The tables of booking.  The primary key of `claim` is what forbids double booking."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
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


_count = BigInteger().with_variant(Integer(), "sqlite")

catalogue_version = Table(
    "catalogue_version",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)
"One row; counted up by every change of the catalogue or a calendar."

site = Table(
    "site",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("territory", String(2), nullable=False),
    Column("zone", String(40), nullable=False),
    Column("keeps_calendar", Boolean, nullable=False),
    Column("names", JSON, nullable=False),
    Column("addresses", JSON, nullable=False),
)

terminal = Table(
    "terminal",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("site", String(40), ForeignKey("site.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
)

department = Table(
    "department",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("territory", String(2), nullable=False),
    Column("zone", String(40), nullable=False),
    Column("prefix", String(3), nullable=False, unique=True),
    Column("names", JSON, nullable=False),
    Column("short_names", JSON, nullable=False),
    Column("lanes", Integer, nullable=False),
    Column("daily_quota", Integer, nullable=False),
)

service = Table(
    "service",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("department", String(40), ForeignKey("department.id"), nullable=False, index=True),
    Column("names", JSON, nullable=False),
    Column("papers", JSON, nullable=False),
    Column("fee_minor", Integer),
    Column("currency", String(3)),
    Column("processing_days", Integer),
    Column("slot_minutes", Integer, nullable=False),
    Column("by_video", String(12), nullable=False),
    Column("identity_level", String(2), nullable=False),
    Column("signature_class", String(12), nullable=False),
)

opening = Table(
    "opening",
    metadata,
    Column("place", String(60), primary_key=True),
    Column("weekday", Integer, primary_key=True, autoincrement=False),
    Column("opens_minute", Integer, primary_key=True, autoincrement=False),
    Column("closes_minute", Integer, nullable=False),
)
"place: `department:<id>` or `site:<id>`."

calendar_year = Table(
    "calendar_year",
    metadata,
    Column("territory", String(2), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("published", Boolean, nullable=False),
)
"Not published: the days are the library's guess, and nothing is released."

calendar_day = Table(
    "calendar_day",
    metadata,
    Column("territory", String(2), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("names", JSON, nullable=False),
    Column("closes_minute", Integer),
)

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
    Column("lane", String(20), nullable=False),
    Column("first_grain", Integer, nullable=False),
    Column("grains", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("expires_at", Instant),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("terminal", String(40)),
    Column("arrived_at", Instant),
    CheckConstraint(f"state IN ({', '.join(repr(str(state)) for state in State)})", name="state"),
    Index("ix_appointment_state_first_grain", "state", "first_grain"),
    Index("ix_appointment_person_key_state", "person_key", "state"),
)
"""idem: SHA-256 of the person and the key of the request.  reference_shown: the reference itself,
only while held, so that a repeated hold is answered with the same one; gone once booked."""

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
    Column("id", _count, primary_key=True, autoincrement=True),
    Column("appointment_id", String(40), ForeignKey("appointment.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("actor", String(60), nullable=False),
    Column("at", Instant, nullable=False),
)
"Every change of every appointment, appended, never changed."
