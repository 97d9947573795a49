"""Keep what opens a citizen's own key."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ceremony_certificate", sa.Column("wants", sa.String(length=20), nullable=True))
