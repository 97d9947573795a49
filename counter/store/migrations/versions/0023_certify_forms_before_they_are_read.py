"""Certify forms before they are read."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('prepared', 'presented', 'consented', 'signing')")


def upgrade() -> None:
    op.add_column("ceremony", sa.Column("fields", sa.JSON(), nullable=True))
    op.add_column("ceremony", sa.Column("presented_by", sa.String(length=60), nullable=True))
    op.add_column("ceremony", sa.Column("witness", sa.JSON(), nullable=True))
    op.drop_index("uq_ceremony_open", table_name="ceremony")
    op.create_index(
        "uq_ceremony_open",
        "ceremony",
        ["case_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
