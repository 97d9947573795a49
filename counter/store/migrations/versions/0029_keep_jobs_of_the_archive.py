"""Keep jobs of the archive."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "esign_archive",
        sa.Column("document_id", sa.String(length=40), nullable=False),
        sa.Column("revision_sha256", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("work", sa.String(length=10), nullable=False),
        sa.Column("owed_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=60), nullable=True),
        sa.Column("child_sha256", sa.String(length=64), nullable=True),
        sa.Column("ended_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("document_id", "revision_sha256", name="pk_esign_archive"),
    )
    op.create_index("ix_esign_archive_case_id", "esign_archive", ["case_id"], unique=False)
    op.create_index(
        "ix_esign_archive_due",
        "esign_archive",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
