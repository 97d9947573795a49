"""Let papers have pages, and be sent later."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("advance_paper", sa.Column("more", sa.JSON(), nullable=True))
