"""Find journal entries by subject."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    subject = {
        "sqlite": "json_extract(body, '$.subject')",
        "postgresql": "(body::json ->> 'subject')",
    }[op.get_bind().dialect.name]
    op.create_index("ix_journal_entry_subject", "journal_entry", [sa.text(subject)])
