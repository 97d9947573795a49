"""An HSM that hangs or crashes holds up nobody but who wants one of its keys, and nobody for long.

The module is SoftHSM2 behind one that hangs on demand (`hanging_token.c`).
"""

import asyncio
import hashlib
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from counter.esign import token_pool
from counter.esign.key_ports import Pkcs11Key
from counter.esign.pki_development import DevelopmentPki
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import KeyUnavailable, PinRefused
from counter.esign.token_pool import REST_S, PooledKey, TokenPool
from tests.esign.key_rings import PIN, SOFTHSM, TOKEN, Ring

DIGEST = hashlib.sha256(b"signed attributes").digest()


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("module") / "hanging.so"
    source = Path(__file__).with_name("hanging_token.c")
    flags = ("-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f'-DSOFTHSM="{SOFTHSM}"')
    subprocess.run(["gcc", *flags, "-o", built, source, "-ldl"], check=True, timeout=60)
    return built


@dataclass(slots=True, kw_only=True)
class Hsm:
    """One with a P-256 key, that can be made to hang; its time passes by hand."""

    source: Pkcs11Key
    hanging: Path
    "It hangs while this file exists."
    now: float = 0.0

    def hang(self) -> None:
        self.hanging.touch()

    def recover(self) -> None:
        self.hanging.unlink()


@pytest.fixture
def hsm(
    module: Path,
    softhsm: Path,
    rings: dict[str, Ring],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Hsm:
    monkeypatch.setenv("SOFTHSM2_CONF", str(softhsm))
    monkeypatch.setenv("HANGING_TOKEN", str(tmp_path / "hanging"))
    # Only who hangs runs out of time, however busy the machine is.
    monkeypatch.setattr(token_pool, "PATIENCE_S", 60.0)
    monkeypatch.setattr(token_pool, "START_PATIENCE_S", 60.0)
    chain = rings["ec"].files.chain
    source = Pkcs11Key(library=module, token=TOKEN, label="ec", pin=PIN, chain=chain)
    return Hsm(source=source, hanging=tmp_path / "hanging")


@pytest.fixture
async def token_of(hsm: Hsm) -> AsyncIterator[TokenPool]:
    made = TokenPool({"seal": hsm.source}, lambda: hsm.now)
    yield made
    made.close()


def pids(token: TokenPool) -> list[int]:
    return list(token._pool._processes) if token._pool is not None else []


async def test_it_signs_as_the_token_does(token_of: TokenPool, rings: dict[str, Ring]) -> None:
    key = PooledKey(token_of.run, "seal")
    assert (await key.certificates()).certificate
    public = rings["ec"].certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    for digest in (DIGEST, bytes(32)):
        value = await key.sign(digest, "ecdsa_sha256")
        public.verify(value, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


async def test_one_that_hangs_is_asked_once_a_minute_and_refused_at_once_meanwhile(
    hsm: Hsm, token_of: TokenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = PooledKey(token_of.run, "seal")
    await key.certificates()
    (first,) = pids(token_of)
    hsm.hang()
    monkeypatch.setattr(token_pool, "PATIENCE_S", 0.01)
    # They wait together, as ceremonies do; only the first of them waits for the token.
    asked = [key.sign(DIGEST, "ecdsa_sha256") for _ in range(10)]
    said = [str(one) for one in await asyncio.gather(*asked, return_exceptions=True)]
    assert ["no answer (TimeoutError)" in one for one in said] == [True] + [False] * 9, said
    assert ["a moment ago" in one for one in said] == [False] + [True] * 9, said
    assert pids(token_of) == [], "what hangs is ended"
    hsm.now = REST_S - 1
    with pytest.raises(KeyUnavailable, match="a moment ago"):
        await key.certificates()
    hsm.recover()
    monkeypatch.setattr(token_pool, "PATIENCE_S", 60.0)
    hsm.now = REST_S
    assert await key.sign(DIGEST, "ecdsa_sha256")
    (second,) = pids(token_of)
    assert second != first


async def test_one_that_crashes_is_started_again_after_a_minute(
    hsm: Hsm, token_of: TokenPool
) -> None:
    key = PooledKey(token_of.run, "seal")
    await key.certificates()
    assert token_of._pool is not None
    (process,) = token_of._pool._processes.values()
    process.kill()
    process.join()
    for told in ("BrokenProcessPool", "a moment ago"):
        with pytest.raises(KeyUnavailable, match=told):
            await key.certificates()
    hsm.now = REST_S
    assert await key.certificates()


async def test_others_sign_and_draw_while_one_department_s_hsm_hangs(
    hsm: Hsm, pki: DevelopmentPki
) -> None:
    keys = replace(pki.signing, seals={"dsi": hsm.source})
    pool = SignPool(keys)
    try:
        good = await pool.key("seal:dsi").certificates()
        assert good != await pool.key("seal").certificates()
        hsm.hang()
        waiting = asyncio.create_task(pool.key("seal:dsi").sign(DIGEST, "ecdsa_sha256"))
        await asyncio.sleep(0)  # it has begun
        assert await pool.key("seal").sign(DIGEST, "ecdsa_sha256")
        await pool.warm()
        assert not waiting.done()
        hsm.recover()
        assert await waiting
    finally:
        await pool.close()


async def test_a_pin_that_was_refused_is_not_tried_by_another_process_either(
    hsm: Hsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = TokenPool({"seal": replace(hsm.source, pin="0000")}, lambda: hsm.now)
    key = PooledKey(token.run, "seal")
    with pytest.raises(PinRefused, match="PinIncorrect"):
        await key.certificates()
    token._drop()
    hsm.now = 10 * REST_S
    with pytest.raises(PinRefused, match="was refused"):
        await key.sign(DIGEST, "ecdsa_sha256")
    assert pids(token) == []
    token.close()


async def test_keys_of_one_token_share_its_process_and_others_do_not(hsm: Hsm) -> None:
    source = hsm.source
    pools = token_pool.token_pools(
        {"seal": source, "witness": replace(source, label="rsa"), "a": replace(source, token="b")}
    )
    assert pools["seal"] is pools["witness"] and pools["a"] is not pools["seal"]


async def test_nothing_is_started_once_it_is_closed(hsm: Hsm, token_of: TokenPool) -> None:
    token_of.close()
    with pytest.raises(KeyUnavailable):
        await token_of.run("certificates", "seal")
    assert pids(token_of) == []
