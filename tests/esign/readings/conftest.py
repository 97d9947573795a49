"""A counter at which a document is read."""

from collections.abc import Callable
from datetime import datetime

import pytest

from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.store.executor import Executor
from tests.esign.readings.reading_counter import Counter


@pytest.fixture
def counter(
    executor: Executor,
    new_id: Callable[[], str],
    forms: Forms,
    glyphs: GlyphTable,
    now: datetime,
) -> Counter:
    return Counter(executor, new_id, forms, glyphs, now)
