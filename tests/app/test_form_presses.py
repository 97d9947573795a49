"""What supervisors try out keeps no citizen waiting."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from counter.app import form_presses
from counter.app.form_presses import open_presses
from tests.app import form_child_that_waits


async def test_previews_that_do_not_end_hold_up_no_citizen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_presses, "CHILD", form_child_that_waits.__name__)
    async with AsyncExitStack() as closing:
        made = open_presses(closing)
        previews, presented = made.previews._processes, made.presented._processes
        presented.patience_seconds = previews.patience_seconds = 600
        never = form_child_that_waits.NEVER.encode()
        tabs = [
            asyncio.create_task(previews.ask(never, read=asyncio.StreamReader.readline))
            for _ in range(2)
        ]
        try:
            while not previews._turns.locked():
                await asyncio.sleep(0)
            assert not presented._turns.locked()
            said = await presented.ask(b"now\n", read=asyncio.StreamReader.readline)
            assert said == b"now\n"
            assert not any(tab.done() for tab in tabs)
        finally:
            for tab in tabs:
                tab.cancel()
            await asyncio.gather(*tabs, return_exceptions=True)


async def test_previews_are_drawn_one_at_a_time_and_given_up_sooner() -> None:
    async with AsyncExitStack() as closing:
        made = open_presses(closing)
        async with made.previews._processes._turns:
            assert made.previews._processes._turns.locked()
        async with made.presented._processes._turns:
            assert not made.presented._processes._turns.locked()
        patience_s = made.presented._processes.patience_seconds
        assert made.previews._processes.patience_seconds <= patience_s / 2
