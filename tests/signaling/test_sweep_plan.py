"""The sweeper looks every second: it must not read the history of years."""

from datetime import datetime
from typing import Any

from sqlalchemy import event

from counter.signaling.store_sweep import overdue
from tests.signaling.floor import in_memory


def test_the_sweeper_reads_tickets_and_pairings_by_their_partial_indexes(now: datetime) -> None:
    engine = in_memory()
    said: list[tuple[str, Any]] = []
    event.listen(
        engine,
        "before_cursor_execute",
        lambda conn, cursor, text, values, context, many: said.append((text, values)),
    )
    with engine.begin() as conn:
        overdue(conn, now)
        plan = [
            row[3]
            for text, values in said[:]
            if text.startswith("SELECT")
            for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        ]
    engine.dispose()
    history = [step for step in plan if " ticket" in step or " pairing" in step]
    assert len(history) == 3
    assert all("USING INDEX" in step for step in history), history
