"""What was asked is taken back at the end of a visit, whatever happens at the same instant."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.app import hooks
from counter.documents.store_documents import scan_request
from counter.store.executor import Executor

ASKED = SimpleNamespace(open_request=SimpleNamespace(request_id="r-1"))


async def test_a_paper_shown_at_this_instant_does_not_keep_the_case_open(
    executor: Executor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    case: Any = SimpleNamespace(id="case-1")
    # What was read before the paper came.
    monkeypatch.setattr(hooks, "documents_of", lambda conn, case_id: ASKED)

    def end(conn: Connection) -> str:
        conn.execute(
            scan_request.insert().values(
                id="r-1", case_id=case.id, item="bir", state="answered", asked_at=now
            )
        )
        hooks.put_papers_away(conn, case, by="agent:a-1", now=now)
        state: str = conn.execute(select(scan_request.c.state)).scalar_one()
        return state

    assert await executor.write(end) == "answered"
