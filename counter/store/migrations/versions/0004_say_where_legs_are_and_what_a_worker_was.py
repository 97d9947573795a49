"""Say where legs are, and what a worker was told."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leg",
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("tag", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=True),
        sa.Column("leg_id", sa.String(length=80), nullable=True),
        sa.Column("opened_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("owner", name="pk_leg"),
    )
    op.add_column("call", sa.Column("rev", sa.Integer(), server_default="1", nullable=False))
    op.add_column("call", sa.Column("arranged", sa.Integer(), server_default="0", nullable=False))
    op.create_index(
        "ix_call_unarranged",
        "call",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'active' AND worker IS NOT NULL AND arranged < rev"),
        postgresql_where=sa.text("state = 'active' AND worker IS NOT NULL AND arranged < rev"),
    )
