"""Keep what who waits needs of a terminal."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "waitlist", sa.Column("abilities", sa.JSON(), server_default="[]", nullable=False)
    )
