"""The department's seal was renewed: who seals a pack then, and whom it is believed of."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from counter.__main__ import main
from counter.esign import audit_pack, audit_pyhanko
from counter.esign.holders_cryptography import holder_of
from counter.esign.key_ports import KeyFiles, KeyProvider
from counter.esign.keys_files import load, load_certificate
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.stamps_http import HttpStamps
from counter.store.executor import Executor
from tests.esign.ceremonies import CASE
from tests.esign.conftest import NOW
from tests.esign.finished.finished_house import ChecksHere, House, Lent
from tests.esign.signed_forms import certificate_digest

Told = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture(scope="module")
def renewed(pki: DevelopmentPki, tmp_path_factory: pytest.TempPathFactory) -> DevelopmentPki:
    """Return the same authorities, and a new certificate for a new key of the seal."""
    keys = tmp_path_factory.mktemp("renewed") / "keys"
    shutil.copytree(pki.seal.certificate.parent, keys)
    for name in ("seal.crt", "seal.key"):
        (keys / name).unlink()
    return ensure(keys, NOW)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentPki:
    """Return authorities that are called the same, with keys of their own."""
    return ensure(tmp_path_factory.mktemp("others"), NOW)


@pytest.fixture
def told(
    house: House,
    executor: Executor,
    pki: DevelopmentPki,
    others: DevelopmentPki,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Told:
    """Return the command line's word, with its status.  Both roots are trusted."""
    monkeypatch.setattr("counter.app.signed_files.plain_executor", lambda *_: Lent(executor))
    monkeypatch.setattr("counter.app.signed_files.CheckPool", ChecksHere)
    roots = [word for one in (pki, others) for word in ("--root", str(one.roots[0]))]

    async def asked(content: bytes, *more: str) -> tuple[int, str]:
        file = tmp_path / "proof.asice"
        file.write_bytes(content)
        words = [*roots, "--at", house.time.isoformat(), "--data", str(tmp_path / "var")]
        status = await asyncio.to_thread(main, ["verify", str(file), *words, *more])
        return status, capsys.readouterr().out

    return asked


async def packed_by(house: House, **keys: KeyFiles) -> bytes:
    """The pack of what is taken back now, with these keys of ours."""
    house.passes(timedelta(minutes=1))
    await house.void()
    house.packs._keys = {name.replace("__", ":"): load(files) for name, files in keys.items()}
    return await house.packs.pack(CASE, await house.ceremony())


async def resealed(
    pack: bytes, by: KeyProvider, stamps: HttpStamps, signers: list[dict[str, str]] | None = None
) -> bytes:
    """The same pack under somebody's own seal, and as he tells who signed."""
    files = dict(audit_pack.opened(pack).files)
    if signers is not None:
        events = json.loads(files[audit_pack.EVENTS]) | {"signers": signers}
        files[audit_pack.EVENTS] = json.dumps(events).encode()
    manifest, chain = audit_pack.manifest_of(files), await by.certificates()
    attributes = await audit_pyhanko.begin(manifest, chain, NOW)
    value = await by.sign(hashlib.sha256(attributes).digest(), "ecdsa_sha256")
    token = await stamps.stamp(hashlib.sha256(value).digest(), NOW, room_bytes=20_000)
    signature = await audit_pyhanko.finish(attributes, chain, value, token)
    return audit_pack.packed(files, manifest, signature, NOW)


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_a_pack_that_is_made_after_the_seal_was_renewed_proves_itself(
    house: House, told: Told, pki: DevelopmentPki, renewed: DevelopmentPki
) -> None:
    await house.sealed()
    before = await house.packs.pack(CASE, await house.ceremony())
    pack = await packed_by(house, seal=renewed.seal)
    sealed = "audit pack: sealed later by Development Department Seal, with a renewed certificate"
    for more in ([], ["--record"]):
        status, said = await told(pack, *more)
        assert status == 4 and said.startswith("TAKEN BACK") and sealed in said, more
    # One from before is what it was.
    status, said = await told(before)
    assert status == 3 and "sealed by Development Department Seal, 2026" in said


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_whoever_holds_the_seal_packs_before_a_department_s_new_own_key(
    house: House, told: Told, pki: DevelopmentPki, renewed: DevelopmentPki
) -> None:
    sealed = await house.sealed()
    done = await house.packs._records.finished(CASE, await house.ceremony())
    assert done is not None
    own = {f"seal__{done.department}": pki.agent}
    pack = await packed_by(house, **own, seal=renewed.seal)
    assert (await told(pack))[0] == 4
    # The very certificate that sealed the document before both.
    house.packs._keys = {
        f"seal:{done.department}": load(renewed.seal),
        "seal": load(pki.seal),
    }
    found, _ = await house.packs._examiner.check(sealed, house.time)
    sealer = await house.packs._sealer(done, found)
    assert (await sealer.certificates()).sha256 == certificate_digest(pki.seal)


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_of_a_pack_that_another_key_had_to_seal_the_record_decides(
    house: House, told: Told, pki: DevelopmentPki, stamps: HttpStamps
) -> None:
    await house.sealed()
    pack = await packed_by(house, seal=pki.agent)
    stranger = "sealed by Development Agents of the Counter, who did not seal the document"
    status, said = await told(pack)
    assert status == 1 and said.startswith("NOT VALID") and stranger in said
    status, said = await told(pack, "--record")
    assert status == 4 and said.startswith("TAKEN BACK") and stranger in said
    # The same key over the same files, and no record knows it.
    again = await resealed(pack, load(pki.agent), stamps)
    assert (await told(again, "--record"))[0] == 1


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_a_seal_of_the_same_name_below_another_root_is_somebody_else_s(
    house: House, told: Told, pki: DevelopmentPki, others: DevelopmentPki, stamps: HttpStamps
) -> None:
    await house.sealed()
    pack = await house.packs.pack(CASE, await house.ceremony())
    mine = certificate_digest(others.seal)
    ours = json.loads(audit_pack.opened(pack).files[audit_pack.EVENTS])["signers"]
    lies = [*ours[:-1], {"field": "Seal", "certificate_sha256": mine}]
    for signers in (None, lies, []):
        forged = await resealed(pack, load(others.seal), stamps, signers)
        for more in ([], ["--record"]):
            status, said = await told(forged, *more)
            assert status == 1 and "who did not seal the document" in said, (signers, more)
            assert "agreed to" not in said, "what a stranger tells is not told on"
    # Nor does a renewed one stand for bytes that it has not sealed.
    opened = audit_pack.opened(await resealed(pack, load(pki.seal), stamps))
    other = await resealed(pack, load(pki.seal), stamps, lies)
    broken = audit_pack.packed(
        audit_pack.opened(other).files, audit_pack.opened(other).manifest, opened.signature, NOW
    )
    assert (await told(broken))[0] == 1


def test_a_holder_is_a_name_and_the_key_that_vouches_for_it(
    pki: DevelopmentPki, renewed: DevelopmentPki, others: DevelopmentPki
) -> None:
    def whose(files: KeyFiles, *by: KeyFiles) -> str:
        issuers = [load_certificate(path.read_bytes()) for one in by for path in one.chain]
        return holder_of(load_certificate(files.certificate.read_bytes()), issuers)

    assert certificate_digest(pki.seal) != certificate_digest(renewed.seal)
    assert len(whose(pki.seal, pki.seal)) == 64
    assert whose(renewed.seal, pki.seal) == whose(pki.seal, others.seal, pki.seal)
    assert whose(others.seal, others.seal) not in ("", whose(pki.seal, pki.seal))
    assert whose(pki.agent, pki.agent) not in ("", whose(pki.seal, pki.seal))
    # Its issuer is not there, or is only called so.
    assert whose(pki.seal) == whose(pki.seal, others.seal) == ""
