"""Let others take part in a call."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "party",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("aside", sa.Boolean(), nullable=False),
        sa.Column("stays", sa.Boolean(), nullable=False),
        sa.Column("was", sa.String(length=10), nullable=False),
        sa.Column("deadline", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("asked_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("joined_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_party_agent_id"),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_party_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_party"),
    )
    op.create_index("ix_party_agent_id", "party", ["agent_id"], unique=False)
    op.create_index("ix_party_call_id", "party", ["call_id"], unique=False)
    op.create_index(
        "uq_party_live_agent_id",
        "party",
        ["agent_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('asked', 'present')"),
        postgresql_where=sa.text("state IN ('asked', 'present')"),
    )
    op.create_table(
        "restraint",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_restraint_call_id"),
        sa.PrimaryKeyConstraint("call_id", "owner", name="pk_restraint"),
    )
    op.add_column(
        "call",
        sa.Column("held_since", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
    )
