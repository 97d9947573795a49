"""A counter at which citizens sign with certificates of their own."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest

from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.pki_development import DevelopmentPki
from counter.store.executor import Executor
from tests.esign.certificate.certified_citizens import CertifiedCounter, certified_counter
from tests.esign.key_rings import Ring, ring


@pytest.fixture(scope="session")
def citizen(tmp_path_factory: pytest.TempPathFactory, pki: DevelopmentPki) -> Ring:
    return ring("ec", tmp_path_factory.mktemp("citizen"), pki)


@pytest.fixture(params=[2])
async def counter(
    request: pytest.FixtureRequest,
    executor: Executor,
    new_id: Callable[[], str],
    forms: Forms,
    glyphs: GlyphTable,
    now: datetime,
    citizen: Ring,
) -> AsyncIterator[CertifiedCounter]:
    version = request.param
    async with certified_counter(executor, new_id, glyphs, now, citizen, version) as made:
        made.start(forms, acts="both")
        yield made
