"""The first schema."""

import sqlalchemy as sa
from alembic import op

import booking.tables
import counter.store.metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("department_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("since", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agent"),
    )
    op.create_index("ix_agent_department_id", "agent", ["department_id"], unique=False)
    op.create_table(
        "audience_head",
        sa.Column("audience", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("audience", name="pk_audience_head"),
    )
    op.create_table(
        "case_file",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.String(length=40), nullable=False),
        sa.Column("service_id", sa.String(length=80), nullable=False),
        sa.Column("appointment_id", sa.String(length=40), nullable=True),
        sa.Column("citizen", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("opened_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("left_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_case_file"),
        sa.UniqueConstraint("appointment_id", name="uq_case_file_appointment_id"),
    )
    op.create_index("ix_case_file_agent_id", "case_file", ["agent_id"], unique=False)
    op.create_index("ix_case_file_department_id", "case_file", ["department_id"], unique=False)
    op.create_index(
        "uq_case_file_on_terminal",
        "case_file",
        ["terminal_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "ceremony",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("consented_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("signed_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("signed_sha256", sa.String(length=64), nullable=True),
        sa.Column("sealed_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("order_in_case", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ceremony"),
    )
    op.create_index("ix_ceremony_case_id", "ceremony", ["case_id"], unique=False)
    op.create_index(
        "uq_ceremony_open",
        "ceremony",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('presented', 'consented', 'signing')"),
        postgresql_where=sa.text("state IN ('presented', 'consented', 'signing')"),
    )
    op.create_table(
        "ceremony_ink",
        sa.Column("ceremony_id", sa.String(length=40), nullable=False),
        sa.Column("strokes", sa.Text(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ceremony_id", name="pk_ceremony_ink"),
    )
    op.create_table(
        "command_key",
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("command", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("who", "key", name="pk_command_key"),
    )
    op.create_index("ix_command_key_at", "command_key", ["at"], unique=False)
    op.create_table(
        "credential",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("stored", sa.String(length=200), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("rests_until", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_credential"),
    )
    op.create_table(
        "enrolment",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("issued_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_enrolment"),
    )
    op.create_table(
        "esign_document",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("form", sa.String(length=60), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("data_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_esign_document"),
    )
    op.create_index("ix_esign_document_case_id", "esign_document", ["case_id"], unique=False)
    op.create_table(
        "esign_page_image",
        sa.Column("document_id", sa.String(length=40), nullable=False),
        sa.Column("revision_sha256", sa.String(length=64), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "document_id", "revision_sha256", "page", name="pk_esign_page_image"
        ),
    )
    op.create_index("ix_esign_page_image_sha256", "esign_page_image", ["sha256"], unique=False)
    op.create_table(
        "esign_revision",
        sa.Column("document_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("parent_sha256", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("created_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "sha256", name="pk_esign_revision"),
    )
    op.create_index("ix_esign_revision_sha256", "esign_revision", ["sha256"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("leaf", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_journal_entry"),
        sa.UniqueConstraint("leaf", name="uq_journal_entry_leaf"),
    )
    op.create_table(
        "journal_head",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("leaf", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_journal_head"),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("owed_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_due_at", "outbox", ["due_at"], unique=False)
    op.create_table(
        "page",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("original_sha256", sa.String(length=64), nullable=False),
        sa.Column("page_sha256", sa.String(length=64), nullable=False),
        sa.Column("thumb_sha256", sa.String(length=64), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("stored_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_page"),
        sa.UniqueConstraint("case_id", "seq", name="uq_page_case_id_seq"),
        sa.UniqueConstraint(
            "request_id", "original_sha256", name="uq_page_request_id_original_sha256"
        ),
    )
    op.create_table(
        "scan_request",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("label_id", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("refusal", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_scan_request"),
    )
    op.create_index("ix_scan_request_case_id", "scan_request", ["case_id"], unique=False)
    op.create_index(
        "one_open_scan_per_case",
        "scan_request",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "session_log",
        sa.Column("audience", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("audience", "seq", name="pk_session_log"),
    )
    op.create_index("ix_session_log_at", "session_log", ["at"], unique=False)
    op.create_table(
        "terminal_state",
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("text_size", sa.String(length=4), nullable=False),
        sa.Column("department_id", sa.String(length=40), nullable=True),
        sa.Column("draft", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("camera", sa.String(length=10), nullable=True),
        sa.Column("microphone", sa.String(length=10), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("beat_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", name="pk_terminal_state"),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.String(length=40), nullable=False),
        sa.Column("service_id", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("booked", sa.Boolean(), nullable=False),
        sa.Column("starts_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("lease_until", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("requeued", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticket"),
        sa.UniqueConstraint("case_id", name="uq_ticket_case_id"),
    )
    op.create_index(
        "ix_ticket_waiting",
        "ticket",
        ["department_id", "due", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_ticket_live_on_terminal",
        "ticket",
        ["terminal_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'offered', 'active')"),
        postgresql_where=sa.text("state IN ('waiting', 'offered', 'active')"),
    )
    op.create_table(
        "ticket_counter",
        sa.Column("department_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("department_id", "day", name="pk_ticket_counter"),
    )
    op.create_table(
        "web_session",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_web_session"),
    )
    op.create_index("ix_web_session_subject", "web_session", ["subject"], unique=False)
    op.create_table(
        "pairing",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("deadline", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.Column("at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_pairing_agent_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_pairing_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pairing"),
    )
    op.create_index("ix_pairing_agent_id", "pairing", ["agent_id"], unique=False)
    op.create_index("ix_pairing_ticket_id", "pairing", ["ticket_id"], unique=False)
    op.create_index(
        "uq_pairing_live_agent_id",
        "pairing",
        ["agent_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('offered', 'active')"),
        postgresql_where=sa.text("state IN ('offered', 'active')"),
    )
    op.create_index(
        "uq_pairing_live_ticket_id",
        "pairing",
        ["ticket_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('offered', 'active')"),
        postgresql_where=sa.text("state IN ('offered', 'active')"),
    )
    op.create_table(
        "skill",
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_skill_agent_id"),
        sa.PrimaryKeyConstraint("agent_id", "department_id", "language", name="pk_skill"),
    )
    op.create_table(
        "call",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("pairing_id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", counter.store.metadata.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name="fk_call_pairing_id"),
        sa.PrimaryKeyConstraint("id", name="pk_call"),
    )
    op.create_index("ix_call_agent_id", "call", ["agent_id"], unique=False)
    op.create_index("ix_call_case_id", "call", ["case_id"], unique=False)
    op.create_index("ix_call_started_at", "call", ["started_at"], unique=False)
    op.create_index(
        "ix_call_unreleased",
        "call",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'ended' AND worker IS NOT NULL"),
        postgresql_where=sa.text("state = 'ended' AND worker IS NOT NULL"),
    )
    op.create_index(
        "uq_call_active_case",
        "call",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("idem", sa.String(length=64), nullable=False),
        sa.Column("reference_sha256", sa.String(length=64), nullable=False),
        sa.Column("reference_shown", sa.String(length=23), nullable=True),
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("lane", sa.String(length=20), nullable=False),
        sa.Column("first_grain", sa.Integer(), nullable=False),
        sa.Column("grains", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("expires_at", booking.tables.Instant(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", booking.tables.Instant(timezone=True), nullable=False),
        sa.Column("terminal", sa.String(length=40), nullable=True),
        sa.Column("arrived_at", booking.tables.Instant(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('held', 'booked', 'arrived', 'fulfilled', 'cancelled', 'noshow', 'expired')",
            name="ck_appointment_state",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
        sa.UniqueConstraint("idem", name="uq_appointment_idem"),
        sa.UniqueConstraint("reference_sha256", name="uq_appointment_reference_sha256"),
    )
    op.create_index(
        "ix_appointment_person_key_state", "appointment", ["person_key", "state"], unique=False
    )
    op.create_index(
        "ix_appointment_state_first_grain", "appointment", ["state", "first_grain"], unique=False
    )
    op.create_table(
        "calendar_day",
        sa.Column("territory", sa.String(length=2), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("territory", "day", name="pk_calendar_day"),
    )
    op.create_table(
        "calendar_year",
        sa.Column("territory", sa.String(length=2), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("territory", "year", name="pk_calendar_year"),
    )
    op.create_table(
        "catalogue_version",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_catalogue_version"),
    )
    op.create_table(
        "department",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("territory", sa.String(length=2), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("prefix", sa.String(length=3), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("short_names", sa.JSON(), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.Column("daily_quota", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_department"),
        sa.UniqueConstraint("prefix", name="uq_department_prefix"),
    )
    op.create_table(
        "opening",
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opens_minute", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place", "weekday", "opens_minute", name="pk_opening"),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("territory", sa.String(length=2), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("keeps_calendar", sa.Boolean(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("addresses", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
    )
    op.create_table(
        "appointment_event",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("appointment_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("at", booking.tables.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name="fk_appointment_event_appointment_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_appointment_event"),
    )
    op.create_index(
        "ix_appointment_event_appointment_id", "appointment_event", ["appointment_id"], unique=False
    )
    op.create_table(
        "claim",
        sa.Column("resource", sa.String(length=80), nullable=False),
        sa.Column("grain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("appointment_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name="fk_claim_appointment_id"
        ),
        sa.PrimaryKeyConstraint("resource", "grain", "unit", name="pk_claim"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_claim_appointment_id", "claim", ["appointment_id"], unique=False)
    op.create_table(
        "service",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("papers", sa.JSON(), nullable=False),
        sa.Column("fee_minor", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("processing_days", sa.Integer(), nullable=True),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        sa.Column("by_video", sa.String(length=12), nullable=False),
        sa.Column("identity_level", sa.String(length=2), nullable=False),
        sa.Column("signature_class", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["department"], ["department.id"], name="fk_service_department"),
        sa.PrimaryKeyConstraint("id", name="pk_service"),
    )
    op.create_index("ix_service_department", "service", ["department"], unique=False)
    op.create_table(
        "terminal",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name="fk_terminal_site"),
        sa.PrimaryKeyConstraint("id", name="pk_terminal"),
    )
    op.create_index("ix_terminal_site", "terminal", ["site"], unique=False)
