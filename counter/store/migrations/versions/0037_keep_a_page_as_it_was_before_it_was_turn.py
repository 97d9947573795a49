"""Keep a page as it was before it was turned."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was turned before had it among its measures, where nothing counts as named."""
    op.add_column("page", sa.Column("flat", sa.JSON(none_as_null=True), nullable=True))
    conn = op.get_bind()
    page = sa.table(
        "page", *map(sa.column, ("id", "findings", "flat"), (sa.String, *[sa.JSON] * 2))
    )
    turned = sa.cast(page.c.findings, sa.Text).like('%"flat"%')
    for row in conn.execute(sa.select(page.c.id, page.c.findings).where(turned)).all():
        if flat := row.findings.get("flat"):
            conn.execute(page.update().where(page.c.id == row.id).values(flat=flat))
