"""Hand over and print papers."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handover",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("folder", sa.String(length=160), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("frozen_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("case_id", name="pk_handover"),
    )
    op.create_table(
        "page_form",
        sa.Column("page_id", sa.String(length=40), nullable=False),
        sa.Column("form", sa.String(length=12), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("page_id", "form", name="pk_page_form"),
    )
    op.create_table(
        "paper_job",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.PrimaryKeyConstraint("kind", "ref", name="pk_paper_job"),
    )
    op.create_index("ix_paper_job_case_id", "paper_job", ["case_id"], unique=False)
    op.create_index(
        "ix_paper_job_due_at",
        "paper_job",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "print_job",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=True),
        sa.Column("asked_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_print_job"),
    )
    op.create_index("ix_print_job_case_id", "print_job", ["case_id"], unique=False)
    op.create_index(
        "ix_print_job_open",
        "print_job",
        ["changed_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('asked', 'printing')"),
        postgresql_where=sa.text("state IN ('asked', 'printing')"),
    )
    op.add_column("page", sa.Column("decided_by", sa.String(length=80), nullable=True))
    op.add_column(
        "page",
        sa.Column("decided_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
    )
