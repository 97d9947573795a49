"""Let agents reach out to terminals, and draw on pages."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hand",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("hand", sa.String(length=12), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("done_rev", sa.Integer(), nullable=False),
        sa.Column("cannot", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_hand_call_id"),
        sa.PrimaryKeyConstraint("call_id", "hand", name="pk_hand"),
    )
    op.create_table(
        "hand_use",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_hand_use_call_id"),
        sa.PrimaryKeyConstraint("call_id", "seq", name="pk_hand_use"),
    )
    op.create_table(
        "mark",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("surface", sa.String(length=72), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("x0", sa.Double(), nullable=False),
        sa.Column("y0", sa.Double(), nullable=False),
        sa.Column("x1", sa.Double(), nullable=False),
        sa.Column("y1", sa.Double(), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_mark_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mark"),
    )
    op.create_index("ix_mark_call_id", "mark", ["call_id"], unique=False)
    op.add_column(
        "call", sa.Column("hands", sa.String(length=8), server_default="allowed", nullable=False)
    )
