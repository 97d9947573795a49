"""A counter for the pages of a terminal."""

from collections.abc import AsyncIterator

import pytest

from tests.web.fake_counter import FakeCounter


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        made.answers["leg.join"] = lambda _: {"ok": False, "code": "not_allowed_now"}
        yield made
