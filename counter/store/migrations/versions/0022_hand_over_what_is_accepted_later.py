"""Hand over what is accepted later."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handover_supplement",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("folder", sa.String(length=160), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("frozen_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "part", name="pk_handover_supplement"),
    )
