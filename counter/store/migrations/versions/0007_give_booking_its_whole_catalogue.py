"""Give booking its whole catalogue, a waiting list, memos and webhooks."""

import sqlalchemy as sa
from alembic import op

import booking.tables
import counter.store.metadata

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "memo",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column("notice", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("made_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_memo"),
        sa.UniqueConstraint("notice", name="uq_memo_notice"),
    )
    op.create_index("ix_memo_person_key", "memo", ["person_key"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("secret", sa.String(length=100), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("webhook_id", sa.String(length=40), nullable=False),
        sa.Column("message", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name="fk_webhook_delivery_webhook_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_delivery"),
    )
    op.create_index("ix_webhook_delivery_due_at", "webhook_delivery", ["due_at"], unique=False)
    op.create_index(
        "uq_webhook_delivery_webhook_id_message",
        "webhook_delivery",
        ["webhook_id", "message"],
        unique=True,
    )
    op.create_table(
        "catalogue_change",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", booking.tables.Instant(timezone=True), nullable=False),
        sa.Column("effective_at", booking.tables.Instant(timezone=True), nullable=False),
        sa.Column("applied_at", booking.tables.Instant(timezone=True), nullable=True),
        sa.Column("withdrawn_at", booking.tables.Instant(timezone=True), nullable=True),
        sa.Column("reverts", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue_change"),
    )
    op.create_index(
        "ix_catalogue_change_department", "catalogue_change", ["department"], unique=False
    )
    op.create_table(
        "closure",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("openings", sa.JSON(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_closure"),
        sa.UniqueConstraint("place", "day", name="uq_closure_place_day"),
    )
    op.create_table(
        "outage",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("resource", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("first_grain", sa.Integer(), nullable=False),
        sa.Column("end_grain", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("noted_by", sa.String(length=60), nullable=False),
        sa.Column("noted_at", booking.tables.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outage"),
    )
    op.create_table(
        "release",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("opens_at", booking.tables.Instant(timezone=True), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["department"], ["department.id"], name="fk_release_department"),
        sa.PrimaryKeyConstraint("id", name="pk_release"),
    )
    op.create_index("ix_release_department", "release", ["department"], unique=False)
    op.create_table(
        "waitlist",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("idem", sa.String(length=64), nullable=False),
        sa.Column("reference_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("grains", sa.Integer(), nullable=False),
        sa.Column("first_grain", sa.Integer(), nullable=False),
        sa.Column("last_grain", sa.Integer(), nullable=False),
        sa.Column("speech", sa.String(length=8), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("appointment_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", booking.tables.Instant(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'offered', 'taken', 'lapsed', 'left')", name="ck_waitlist_state"
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name="fk_waitlist_appointment_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_waitlist"),
        sa.UniqueConstraint("idem", name="uq_waitlist_idem"),
        sa.UniqueConstraint("reference_sha256", name="uq_waitlist_reference_sha256"),
    )
    op.create_index("ix_waitlist_appointment_id", "waitlist", ["appointment_id"], unique=False)
    op.create_index("ix_waitlist_person_key", "waitlist", ["person_key"], unique=False)
    op.create_index(
        "ix_waitlist_state_department_site",
        "waitlist",
        ["state", "department", "site"],
        unique=False,
    )
    op.add_column(
        "appointment",
        sa.Column("speech", sa.String(length=8), server_default="yue", nullable=False),
    )
    op.add_column(
        "appointment",
        sa.Column("acting", sa.String(length=16), server_default="self", nullable=False),
    )
    op.add_column(
        "appointment",
        sa.Column("acting_for", sa.String(length=120), server_default="", nullable=False),
    )
    op.add_column("appointment", sa.Column("entity_key", sa.String(length=64), nullable=True))
    op.add_column("appointment", sa.Column("sitting", sa.String(length=40), nullable=True))
    op.add_column(
        "appointment", sa.Column("parties", sa.JSON(), server_default="[]", nullable=False)
    )
    op.create_index("ix_appointment_sitting", "appointment", ["sitting"], unique=False)
    op.add_column("department", sa.Column("speech", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("service", sa.Column("synonyms", sa.JSON(), server_default="{}", nullable=False))
    op.add_column(
        "service", sa.Column("acts_for", sa.JSON(), server_default='["self"]', nullable=False)
    )
    op.add_column("service", sa.Column("abilities", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("service", sa.Column("speech", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("service", sa.Column("elsewhere", sa.JSON(), server_default="{}", nullable=False))
    op.add_column(
        "service",
        sa.Column("change_until_minutes", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column("service", sa.Column("weekly_per_person", sa.Integer(), nullable=True))
    op.add_column(
        "service", sa.Column("withdrawn", sa.Boolean(), server_default="0", nullable=False)
    )
    op.add_column("site", sa.Column("directions", sa.JSON(), server_default="{}", nullable=False))
    op.add_column(
        "terminal",
        sa.Column(
            "abilities",
            sa.JSON(),
            server_default='["printer", "scanner", "step_free"]',
            nullable=False,
        ),
    )
    op.drop_column("appointment", "lane")
    # Terminals had a class in the name of their resource; what they can do decides instead.
    # A colon before a word would be read as a parameter.
    op.execute(
        r"UPDATE claim SET resource = replace(resource, '\:ordinary', '')"
        r" WHERE resource LIKE 'site:%\:ordinary'"
    )
