"""The document kept true: what it allows is asked, and what it does not; every answer is in it.

A few examples of each call here; `make deep-api` asks more.
"""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.web.api.programs import DAY, SERVICE, SITE
from tests.web.api.served import Served, served
from web.api.openapi import described
from web.api.table import CALLS

EXAMPLES = int(os.environ.get("API_EXAMPLES", "6"))

schema = schemathesis.openapi.from_dict(described(CALLS))


class Ticking:
    """A clock on which every look takes a tenth of a second, so that holds run out."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=100)
        return self.now


@pytest.fixture(scope="module")
def api(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield the API on a port of this machine."""
    store = tmp_path_factory.mktemp("api") / "counter.sqlite"
    shutil.copyfile(sqlite_template, store)
    with served(store, Ticking()) as running:
        yield running


NUMBERS = count()
REAL = {
    "service": SERVICE,
    "site": SITE,
    "day": DAY,
    "start": "2026-11-25T01:00:00+00:00",
    "from_at": "2026-11-25T01:00:00+00:00",
    "until_at": "2026-11-25T03:00:00+00:00",
    "contact": "demo@example.org",
}


def make_real(case: schemathesis.Case) -> None:
    """Give a request that fits the document a key of its own; every other one real words."""
    number = next(NUMBERS)
    if case.method == "POST":
        case.headers["Idempotency-Key"] = f"case-{number:08}"
    if number % 2:
        for words in (case.path_parameters, case.query, case.body):
            if isinstance(words, dict):
                words.update({name: REAL[name] for name in words if name in REAL})


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_what_is_answered_is_in_the_document(case: schemathesis.Case, api: Served) -> None:
    if case.meta is not None and case.meta.generation.mode.is_positive:
        make_real(case)
    case.call_and_validate(base_url=api.address, headers={"Authorization": f"Bearer {api.key}"})
