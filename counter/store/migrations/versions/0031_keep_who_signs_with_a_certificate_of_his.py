"""Keep who signs with a certificate of his own."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ceremony_certificate",
        sa.Column("ceremony_id", sa.String(length=40), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("chosen_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("code_sent_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ceremony_id", name="pk_ceremony_certificate"),
    )
