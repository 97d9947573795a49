"""Let anybody check a document by its code; keep audit packs."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "esign_check",
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_esign_check"),
        sa.UniqueConstraint("document_id", name="uq_esign_check_document_id"),
    )
    op.create_table(
        "esign_pack",
        sa.Column("ceremony_id", sa.String(length=40), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("made_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ceremony_id", "document_sha256", name="pk_esign_pack"),
    )
    op.create_index("ix_esign_pack_sha256", "esign_pack", ["sha256"], unique=False)
