"""Keep when a recording was paused."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording_pause",
        sa.Column("recording_id", sa.String(length=40), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("resumed_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name="fk_recording_pause_recording_id"
        ),
        sa.PrimaryKeyConstraint("recording_id", "at", name="pk_recording_pause"),
    )
