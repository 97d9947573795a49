"""Keep how the lines of a call were."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_picture",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("picture", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_call_picture"),
    )
    op.create_index("ix_call_picture_at", "call_picture", ["at"], unique=False)
    op.create_table(
        "leg_sample",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("good_ms", sa.Integer(), nullable=False),
        sa.Column("weak_ms", sa.Integer(), nullable=False),
        sa.Column("bad_ms", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=True),
        sa.Column("up_packets", sa.Integer(), nullable=False),
        sa.Column("up_lost", sa.Integer(), nullable=False),
        sa.Column("down_packets", sa.Integer(), nullable=False),
        sa.Column("down_lost", sa.Integer(), nullable=False),
        sa.Column("up_kbps", sa.Integer(), nullable=False),
        sa.Column("rtt_ms", sa.Integer(), nullable=True),
        sa.Column("jitter_ms", sa.Integer(), nullable=True),
        sa.Column("jitter_buffer_ms", sa.Integer(), nullable=True),
        sa.Column("frozen_ms", sa.Integer(), nullable=False),
        sa.Column("available_kbps", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("call_id", "owner", "at", name="pk_leg_sample"),
    )
    op.create_index("ix_leg_sample_at", "leg_sample", ["at"], unique=False)
    op.create_table(
        "leg_verdict",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=4), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("call_id", "owner", "at", name="pk_leg_verdict"),
    )
    op.create_index("ix_leg_verdict_at", "leg_verdict", ["at"], unique=False)
