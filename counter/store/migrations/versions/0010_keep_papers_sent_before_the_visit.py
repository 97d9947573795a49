"""Keep papers sent before the visit."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "advance_paper",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("appointment_id", sa.String(length=40), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("photographs", sa.Integer(), nullable=False),
        sa.Column("original_sha256", sa.String(length=64), nullable=False),
        sa.Column("page_blob", sa.String(length=64), nullable=False),
        sa.Column("thumb_blob", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("advice", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("taken_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_advance_paper"),
        sa.UniqueConstraint("appointment_id", "item", name="uq_advance_paper_appointment_id_item"),
    )
