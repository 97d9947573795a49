"""A citizen's certificate is held against the paper by which the citizen was identified."""

import pytest

from booking.script_opencc import simplified
from counter.app import identifying
from counter.app.identifying import IdentifiedCitizens
from counter.esign.claims_asn1crypto import claims_of
from counter.esign.store_drafts import remember
from counter.identity.proofing import Level
from counter.ids import CaseId
from counter.store.executor import Executor
from tests.esign.certified_names import certified

CASE = CaseId("case-1")
PAPER = {"name_latin": "CHAN TAI MAN", "paper_number": "1234567(8)"}


@pytest.mark.parametrize(
    ("name", "number", "agrees"),
    [
        ("CHAN TAI MAN", "", True),
        ("Tai-Man CHAN", "", True),
        ("Chan Taiman", "", True),
        ("陳大文 CHAN TAI MAN", "", True),
        ("CHAN TAI MAN", "PNOMO-12345678", True),
        ("CHAN TAI MAN", "IDCMO-1234567(8)", True),
        ("CHAN TAI MAN", "IDCMO-12345679", False),
        ("CHAN TAI MAN", "PASMO-MA0123456", False),
        ("CHAN TAI MAN", "20391", True),
        ("WONG SIU MING", "", False),
        ("CHAN TAI MAN PETER", "", False),
        ("CHAN", "", False),
        ("陳大文", "", False),
        ("", "", False),
    ],
)
async def test_names_are_compared_in_any_order_and_a_paper_s_number_where_it_is_said(
    executor: Executor, monkeypatch: pytest.MonkeyPatch, name: str, number: str, agrees: bool
) -> None:
    monkeypatch.setattr(identifying, "identity_level", lambda conn, case_id: Level.DOCUMENT)
    await executor.write(remember, CASE, PAPER)
    known = IdentifiedCitizens(executor, simplified)
    assert await known.agrees(CASE, name, number) is agrees


async def test_of_whom_nobody_identified_nothing_agrees(executor: Executor) -> None:
    known = IdentifiedCitizens(executor, simplified)
    assert not await known.agrees(CASE, "CHAN TAI MAN", "")
    await executor.write(remember, CASE, PAPER)
    assert not await known.agrees(CASE, "CHAN TAI MAN", ""), "the paper was not accepted"


def test_a_certificate_says_its_name_and_number() -> None:
    said = {"common_name": "陳大文", "serial_number": "PNOMO-1"}
    claims = claims_of(certified(said))
    assert (claims.name, claims.number) == ("陳大文", "PNOMO-1")
    assert claims_of(certified({"given_name": "Tai Man", "surname": "Chan"})).name == "Tai Man Chan"
    assert claims_of(certified({"country_name": "MO"})).name == ""
    assert "陳大文" not in repr(claims) and "PNOMO" not in repr(claims)
