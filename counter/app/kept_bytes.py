"""Which kept bytes rows name, whatever part they belong to.

Every column that can hold a SHA-256 counts, 64 characters wide or JSON, unless it is excused here:
a table that is added tomorrow loses nothing because nobody thought of this file.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    Text,
    cast,
    func,
    or_,
    select,
)

from counter.store.metadata import metadata

EXCUSED: Final = frozenset(
    {
        # What was told, done and owed: of pages, whose own rows name their bytes.
        *("journal_entry.previous", "journal_entry.leaf", "session_log.body", "command_key.answer"),
        *("outbox.body", "memo.body", "webhook_delivery.body"),
        # Measures.
        *("page.findings", "paper_sheet.findings", "advance_paper.findings"),
        *("zone_reading.lines", "zone_reading.doubtful", "zone_reading.repaired"),
        *("recording_file.tracks", "recording_file.gaps_ms"),
    }
)
"`table.column`: many or long rows that name no bytes; to read all of them each minute is dear."

_DIGEST: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def naming_columns(tables: MetaData) -> dict[Table, list[Column[Any]]]:
    """The columns that count, by table."""
    found: dict[Table, list[Column[Any]]] = {}
    for table in tables.sorted_tables:
        for column in table.columns:
            wide = isinstance(column.type, String) and column.type.length == 64
            if (wide or isinstance(column.type, JSON)) and str(column) not in EXCUSED:
                found.setdefault(table, []).append(column)
    return found


def named_bytes(tables: MetaData = metadata) -> Callable[[Connection, str], set[str]]:
    """See `counter.store.blobs_collecting.Named`; call it when every table is known."""
    columns = naming_columns(tables)

    def named(conn: Connection, part: str) -> set[str]:
        found: set[str] = set()
        for of_table in columns.values():
            texts = [cast(column, Text) for column in of_table]
            begins = [
                text.like(f'%"{part}%')
                if isinstance(column.type, JSON)
                else func.substr(column, 1, 2) == part
                for column, text in zip(of_table, texts, strict=True)
            ]
            for row in conn.execute(select(*texts).where(or_(*begins))):
                found.update(one for text in row if text for one in _DIGEST.findall(text))
        return found

    return named
