"""Identifications and their steps as rows.  One at most is under way per case: an index says so.

No column holds a picture, a name or a number of a paper: those are looked at and let go.
"""

from sqlalchemy import JSON, Column, Index, String, Table, Text

from counter.identity.proofing import LIVE
from counter.store.metadata import UtcDateTime, metadata

proofing = Table(
    "identity_proofing",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("department_id", String(40), nullable=False, index=True),
    Column("agent_id", String(40), nullable=False),
    Column("document", String(20), nullable=False),
    Column("target", String(2), nullable=False),
    Column("state", String(12), nullable=False),
    Column("challenge", JSON, nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("asked_second_at", UtcDateTime),
    Column("second_id", String(40)),
    Column("reason", String(40)),
    Column("decided_at", UtcDateTime),
    Column("record", Text),
    Column("record_sha256", String(64)),
)
"""record: canonical JSON of what was checked, by whom and when; made once, when it is over."""

_IS_LIVE = proofing.c.state.in_([state.value for state in LIVE])
Index(
    "one_live_proofing_per_case",
    proofing.c.case_id,
    unique=True,
    sqlite_where=_IS_LIVE,
    postgresql_where=_IS_LIVE,
)

proofing_step = Table(
    "identity_step",
    metadata,
    Column("proofing_id", String(40), primary_key=True),
    Column("step", String(20), primary_key=True),
    Column("verdict", String(8), nullable=False),
    Column("by", String(80), nullable=False),
    Column("call_id", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("evidence", JSON, nullable=False),
)
