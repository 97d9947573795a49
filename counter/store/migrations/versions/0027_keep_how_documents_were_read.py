"""Keep how documents were read."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ceremony_attendance",
        sa.Column("ceremony_id", sa.String(length=40), nullable=False),
        sa.Column("call_id", sa.String(length=40), nullable=True),
        sa.Column("touched_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("opened_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("counted_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("aloud", sa.String(length=10), nullable=True),
        sa.Column("aloud_language", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("corrected", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("forgotten_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ceremony_id", name="pk_ceremony_attendance"),
    )
    op.create_table(
        "ceremony_page_time",
        sa.Column("ceremony_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("first_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("total_ms", sa.Integer(), nullable=False),
        sa.Column("seen_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ceremony_id", "sha256", "page", name="pk_ceremony_page_time"),
    )
