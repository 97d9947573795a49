"""A counter whose documents are finished: sealed, archived, renewed, packed, taken back."""

from collections.abc import Callable

import pytest

from counter.esign.check_pool import CheckPool
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.pki_development import DevelopmentPki
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.store.executor import Executor
from tests.esign.conftest import Tsa
from tests.esign.finished.finished_house import House, finished_house


@pytest.fixture
async def house(
    executor: Executor,
    pki: DevelopmentPki,
    examiner: CheckPool,
    pool: SignPool,
    stamps: HttpStamps,
    tsa: Tsa,
    forms: Forms,
    glyphs: GlyphTable,
    new_id: Callable[[], str],
) -> House:
    return await finished_house(executor, pki, examiner, pool, stamps, tsa, forms, glyphs, new_id)
