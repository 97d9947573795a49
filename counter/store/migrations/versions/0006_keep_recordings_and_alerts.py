"""Keep recordings, and alerts."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("raised_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    op.create_index(
        "uq_alert_open",
        "alert",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "recording",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("proposed_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("began_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("keep_until", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "claimed_until", counter.store.metadata.UtcDateTime(timezone=True), nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recording"),
    )
    op.create_index("ix_recording_call_id", "recording", ["call_id"], unique=False)
    op.create_index("ix_recording_case_id", "recording", ["case_id"], unique=False)
    op.create_index("ix_recording_keep_until", "recording", ["keep_until"], unique=False)
    op.create_index("ix_recording_state", "recording", ["state"], unique=False)
    op.create_index(
        "uq_recording_live",
        "recording",
        ["call_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('proposed', 'agreed', 'recording', 'paused')"),
        postgresql_where=sa.text("state IN ('proposed', 'agreed', 'recording', 'paused')"),
    )
    op.create_table(
        "recording_consent",
        sa.Column("recording_id", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name="fk_recording_consent_recording_id"
        ),
        sa.PrimaryKeyConstraint("recording_id", "side", name="pk_recording_consent"),
    )
    op.create_table(
        "recording_file",
        sa.Column("recording_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("began_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("tracks", sa.JSON(), nullable=False),
        sa.Column("gaps_ms", sa.JSON(), nullable=False),
        sa.Column("looked_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name="fk_recording_file_recording_id"
        ),
        sa.PrimaryKeyConstraint("recording_id", name="pk_recording_file"),
        sa.UniqueConstraint("sha256", name="uq_recording_file_sha256"),
    )
