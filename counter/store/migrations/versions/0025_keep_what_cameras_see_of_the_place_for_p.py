"""Keep what cameras see of the place for papers."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "terminal_bed",
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("seen", sa.String(length=8), nullable=False),
        sa.Column("since", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", name="pk_terminal_bed"),
    )
    op.add_column(
        "originals_taken",
        sa.Column("seen_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
    )
