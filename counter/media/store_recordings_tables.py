"""The rows of recordings.  A call has one live recording at most: a partial index says so."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    literal_column,
)

from counter.media.recording import LIVE
from counter.store.metadata import UtcDateTime, metadata

recording = Table(
    "recording",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("call_id", String(40), nullable=False, index=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("state", String(10), nullable=False, index=True),
    Column("reason", String(40)),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("began_at", UtcDateTime),
    Column("stopped_at", UtcDateTime),
    Column("wrapped_key", LargeBinary),
    Column("keep_until", UtcDateTime, index=True),
    Column("claimed_until", UtcDateTime),
)
"""reason: why it ended or failed, a code.  wrapped_key: none before agreement and after erasure;
without it, what is left of the recording anywhere is noise."""

LIVE_NOW: Final = recording.c.state.in_([literal_column(f"'{state}'") for state in LIVE])
Index(
    "uq_recording_live",
    recording.c.call_id,
    unique=True,
    sqlite_where=LIVE_NOW,
    postgresql_where=LIVE_NOW,
)

recording_consent = Table(
    "recording_consent",
    metadata,
    Column("recording_id", String(40), ForeignKey(recording.c.id), primary_key=True),
    Column("side", String(10), primary_key=True),
    Column("who", String(80), nullable=False),
    Column("agreed", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"One row of each side; both agreed, or nothing was recorded."

recording_pause = Table(
    "recording_pause",
    metadata,
    Column("recording_id", String(40), ForeignKey(recording.c.id), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("resumed_at", UtcDateTime),
)
"""When what is said and shown was not to be kept, whenever the media process was told.  resumed_at:
none while it lasts, and when it lasted to the end."""

recording_file = Table(
    "recording_file",
    metadata,
    Column("recording_id", String(40), ForeignKey(recording.c.id), primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("tracks", JSON, nullable=False),
    Column("gaps_ms", JSON, nullable=False),
    Column("looked_at", UtcDateTime, nullable=False),
)
"sha256: of the sealed file, by which the store keeps it.  looked_at: it was read to its end then."
