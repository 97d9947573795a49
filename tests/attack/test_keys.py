"""A key stands for one ask: said again it is answered alike, with other words it is refused."""

from datetime import datetime

import pytest
from sqlalchemy import func, select

from counter.errors import BadInput
from counter.protocol import terminal
from counter.store.cases import case_table
from tests.signaling.floor import Commands, Floor, in_memory, seed


def test_a_key_is_not_good_for_another_body(now: datetime) -> None:
    commands = Commands(Floor())
    with in_memory().begin() as conn:
        seed(conn, now)
        commands.attach(conn, "t-1", now)
        first = terminal.TicketTake(key="key-00001", service="d-1:id")
        answer = commands.ask(conn, "t-1", first, now)
        assert commands.ask(conn, "t-1", first, now) == answer
        commands.ask(conn, "t-1", terminal.VisitLeave(key="key-00002"), now)
        # An old ask that comes again is answered as then, and opens nothing.
        assert commands.ask(conn, "t-1", first, now) == answer
        for other in (
            terminal.TicketTake(key="key-00001", service="d-2:id"),
            terminal.VisitLeave(key="key-00001"),
        ):
            with pytest.raises(BadInput):
                commands.ask(conn, "t-1", other, now)
        open_cases = select(func.count()).where(case_table.c.left_at.is_(None))
        assert conn.execute(open_cases).scalar_one() == 0
