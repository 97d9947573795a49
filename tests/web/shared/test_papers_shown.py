"""That an agent was given a page to look at is noted; that a citizen was, is not."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import update

from counter.documents.store_documents import documents_of
from counter.errors import NotFound
from counter.ids import RequestId
from counter.store.cases import case_table
from counter.store.executor import Executor
from tests.documents.capture_house import CASE, TERMINAL, ask_for, build, photograph, seat
from web.shared.access import Principal
from web.shared.papers_local import LocalPapers


async def test_a_page_counts_as_shown_when_an_agent_was_given_it(
    executor: Executor, tmp_path: Path, new_id: Callable[[], str], now: datetime
) -> None:
    await executor.write(seat)
    await executor.write(
        lambda conn: conn.execute(update(case_table).values(agent_id="lei")).rowcount
    )
    await executor.write(ask_for, 1)
    house = build(executor, tmp_path, new_id)
    one = photograph(1)
    page = await house.documents.receive(
        CASE, RequestId("r-1"), one, hashlib.sha256(one).hexdigest(), by="terminal:hq-1", now=now
    )
    papers = LocalPapers(
        executor=executor, documents=house.documents, esign=cast(Any, None), clock=lambda: now
    )

    async def shown() -> bool:
        return (await executor.read(documents_of, CASE)).pages[0].shown

    await papers.page(Principal(kind="terminal", subject=TERMINAL), page.page_sha256)
    assert not await shown()
    lei = Principal(kind="agent", subject="lei")
    await papers.page(lei, page.thumb_sha256)
    assert not await shown(), "a thumbnail is not the page"
    await asyncio.gather(*(papers.page(lei, page.page_sha256) for _ in range(3)))
    assert await shown()
    with pytest.raises(NotFound):
        await papers.page(Principal(kind="agent", subject="wong"), page.page_sha256)
