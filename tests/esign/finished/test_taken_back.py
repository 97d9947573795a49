"""A document that was taken back, with something written behind it or into it since."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import x509

from counter.__main__ import main
from counter.esign.judging import Judgement, judge
from counter.esign.keys_files import load_certificate
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.stamps_http import HttpStamps
from counter.esign.validate_pyhanko import validate
from counter.store.executor import Executor
from tests.esign.conftest import NOW, stamps_of
from tests.esign.finished.finished_house import ChecksHere, House, Lent, reference_of
from tests.esign.signed_forms import stamped, with_proofs

NEVER_GOOD = {
    Judgement.BROKEN,
    Judgement.STRANGE,
    Judgement.APPENDED,
    Judgement.VOIDED,
    Judgement.UNSIGNED,
}


def roots_of_pki(pki: DevelopmentPki) -> list[x509.Certificate]:
    return [load_certificate(path.read_bytes()) for path in pki.roots]


def into_last_hole(pdf: bytes) -> bytes:
    """With another digit in what fills the last signature's hole up: no signature covers it."""
    (*_, last) = re.finditer(rb"<[0-9A-Fa-f]{2000,}>", pdf)
    where = last.end() - 2
    assert pdf[where - 8 : where + 1] == b"0" * 9
    return pdf[:where] + b"1" + pdf[where + 1 :]


async def test_another_timestamp_does_not_make_it_count_again(
    house: House, stamps: HttpStamps
) -> None:
    sealed, archived = await house.sealed(), await house.archived()
    others = [
        await stamped(sealed, stamps),
        await stamped(await stamped(archived, stamps), stamps),
        await stamped(with_proofs(sealed), stamps),
        into_last_hole(sealed),
        into_last_hole(archived),
        await stamped(into_last_hole(sealed), stamps),
    ]
    for copy in others:
        assert (await house.judged(copy))[0] is Judgement.UNKNOWN
    await house.void()
    for number, copy in enumerate(others):
        for reference in ("", reference_of(house)):
            said = await house.counter.checks.check(copy, reference, house.time)
            assert said.judgement is Judgement.VOIDED, number
            assert said.recorded is not None
            assert said.recorded.manifest.voided_at == house.time


@pytest.mark.one_engine
async def test_nothing_else_that_is_added_does_either(
    house: House, stamps: HttpStamps, tmp_path: Path
) -> None:
    sealed, archived = await house.sealed(), await house.archived()
    await house.void()
    # A timestamp of somebody nobody trusts, bytes, proofs only, and less than there was.
    async with stamps_of(ensure(tmp_path / "others", NOW)) as strangers:
        others = [await stamped(one, strangers) for one in (sealed, archived)]
    others += [sealed + b"\n%behind\n", with_proofs(sealed), await stamped(sealed, stamps) + b"\n"]
    ends = [match.end() for match in re.finditer(rb"%%EOF\n", archived)]
    others += [archived[:end] for end in ends if archived[:end] not in (sealed, archived)]
    for number, copy in enumerate(others):
        for reference in ("", reference_of(house)):
            assert (await house.judged(copy, reference))[0] in NEVER_GOOD, number


@pytest.mark.one_engine
async def test_another_document_under_its_code_is_not_called_taken_back(
    house: House, pki: DevelopmentPki
) -> None:
    sealed = await house.sealed()
    await house.void()
    recorded = await house.counter.checks.recorded(reference_of(house))
    assert recorded is not None
    found = await validate(sealed, roots_of_pki(pki), house.time)
    assert found.covered[-1] == found.sha256 and len(found.covered) == 4
    assert set(found.covered[:-1]) < recorded.manifest.beginnings
    assert judge(found, recorded.manifest, asked=True) is Judgement.VOIDED
    # The same keys have signed it, and it is another one.
    another = replace(
        recorded.manifest, sha256s=frozenset({"0" * 64}), beginnings=frozenset({"1" * 64})
    )
    assert judge(found, another, asked=True) is Judgement.UNKNOWN


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_the_command_line_knows_it_too(
    house: House,
    executor: Executor,
    stamps: HttpStamps,
    pki: DevelopmentPki,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("counter.app.signed_files.plain_executor", lambda *_: Lent(executor))
    monkeypatch.setattr("counter.app.signed_files.CheckPool", ChecksHere)
    file = tmp_path / "form.pdf"
    sealed = await house.sealed()
    file.write_bytes(await stamped(sealed, stamps))
    words = ["--root", str(pki.roots[0]), "--at", NOW.isoformat(), "--record"]

    async def told() -> tuple[int, str]:
        status = await asyncio.to_thread(
            main, ["verify", str(file), *words, "--data", str(tmp_path / "var")]
        )
        return status, capsys.readouterr().out

    status, said = await told()
    assert status == 1 and said.startswith("NOT OURS")
    await house.void()
    status, said = await told()
    assert status == 4 and said.startswith("TAKEN BACK")


@pytest.mark.one_engine
async def test_what_somebody_adds_does_not_push_out_what_was_there(
    house: House, pki: DevelopmentPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived = (await house.sealed(), await house.archived())[1]
    found = await validate(archived, roots_of_pki(pki), house.time)
    monkeypatch.setattr("counter.esign.validate_pyhanko.COVERED_MAX", 2)
    few = await validate(archived, roots_of_pki(pki), house.time)
    assert few.covered == found.covered[:2] and len(found.covered) == 5
