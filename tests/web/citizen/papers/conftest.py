"""A citizen at home whose appointment asks for papers."""

import pytest

from tests.web.citizen.papers.papers_from_home import FakePapers, application
from tests.web.citizen.walk import Citizen
from tests.web.conftest import Clock, Serve
from tests.web.fakes import FakeBooking


@pytest.fixture
def papers() -> FakePapers:
    return FakePapers()


@pytest.fixture
async def person(serve: Serve, fake: FakeBooking, papers: FakePapers, clock: Clock) -> Citizen:
    return Citizen(await serve(application(fake, papers, clock)))
