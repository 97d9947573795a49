"""Keep forms of departments."""

import sqlalchemy as sa
from alembic import op

import counter.store.metadata

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_template",
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.String(length=40), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("typst", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("published_by", sa.String(length=80), nullable=False),
        sa.Column(
            "published_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False
        ),
        sa.PrimaryKeyConstraint("form", "version", name="pk_form_template"),
    )
    op.create_index(
        "ix_form_template_department_id", "form_template", ["department_id"], unique=False
    )
    op.create_index(
        "uq_form_template_published",
        "form_template",
        ["form"],
        unique=True,
        sqlite_where=sa.text("state = 'published'"),
        postgresql_where=sa.text("state = 'published'"),
    )
