"""How a document was read, as rows."""

from sqlalchemy import JSON, Boolean, Column, Integer, String, Table, false

from counter.store.metadata import UtcDateTime, metadata

ceremony_attendance = Table(
    "ceremony_attendance",
    metadata,
    Column("ceremony_id", String(40), primary_key=True),
    Column("call_id", String(40)),
    Column("touched_at", UtcDateTime, nullable=False),
    Column("page", Integer),
    Column("opened_at", UtcDateTime),
    Column("counted_at", UtcDateTime),
    Column("aloud", String(10)),
    Column("aloud_language", String(10)),
    Column("reason", String(20)),
    Column("corrected", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("forgotten_at", UtcDateTime),
    Column("turned_by", String(10)),
)
"""One per ceremony.  call_id: the conversation in which it is read.  page, opened_at: what is on
the screen, and since when; turned_by: who turned to it, if anybody did; counted_at: up to when its
time is counted.  aloud: who reads it out, `machine` or `agent`.  reason: why it ended.  corrected:
names of the fields that the last correction changed.  revision: from 1.  forgotten_at: when what an
abandoned document said was let go."""

ceremony_page_time = Table(
    "ceremony_page_time",
    metadata,
    Column("ceremony_id", String(40), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("page", Integer, primary_key=True),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("total_ms", Integer, nullable=False),
    Column("seen_at", UtcDateTime),
    Column("by_agent", Boolean, nullable=False, server_default=false()),
    Column("by_citizen", Boolean, nullable=False, server_default=false()),
)
"""When each page of a revision was on the screen first and last, and how long in all.

by_agent, by_citizen: whether each of them turned to it, once at least.
"""
