"""Say which marks are hidden, and who vouched for their sheet."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Read and written by nothing older."""
    op.add_column("mark", sa.Column("hidden", sa.String(8), nullable=True))
    instant = counter.store.metadata.UtcDateTime(timezone=True)
    op.add_column("mark", sa.Column("vouched_at", instant, nullable=True))
