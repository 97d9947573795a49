"""One sealed form, and its archive, for all tests of archives; a whole PKI, no network."""

from collections.abc import AsyncIterator
from itertools import count

import pytest

from counter.esign.archive import Archived
from counter.esign.forms import Forms
from counter.esign.revocation_http import HttpRevocation
from counter.esign.revocation_service import RevocationService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from tests.esign.archive.shelf import LATER, Kept, Shelf, roots_of
from tests.esign.conftest import DATA, FORM, NOW, patience, seal
from tests.esign.trust_services import TrustServices


@pytest.fixture
async def shelf(
    certified_pool: SignPool, two_stamps: HttpStamps, services: TrustServices
) -> AsyncIterator[Shelf]:
    source = HttpRevocation()
    yield Shelf(certified_pool, two_stamps, RevocationService(source), roots_of(services))
    await source.close()


@pytest.fixture(scope="session")
async def kept(
    one_certified_pool: SignPool, all_services: TrustServices, forms: Forms
) -> AsyncIterator[Kept]:
    pool, form = one_certified_pool, forms.of(FORM)
    stamps = HttpStamps(all_services.tsas, roots_of(all_services), new_nonce=count(1).__next__)
    source = HttpRevocation()
    shelf = Shelf(pool, stamps, RevocationService(source), roots_of(all_services))
    all_services.reset(NOW)
    await pool.warm()
    with patience():
        prepared = await pool.prepare(form, DATA, "zh-Hant", NOW)
        made = await seal(pool, stamps, prepared.pdf, form, DATA, signed_at=NOW, now=NOW)
        all_services.time = LATER
        archived = await shelf.archived(made.sealed, "archive", LATER)
    yield Kept(made.sealed, archived)
    await source.close()
    await stamps.close()


@pytest.fixture
def sealed(kept: Kept, services: TrustServices) -> bytes:
    """Return a sealed form, ten seconds after it was sealed."""
    services.time = LATER
    return kept.sealed


@pytest.fixture
def archived(kept: Kept, services: TrustServices) -> Archived:
    """Return the same, archived then."""
    services.time = LATER
    return kept.archived
