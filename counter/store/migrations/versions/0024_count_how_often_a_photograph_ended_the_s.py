"""Count how often a photograph ended the scanner."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "capture", sa.Column("failures", sa.Integer(), server_default="0", nullable=False)
    )
