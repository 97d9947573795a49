"""Keep what identified a citizen."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_proofing",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("document", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("challenge", sa.JSON(), nullable=False),
        sa.Column("begun_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "asked_second_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True
        ),
        sa.Column("second_id", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("decided_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("record", sa.Text(), nullable=True),
        sa.Column("record_sha256", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_identity_proofing"),
    )
    op.create_index("ix_identity_proofing_case_id", "identity_proofing", ["case_id"], unique=False)
    op.create_index(
        "ix_identity_proofing_department_id", "identity_proofing", ["department_id"], unique=False
    )
    op.create_index(
        "one_live_proofing_per_case",
        "identity_proofing",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'waiting')"),
        postgresql_where=sa.text("state IN ('open', 'waiting')"),
    )
    op.create_table(
        "identity_step",
        sa.Column("proofing_id", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("proofing_id", "step", name="pk_identity_step"),
    )
    op.create_table(
        "zone_reading",
        sa.Column("page_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("layout", sa.String(length=12), nullable=True),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("doubtful", sa.JSON(), nullable=False),
        sa.Column("repaired", sa.JSON(), nullable=False),
        sa.Column("correlation", sa.Float(), nullable=False),
        sa.Column("number_hash", sa.String(length=64), nullable=True),
        sa.Column("read_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("page_id", name="pk_zone_reading"),
    )
    op.create_index("ix_zone_reading_case_id", "zone_reading", ["case_id"], unique=False)
    op.create_index("ix_zone_reading_read_at", "zone_reading", ["read_at"], unique=False)
    op.create_table(
        "originals_taken",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("taken_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_originals_taken"),
    )
