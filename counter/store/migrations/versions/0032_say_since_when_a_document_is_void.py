"""Say since when a document is void."""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = counter.store.metadata.UtcDateTime(timezone=True)
    op.add_column("ceremony", sa.Column("voided_at", instant, nullable=True))
    # What was voided before: the journal says when.
    conn = op.get_bind()
    entry = sa.table("journal_entry", sa.column("body", sa.Text))
    ceremony = sa.table("ceremony", sa.column("id"), sa.column("voided_at", instant))
    said = conn.execute(
        sa.select(entry.c.body).where(entry.c.body.like("%ceremony.voided%"))
    ).scalars()
    for body in map(json.loads, said.all()):
        if body["action"] == "ceremony.voided":
            conn.execute(
                ceremony.update()
                .where(ceremony.c.id == body["subject"].removeprefix("ceremony:"))
                .values(voided_at=datetime.fromisoformat(body["at"]))
            )
