"""A counter of paper at which forms are signed."""

from collections.abc import Callable
from datetime import datetime

import pytest

from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.store.executor import Executor
from tests.esign.service.paper_counter import Counter


@pytest.fixture
def counter(
    executor: Executor,
    new_id: Callable[[], str],
    forms: Forms,
    glyphs: GlyphTable,
    now: datetime,
) -> Counter:
    return Counter(executor, new_id, forms, glyphs, now)
