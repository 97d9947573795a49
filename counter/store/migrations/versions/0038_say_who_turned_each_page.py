"""Say who turned each page."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ceremony_attendance", sa.Column("turned_by", sa.String(length=10), nullable=True)
    )
    for name in ("by_agent", "by_citizen"):
        op.add_column(
            "ceremony_page_time",
            sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False),
        )
