"""Keep by which means a citizen agreed to sign."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ceremony", sa.Column("agreed", sa.String(length=12), nullable=True))
