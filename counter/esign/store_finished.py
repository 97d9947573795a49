"""Which kept bytes are finished documents: those that must never change."""

from sqlalchemy import Connection, select

from counter.esign.store_tables import esign_revision


def finished_bytes(conn: Connection, part: str) -> set[str]:
    """Digests of sealed and of archived documents that begin with these hexadecimal digits."""
    sha256 = esign_revision.c.sha256
    rows = conn.execute(
        select(sha256).where(
            sha256 >= part,
            sha256 < f"{part}g",  # the letter after the last digit
            esign_revision.c.kind.in_(("sealed", "archived")),
        )
    )
    return set(rows.scalars())
