"""The tables of notices: memos of citizens, and who is told over webhooks."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table

from counter.store.metadata import BigSerial, UtcDateTime, metadata

memo = Table(
    "memo",
    metadata,
    Column("id", BigSerial, primary_key=True, autoincrement=True),
    Column("person_key", String(64), nullable=False, index=True),
    Column("notice", String(60), nullable=False, unique=True),
    Column("kind", String(60), nullable=False),
    Column("ref", String(80), nullable=False),
    Column("body", JSON, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("read_at", UtcDateTime),
)
"""What the app shows to one person.  notice: the id of what was delivered, so that a repeat makes
no second one.  body: facts without personal data; the page makes the sentence."""

webhook = Table(
    "webhook",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("url", String(500), nullable=False),
    Column("secret", String(100), nullable=False),
    Column("kinds", JSON, nullable=False),
    Column("department", String(40)),
    Column("active", Boolean, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
"department: of whose appointments it is told; none: of all."

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", BigSerial, primary_key=True, autoincrement=True),
    Column("webhook_id", String(40), ForeignKey("webhook.id"), nullable=False),
    Column("message", String(60), nullable=False),
    Column("kind", String(60), nullable=False),
    Column("body", JSON, nullable=False),
    Column("status", Integer),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index("ix_webhook_delivery_due_at", "due_at"),
    Index("uq_webhook_delivery_webhook_id_message", "webhook_id", "message", unique=True),
)
"message: the id that a receiver tells repeats by; replayed, it stays the same."
