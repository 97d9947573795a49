"""Say who makes a print."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "print_job", sa.Column("maker", sa.String(length=8), server_default="page", nullable=False)
    )
