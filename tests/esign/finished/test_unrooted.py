"""The operator trusts others now; what was given out before is what it was."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509

from counter.__main__ import main
from counter.esign import audit_pack
from counter.esign.judging import Judgement, judge
from counter.esign.keys_files import load_certificate
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import Found, Manifest
from tests.esign.ceremonies import CASE
from tests.esign.conftest import NOW
from tests.esign.finished.finished_house import YEAR, House, Lent, reference_of
from tests.esign.tampering import ATTACKS

pytestmark = pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentPki:
    """Return whom the operator trusts now."""
    return ensure(tmp_path_factory.mktemp("others"), NOW)


@pytest.fixture
def roots(others: DevelopmentPki) -> list[x509.Certificate]:
    return [load_certificate(path.read_bytes()) for path in others.roots]


class Here:
    """`counter.esign.check_ports.Examiner`, without a process of its own."""

    def __init__(self, roots: list[x509.Certificate]) -> None:
        self.roots = roots

    async def check(self, pdf: bytes, now: datetime) -> tuple[Found, bytes]:
        return await validate(pdf, self.roots, now), b""


async def manifest_of(house: House) -> Manifest:
    known = await house.counter.checks.recorded(reference_of(house))
    assert known is not None
    return known.manifest


async def test_what_the_record_knows_byte_for_byte_stays_ours(
    house: House, roots: list[x509.Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = (await house.sealed(), await house.archived())
    monkeypatch.setattr(house.counter.checks, "_examiner", Here(roots))
    for years in (0, 4):
        house.time = NOW + years * YEAR
        for copy in copies:
            for reference in ("", reference_of(house)):
                assert (await house.judged(copy, reference))[0] is Judgement.UNROOTED
            # The same with one byte more is nobody's we know, and not what the code leads to.
            assert (await house.judged(copy + b"\n"))[0] is not Judgement.UNROOTED
            longer = await house.judged(copy + b"\n", reference_of(house))
            assert longer[0] is Judgement.BROKEN
    house.time = NOW
    await house.void()
    assert (await house.judged(copies[0]))[0] is Judgement.VOIDED


async def test_only_the_record_can_say_so_and_of_no_changed_file(
    house: House, roots: list[x509.Certificate]
) -> None:
    sealed = await house.sealed()
    manifest = await manifest_of(house)
    found = await validate(sealed, roots, NOW)
    assert all(one.unrooted and one.holds and not one.sound for one in found.signatures)
    assert judge(found, manifest, asked=True) is Judgement.UNROOTED
    assert judge(found, manifest, asked=False) is Judgement.BROKEN
    assert judge(found, None, asked=True) is Judgement.UNTRUSTED
    other = replace(manifest, sha256s=frozenset({"0" * 64}))
    assert judge(found, other, asked=True) is Judgement.BROKEN
    strange = replace(manifest, signers=manifest.signers[:3])
    assert judge(found, strange, asked=True) is Judgement.STRANGE
    for name in ("a page painted over", "a signature painted anew", "a byte in the middle"):
        changed = await validate(ATTACKS[name](sealed), roots, NOW)
        # Not even were its digest in the record by some mistake.
        forged = replace(manifest, sha256s=frozenset({changed.sha256}))
        assert judge(changed, forged, asked=True) is Judgement.BROKEN, name


async def test_the_command_line_has_a_status_for_it_and_for_packs_too(
    house: House,
    executor: Any,
    others: DevelopmentPki,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("counter.app.signed_files.plain_executor", lambda *_: Lent(executor))
    file = tmp_path / "form.pdf"

    async def told(content: bytes, *more: str) -> tuple[int, str]:
        file.write_bytes(content)
        words = ["--root", str(others.roots[0]), "--at", house.time.isoformat(), "--data"]
        status = await asyncio.to_thread(
            main, ["verify", str(file), *words, str(tmp_path / "var"), *more]
        )
        return status, capsys.readouterr().out

    sealed = await house.sealed()
    pack = await house.packs.pack(CASE, await house.ceremony())
    for what in (sealed, pack):
        status, said = await told(what, "--record")
        assert status == 7 and said.startswith("OURS, NO ROOT: exactly what was given out")
        status, said = await told(what)
        assert status == 1 and not said.startswith("OURS")
    # The same document in a pack that nobody here has made.
    opened = audit_pack.opened(pack)
    again = audit_pack.packed(
        opened.files, opened.manifest, opened.signature, NOW + timedelta(days=1)
    )
    status, said = await told(again, "--record")
    assert status == 1 and said.startswith("NOT VALID")
