"""Keep signatures that were begun."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "esign_ticket",
        sa.Column("ceremony_id", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("parent_sha256", sa.String(length=64), nullable=False),
        sa.Column("hole_sha256", sa.String(length=64), nullable=False),
        sa.Column("hole_start", sa.Integer(), nullable=False),
        sa.Column("hole_end", sa.Integer(), nullable=False),
        sa.Column("document_digest", sa.LargeBinary(), nullable=False),
        sa.Column("signed_attributes", sa.LargeBinary(), nullable=False),
        sa.Column("mechanism", sa.String(length=20), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("issuers", sa.JSON(), nullable=False),
        sa.Column("token_room_bytes", sa.Integer(), nullable=False),
        sa.Column("created_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("revision_sha256", sa.String(length=64), nullable=True),
        sa.Column("cleared_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ceremony_id", "field", name="pk_esign_ticket"),
    )
    op.create_index(
        "ix_esign_ticket_uncleared",
        "esign_ticket",
        ["ceremony_id"],
        unique=False,
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
