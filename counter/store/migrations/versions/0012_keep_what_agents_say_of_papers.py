"""Keep what agents say of papers."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "original_seen",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "item", name="pk_original_seen"),
    )
    op.create_table(
        "paper_due",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "item", name="pk_paper_due"),
    )
