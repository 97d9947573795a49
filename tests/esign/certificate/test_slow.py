"""A provider of citizens' keys that takes its time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.pki_development import DevelopmentPki
from counter.esign.ticket import CertificateChain
from counter.store.executor import Executor
from tests.esign.certificate.certified_citizens import CASE, USER, certified_counter
from tests.esign.key_rings import ring

SLOW = timedelta(seconds=90)
"Longer than clocks may differ."


@pytest.mark.one_engine
async def test_a_certificate_is_looked_at_as_of_when_the_provider_has_shown_it(
    executor: Executor,
    new_id: Callable[[], str],
    forms: Forms,
    glyphs: GlyphTable,
    now: datetime,
    pki: DevelopmentPki,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with certified_counter(
        executor, new_id, glyphs, now, ring("ec", tmp_path, pki), 2
    ) as counter:
        counter.start(forms, acts="both")
        ceremony_id, sha256 = await counter.consented()
        find, looked = counter.certificates.citizens.find, []

        async def slow(user: str) -> str:
            counter.now += SLOW
            return await find(user)

        async def seen(chain: CertificateChain, at: datetime) -> None:
            looked.append(at)

        monkeypatch.setattr(counter.certificates.citizens, "find", slow)
        monkeypatch.setattr(counter.trust, "require_citizen", seen)
        wished = counter.now
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
        assert looked == [wished + SLOW]
