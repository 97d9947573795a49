"""Know when the chain of a timestamp ends."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "esign_archive",
        sa.Column(
            "stamp_expires", counter.store.metadata.UtcDateTime(timezone=True), nullable=True
        ),
    )
    op.add_column("esign_archive", sa.Column("roots", sa.Text(), nullable=True))
