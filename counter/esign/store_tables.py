"""The tables of signing.  A case has one ceremony under way at most: a partial index says so."""

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, String, Table, Text

from counter.store.metadata import UtcDateTime, metadata

esign_document = Table(
    "esign_document",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("form", String(60), nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("data", JSON, nullable=False),
    Column("data_sha256", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

esign_revision = Table(
    "esign_revision",
    metadata,
    Column("document_id", String(40), primary_key=True),
    Column("sha256", String(64), primary_key=True, index=True),
    Column("parent_sha256", String(64)),
    Column("kind", String(10), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
"""kind: prepared, certified, signed (the citizen's ink is in), witnessed, sealed,
archived."""

esign_page_image = Table(
    "esign_page_image",
    metadata,
    Column("document_id", String(40), primary_key=True),
    Column("revision_sha256", String(64), primary_key=True),
    Column("page", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
)

ceremony = Table(
    "ceremony",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("document_id", String(40), nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("language", String(10), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("seen", JSON, nullable=False),
    Column("consented_at", UtcDateTime),
    Column("signed_at", UtcDateTime),
    Column("signed_sha256", String(64)),
    Column("sealed_sha256", String(64)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("order_in_case", Integer, nullable=False),
    Column("fields", JSON),
    Column("presented_by", String(60)),
    Column("witness", JSON),
    Column("voided_at", UtcDateTime),
    Column("agreed", String(12)),
)
"""fields: of the signatures, in order; none in what was presented before the department certified.

sha256: as presented; while prepared, as drawn.  witness: who served when the ink came.
voided_at: since when what was signed does not count.
agreed: to which means, with the consent.
"""

OPEN_BEFORE_INK = ("prepared", "presented", "consented")
OPEN = (*OPEN_BEFORE_INK, "signing")
TAKEN_BACK = ("withdrawn", "voided")
SIGNED_ONLY = (
    ceremony.c.state.in_(TAKEN_BACK)
    & ceremony.c.signed_at.is_not(None)
    & ceremony.c.sealed_sha256.is_(None)
)
"Taken back between the pen and the seal: what there is of it is evidence."

Index(
    "uq_ceremony_open",
    ceremony.c.case_id,
    unique=True,
    sqlite_where=ceremony.c.state.in_(OPEN),
    postgresql_where=ceremony.c.state.in_(OPEN),
)

ceremony_ink = Table(
    "ceremony_ink",
    metadata,
    Column("ceremony_id", String(40), primary_key=True),
    Column("strokes", Text),
    Column("sha256", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""strokes: `Ink.dump()`, gone as soon as the document is sealed, or some time after it was taken
back without a seal; its digest stays."""

ceremony_certificate = Table(
    "ceremony_certificate",
    metadata,
    Column("ceremony_id", String(40), primary_key=True),
    Column("credential_id", Text),
    Column("state", String(10), nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("chosen_at", UtcDateTime, nullable=False),
    Column("code_sent_at", UtcDateTime),
    Column("wants", String(20)),
)
"""The citizen signs with his own certificate.  state: chosen, asked (whether it is his), coded (a
code was sent, if it wants one; what opens it is to be typed), given (a code is with the provider,
its answer was lost, or the PIN with it was wrong), spent (a new one is needed), another (number is
to be typed), locked, left (for another means), signed.

credential_id: at the provider; gone as soon as the document is sealed or over.  wrong: how many
PINs, codes and numbers were.  wants: of what opens it, `certificate.Wanted` with spaces between;
null, in rows from before, is `code`.  What was typed is in no row.
"""

esign_ticket = Table(
    "esign_ticket",
    metadata,
    Column("ceremony_id", String(40), primary_key=True),
    Column("field", String(20), primary_key=True),
    Column("parent_sha256", String(64), nullable=False),
    Column("hole_sha256", String(64), nullable=False),
    Column("hole_start", Integer, nullable=False),
    Column("hole_end", Integer, nullable=False),
    Column("document_digest", LargeBinary, nullable=False),
    Column("signed_attributes", LargeBinary, nullable=False),
    Column("mechanism", String(20), nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("issuers", JSON, nullable=False),
    Column("token_room_bytes", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("value", LargeBinary),
    Column("revision_sha256", String(64)),
    Column("cleared_at", UtcDateTime),
)
"""A signature that was begun: one hole per act.  value: what the key's holder answered.

issuers: certificates as DER in base64.  cleared_at: when the document with the hole, and of a
withdrawn ceremony what became of it, went out of the blobs.
"""

esign_check = Table(
    "esign_check",
    metadata,
    Column("reference", String(40), primary_key=True),
    Column("document_id", String(40), nullable=False, unique=True),
)
"reference: what the QR code on the paper leads to; says nothing, and nobody guesses it."

esign_pack = Table(
    "esign_pack",
    metadata,
    Column("ceremony_id", String(40), primary_key=True),
    Column("document_sha256", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("size_bytes", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
"The audit pack of a sealed document, and of each that the archive made of it; in the blobs."

Index(
    "ix_esign_ticket_uncleared",
    esign_ticket.c.ceremony_id,
    sqlite_where=esign_ticket.c.cleared_at.is_(None),
    postgresql_where=esign_ticket.c.cleared_at.is_(None),
)
