"""Let signed documents be taken over a link."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_delivery",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("first_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "sha256", "channel", name="pk_document_delivery"),
    )
    op.create_table(
        "document_link",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_document_link"),
        sa.UniqueConstraint("case_id", name="uq_document_link_case_id"),
        sa.UniqueConstraint("token_sha256", name="uq_document_link_token_sha256"),
    )
