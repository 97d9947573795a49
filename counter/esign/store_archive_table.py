"""The table of the jobs of the archive."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from counter.store.metadata import UtcDateTime, metadata

esign_archive = Table(
    "esign_archive",
    metadata,
    Column("document_id", String(40), primary_key=True),
    Column("revision_sha256", String(64), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("work", String(10), nullable=False),
    Column("owed_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", String(60)),
    Column("child_sha256", String(64)),
    Column("ended_at", UtcDateTime),
    Column("stamp_expires", UtcDateTime),
    Column("roots", Text),
)
"""work: `archive` or `renew`.  last_error: a code.  stamp_expires: of what is renewed, when the
first certificate of its timestamp's chain ends; none where an older version planned it.  roots: of
`StampLife`, between spaces."""

Index(
    "ix_esign_archive_due",
    esign_archive.c.next_at,
    sqlite_where=esign_archive.c.ended_at.is_(None),
    postgresql_where=esign_archive.c.ended_at.is_(None),
)
