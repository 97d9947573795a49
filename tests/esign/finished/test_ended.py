"""Years later: certificates have ended, and not a byte was changed."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from asn1crypto import x509

from counter.__main__ import main
from counter.esign import audit_pack, audit_pyhanko
from counter.esign.check_pool import CheckPool
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.judging import Judgement, judge
from counter.esign.keys_files import load_certificate, roots_of
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import Found
from counter.store.sqlite_lane import SqliteLane
from tests.esign.ceremonies import CASE
from tests.esign.conftest import NOW, Tsa, patience
from tests.esign.finished.finished_house import (
    YEAR,
    ChecksHere,
    House,
    Lent,
    finished_house,
    reference_of,
)
from tests.esign.signed_by import signed_by
from tests.esign.tampering import ATTACKS

SEALED, ARCHIVED, RENEWED = "sealed", "archived", "renewed"
GIVEN_OUT = [
    (SEALED, 4),
    (ARCHIVED, 4),
    (RENEWED, 12),
    *(
        pytest.param(name, years, marks=pytest.mark.deep)
        for name, years in ((SEALED, 12), (ARCHIVED, 12), (RENEWED, 4))
    ),
]


@pytest.fixture
def roots(pki: DevelopmentPki) -> list[x509.Certificate]:
    return [load_certificate(path.read_bytes()) for path in pki.roots]


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """A counter that made a document, and what people hold: each revision that was given out."""

    house: House
    copies: dict[str, bytes]


@pytest.fixture(scope="module")
async def made_once(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    pki: DevelopmentPki,
    examiner: CheckPool,
    one_pool: SignPool,
    forms: Forms,
    glyphs: GlyphTable,
) -> AsyncIterator[Old]:
    """Yield one document for all tests that change nothing: four signatures, twice archived."""
    store = tmp_path_factory.mktemp("old") / "counter.sqlite"
    shutil.copyfile(sqlite_template, store)
    lane, tsa = SqliteLane(store), Tsa(pki)
    await tsa.start()
    stamps = HttpStamps([tsa.url], roots_of(pki.signing), new_nonce=count(1).__next__)
    numbers = count(1)
    await one_pool.warm()
    house = await finished_house(
        *(lane, pki, examiner, one_pool, stamps, tsa, forms, glyphs),
        new_id=lambda: f"id-{next(numbers)}",
    )
    with patience():
        yield Old(house=house, copies=await copies(house))
    await stamps.close()
    await tsa.stop()
    await lane.close()


@pytest.fixture
def old(made_once: Old) -> Old:
    """Return it a year later, when it was renewed."""
    made_once.house.time = NOW + YEAR
    return made_once


async def copies(house: House) -> dict[str, bytes]:
    sealed = await house.sealed()
    archived = await house.archived()
    house.passes(YEAR)
    return {SEALED: sealed, ARCHIVED: archived, RENEWED: await house.archived()}


@pytest.mark.parametrize("name, years", GIVEN_OUT)
async def test_what_was_given_out_stays_ours_when_the_certificates_of_its_timestamps_have_ended(
    old: Old, name: str, years: int
) -> None:
    """Those of the development service end after three years."""
    copy, later = old.copies[name], NOW + years * YEAR
    for reference in ("", reference_of(old.house)):
        said = await old.house.counter.checks.check(copy, reference, later)
        assert said.judgement is Judgement.ENDED
        assert not said.found.changed_after
        assert all(one.ended for one in said.found.signatures)
        # Nobody believes what they say about the time.
        assert not any(one.stamped_at for one in said.found.signatures)
        assert said.report.startswith(b"<")
    # The same bytes with one more are not those of the record, at any time.
    said = await old.house.counter.checks.check(copy + b"\n", "", later)
    assert said.judgement is Judgement.APPENDED


async def test_whoever_is_not_asked_says_ended_and_whoever_knows_nothing_says_so(
    old: Old, roots: list[x509.Certificate], tmp_path: Path
) -> None:
    later = NOW + 4 * YEAR
    copy = old.copies[ARCHIVED]
    found = await validate(copy, roots, later)
    assert judge(found, None, asked=False) is Judgement.LAPSED
    assert judge(found, None, asked=True) is Judgement.LAPSED
    known = await old.house.counter.checks.recorded(reference_of(old.house))
    assert known is not None
    assert judge(found, known.manifest, asked=False) is Judgement.LAPSED
    other = replace(known.manifest, sha256s=frozenset({"0" * 64}))
    assert judge(found, other, asked=True) is Judgement.LAPSED
    # Signed by others than the record says, or never trusted: that is not age.
    strange = replace(known.manifest, signers=known.manifest.signers[:3])
    assert judge(found, strange, asked=True) is Judgement.STRANGE
    theirs = ensure(tmp_path / "strangers", NOW)
    strangers = [load_certificate(path.read_bytes()) for path in theirs.roots]
    nobody_s = await validate(copy, strangers, later)
    assert not any(one.ended for one in nobody_s.signatures)
    assert judge(nobody_s, known.manifest, asked=True) is Judgement.UNROOTED
    # And before they were made nothing has ended.
    early = await validate(copy, roots, NOW - timedelta(days=30))
    assert not any(one.ended for one in early.signatures)


async def test_a_changed_file_is_broken_however_old_it_is(
    old: Old, roots: list[x509.Certificate]
) -> None:
    later = NOW + 4 * YEAR
    known = await old.house.counter.checks.recorded(reference_of(old.house))
    assert known is not None
    for name in ("a page painted over", "a signature painted anew", "a byte in the middle"):
        found: Found = await validate(ATTACKS[name](old.copies[SEALED]), roots, later)
        for manifest in (known.manifest, None):
            worth = judge(found, manifest, asked=True)
            assert worth in (Judgement.BROKEN, Judgement.UNTRUSTED), name
            if manifest is not None:
                assert worth is Judgement.BROKEN, name
        assert found.changed_after, name


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_what_was_taken_back_stays_taken_back(house: House) -> None:
    copy = (await copies(house))[SEALED]
    await house.void()
    house.time = NOW + 4 * YEAR
    assert (await house.judged(copy))[0] is Judgement.VOIDED


async def test_a_stranger_s_old_document_is_not_called_changed_and_never_ours(
    pki: DevelopmentPki, stamps: HttpStamps, roots: list[x509.Certificate]
) -> None:
    foreign = await signed_by({"Theirs": pki.witness}, stamps, NOW)
    found = await validate(foreign, roots, NOW + 4 * YEAR)
    assert judge(found, None, asked=True) is Judgement.LAPSED


async def test_the_command_line_says_ended_with_a_status_of_its_own(
    old: Old,
    pki: DevelopmentPki,
    roots: list[x509.Certificate],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house, handed_out = old.house, old.copies
    executor = house.counter.executor
    monkeypatch.setattr("counter.app.signed_files.plain_executor", lambda *_: Lent(executor))
    monkeypatch.setattr("counter.app.signed_files.CheckPool", ChecksHere)
    file = tmp_path / "form.pdf"

    async def told(content: bytes, *more: str) -> tuple[int, str]:
        file.write_bytes(content)
        words = ["--root", str(pki.roots[0]), "--at", house.time.isoformat(), "--data"]
        status = await asyncio.to_thread(
            main, ["verify", str(file), *words, str(tmp_path / "var"), *more]
        )
        return status, capsys.readouterr().out

    pack = await house.packs.pack(CASE, await house.ceremony())
    # What it holds is what the archive made last.
    assert audit_pack.opened(pack).files[audit_pack.DOCUMENT] == handed_out[RENEWED]
    house.time = NOW + 4 * YEAR
    for name, copy in {**handed_out, "pack": pack}.items():
        status, said = await told(copy, "--record")
        assert status == 5 and said.startswith("OURS, ENDED: exactly what was given out"), name
        status, said = await told(copy)
        assert status == 6 and said.startswith("ENDED"), name
        assert "changed" not in said.lower() and "not valid" not in said.lower(), name
        assert "certificate ended on 2029-11-2" in said, name
    # A pack that is not ours, of a document that is: its seal has ended, and nobody kept it.
    opened = audit_pack.opened(pack)
    again = audit_pack.packed(
        opened.files, opened.manifest, opened.signature, NOW + timedelta(days=1)
    )
    assert (await told(again, "--record"))[0] == 6
    # And one whose manifest is another is broken, at any time.
    seal = await audit_pyhanko.verify(
        opened.signature, opened.manifest + b" ", roots, NOW + 4 * YEAR
    )
    assert seal.why and seal.ended is None
    # A service that has gone on living proves the renewed one by itself.
    house.time = NOW + timedelta(days=700)
    assert (await told(handed_out[RENEWED], "--record"))[0] == 0
