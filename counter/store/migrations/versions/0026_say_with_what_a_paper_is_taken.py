"""Say with what a paper is taken."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "scan_request",
        sa.Column("source", sa.String(length=8), server_default="camera", nullable=False),
    )
