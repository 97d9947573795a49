"""Let papers have pages, and be sent later."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_link",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("uploads", sa.Integer(), nullable=False),
        sa.Column("made_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("expires_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_paper_link"),
        sa.UniqueConstraint("token_sha256", name="uq_paper_link_token_sha256"),
    )
    op.create_index("ix_paper_link_case_id", "paper_link", ["case_id"], unique=False)
    op.create_index("ix_paper_link_expires_at", "paper_link", ["expires_at"], unique=False)
    op.create_table(
        "paper_sheet",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("link_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("original_sha256", sa.String(length=64), nullable=False),
        sa.Column("page_blob", sa.String(length=64), nullable=False),
        sa.Column("thumb_blob", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("advice", sa.String(length=40), nullable=True),
        sa.Column("taken_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_paper_sheet"),
        sa.UniqueConstraint("link_id", "seq", name="uq_paper_sheet_link_id_seq"),
    )
    op.add_column("advance_paper", sa.Column("more", sa.JSON(), nullable=True))
