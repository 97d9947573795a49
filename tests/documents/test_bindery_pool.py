"""The bindery's process: what a page does to it, it does to that job alone."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from counter.documents.bindery_pool import Bindery
from counter.documents.bundle import Book, Part, Picture
from counter.documents.bundle_pikepdf import bind
from counter.documents.bundle_refusals import BindingFailed
from tests.documents.leaves import AT
from tests.documents.letters import letter_jpeg


@pytest.fixture
async def bindery() -> AsyncIterator[Bindery]:
    made = Bindery()
    yield made
    await made.close()


def book(image: bytes) -> Book:
    picture = Picture(image=image, size_mm=(210.0, 297.0))
    return Book(
        title="A013", language="pt", made_at=AT, parts=(Part(title="x", pictures=(picture,)),)
    )


async def test_it_makes_what_the_adapters_make(bindery: Bindery) -> None:
    whole = book(letter_jpeg(3))
    assert await bindery.bind(whole) == bind(whole)
    copy = await bindery.bitonal(letter_jpeg(3), 200.0)
    assert copy is not None and copy.startswith(b"II")
    pool = bindery._pool
    assert pool is not None
    (process,) = (pool._processes or {}).values()
    assert os.getpriority(os.PRIO_PROCESS, process.pid or 0) > 0


async def test_a_page_that_cannot_be_bound_is_refused_and_the_next_is_bound(
    bindery: Bindery,
) -> None:
    with pytest.raises(BindingFailed):
        await bindery.bind(book(b"no picture at all"))
    assert await bindery.bind(book(letter_jpeg(3)))


async def test_a_process_that_was_killed_is_replaced(bindery: Bindery) -> None:
    await bindery.bind(book(letter_jpeg(3)))
    pool = bindery._pool
    assert pool is not None
    (process,) = (pool._processes or {}).values()
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    with pytest.raises(BindingFailed):
        await bindery.bind(book(letter_jpeg(3)))
    assert await bindery.bind(book(letter_jpeg(3)))


async def test_who_gives_up_waiting_leaves_no_busy_process(bindery: Bindery) -> None:
    task = asyncio.create_task(bindery.bind(book(letter_jpeg(3))))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bindery._pool is None
    assert await bindery.bind(book(letter_jpeg(3)))


async def test_one_that_hangs_is_ended() -> None:
    hasty = Bindery(patience_s=0.0)
    with pytest.raises(BindingFailed):
        await hasty.bind(book(letter_jpeg(3)))
    assert hasty._pool is None
    await hasty.close()
