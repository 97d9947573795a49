"""Let photographs come up in parts."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "capture",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("thumb_sha256", sa.String(length=64), nullable=True),
        sa.Column("preview_sha256", sa.String(length=64), nullable=True),
        sa.Column("page_id", sa.String(length=40), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column(
            "announced_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column("ended_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_capture"),
        sa.UniqueConstraint("request_id", "sha256", name="uq_capture_request_id_sha256"),
    )
    op.create_index("ix_capture_announced_at", "capture", ["announced_at"], unique=False)
    op.create_index("ix_capture_case_id", "capture", ["case_id"], unique=False)
    op.create_table(
        "device_state",
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("beat_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("health", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", name="pk_device_state"),
    )
    op.add_column(
        "enrolment", sa.Column("boot", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "page",
        sa.Column("shown_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
    )
    op.add_column("scan_request", sa.Column("retake_of", sa.String(length=40), nullable=True))
    op.add_column(
        "scan_request", sa.Column("shots", sa.Integer(), server_default="0", nullable=False)
    )
