"""The tables of the catalogue: what is offered, where, when, and what is out of order."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from booking.tables import Instant, metadata, serial

ABLE = '["printer", "scanner", "step_free"]'
"Of a terminal of which nobody has said what it cannot do."

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
    Column("directions", JSON, nullable=False, server_default="{}"),
)

terminal = Table(
    "terminal",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("site", String(40), ForeignKey("site.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("abilities", JSON, nullable=False, server_default=ABLE),
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
    Column("speech", JSON, nullable=False, server_default="[]"),
)
"speech: of each lane, the languages its agent speaks; a lane that is not named speaks all."

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
    Column("synonyms", JSON, nullable=False, server_default="{}"),
    Column("acts_for", JSON, nullable=False, server_default='["self"]'),
    Column("abilities", JSON, nullable=False, server_default="[]"),
    Column("speech", JSON, nullable=False, server_default="[]"),
    Column("elsewhere", JSON, nullable=False, server_default="{}"),
    Column("change_until_minutes", Integer, nullable=False, server_default="0"),
    Column("weekly_per_person", Integer),
    Column("withdrawn", Boolean, nullable=False, server_default="0"),
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

closure = Table(
    "closure",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("place", String(60), nullable=False),
    Column("day", Date, nullable=False),
    Column("openings", JSON, nullable=False),
    Column("names", JSON, nullable=False),
    UniqueConstraint("place", "day", name="uq_closure_place_day"),
)
"""A day on which one department or site keeps other hours.  place: as of `opening`.  openings:
pairs of minutes after local midnight; none at all closes the day.  names: why, in words."""

outage = Table(
    "outage",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("resource", String(80), nullable=False),
    Column("unit", Integer, nullable=False),
    Column("first_grain", Integer, nullable=False),
    Column("end_grain", Integer, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("noted_by", String(60), nullable=False),
    Column("noted_at", Instant, nullable=False),
)
"One unit that cannot be booked for a while: an agent who is ill, a terminal that is broken."

release = Table(
    "release",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("department", String(40), ForeignKey("department.id"), nullable=False, index=True),
    Column("opens_at", Instant, nullable=False),
    Column("from_day", Date, nullable=False),
    Column("to_day", Date, nullable=False),
)
"When days are opened for booking; a department without one opens each day some weeks before."

catalogue_change = Table(
    "catalogue_change",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("department", String(40), nullable=False, index=True),
    Column("subject", String(60), nullable=False),
    Column("before", JSON),
    Column("after", JSON),
    Column("made_by", String(60), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("effective_at", Instant, nullable=False),
    Column("applied_at", Instant),
    Column("withdrawn_at", Instant),
    Column("reverts", Integer),
)
"""What an administrator changed.  subject: `service:<id>`, `department:<id>`, `closure:<id>`, ….
before, after: the row as JSON; none where it is not there.  reverts: the change it takes back."""
