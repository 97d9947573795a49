"""Collect bytes that no row names."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blob_round",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("due_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("since", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_blob_round"),
    )
