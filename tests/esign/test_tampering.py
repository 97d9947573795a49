"""A corpus of changed documents: each is refused, and nothing that is sound is."""

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from counter.__main__ import main
from counter.esign.forms import Forms
from counter.esign.judging import Judgement, judge
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.ports import Verdict
from counter.esign.refusals import SignatureInvalid
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from tests.esign.conftest import FILLED, NOW, SealedForm, seal
from tests.esign.tampering import ATTACKS, signed_by

HOLDS = {Judgement.SOUND, Judgement.UNCOMPARED}


@pytest.fixture
async def done(pool: SignPool, stamps: HttpStamps, forms: Forms) -> SealedForm:
    chosen, data = forms.of("certificate_application"), {**FILLED, "remarks": ""}
    prepared = await pool.prepare(chosen, data, "zh-Hant", NOW)
    later = NOW + timedelta(seconds=1)
    return await seal(pool, stamps, prepared.pdf, chosen, data, signed_at=NOW, now=later)


async def judged(pool: SignPool, pdf: bytes, given_out: str | None = None) -> Judgement:
    known = None if given_out is None else hashlib.sha256(pdf).hexdigest() == given_out
    try:
        return judge(await pool.verify(pdf, NOW), given_out=known)
    except SignatureInvalid:
        return Judgement.BROKEN


async def test_what_was_not_touched_is_sound(pool: SignPool, done: SealedForm) -> None:
    assert await judged(pool, done.sealed) == Judgement.UNCOMPARED
    digest = hashlib.sha256(done.sealed).hexdigest()
    assert await judged(pool, done.sealed, digest) == Judgement.SOUND


async def test_every_attack_is_noticed_without_the_record(pool: SignPool, done: SealedForm) -> None:
    found = {name: await judged(pool, attack(done.sealed)) for name, attack in ATTACKS.items()}
    assert [name for name, what in found.items() if what in HOLDS] == []


async def test_what_is_only_half_signed_is_strange(pool: SignPool, done: SealedForm) -> None:
    assert await judged(pool, done.signed) == Judgement.STRANGE


async def test_a_stranger_s_signature_that_nobody_sees_is_noticed(
    pool: SignPool, done: SealedForm, tmp_path: Path, pki: DevelopmentPki
) -> None:
    strangers = ensure(tmp_path / "strangers", NOW).seal
    for who in (strangers, pki.seal):
        assert await judged(pool, await signed_by(who, done.sealed)) not in HOLDS


def test_a_document_that_was_not_given_out_here_is_unknown() -> None:
    def verdict(field: str, *, covers: bool) -> Verdict:
        return Verdict(
            field=field, signer="s", sound=True, timestamp=NOW, covers_file=covers, why=""
        )

    both = (verdict("Citizen", covers=False), verdict("Seal", covers=True))
    assert judge(both, given_out=False) == Judgement.UNKNOWN
    assert judge(both, given_out=None) == Judgement.UNCOMPARED
    assert judge(both, given_out=True) == Judgement.SOUND
    assert judge(both[::-1], given_out=True) == Judgement.STRANGE
    assert judge((), given_out=True) == Judgement.STRANGE
    two = (both[0], verdict("Seal", covers=False))
    assert judge(two, given_out=True) == Judgement.APPENDED


async def test_the_command_line_says_it_in_one_line(
    done: SealedForm, pki: DevelopmentPki, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(pdf: bytes) -> tuple[int, str]:
        file = tmp_path / "form.pdf"
        file.write_bytes(pdf)
        root = str(pki.roots[0])
        words = ["--root", root, "--at", NOW.isoformat(), "--data", str(tmp_path / "var")]
        status = main(["verify", str(file), *words])
        return status, capsys.readouterr().out.partition("\n")[0]

    assert await asyncio.to_thread(told, done.sealed) == (
        3,
        "NOT COMPARED: the signatures hold; --record tells if it is one of ours",
    )
    status, said = await asyncio.to_thread(told, ATTACKS["a page painted over"](done.sealed))
    assert status == 1 and said.startswith("NOT VALID")
    assert (await asyncio.to_thread(told, b"no PDF"))[0] == 2
