"""What a key costs through its provider, beside the bare operation of the library below it.

Key files beside `cryptography`; a token of SoftHSM2 beside `python-pkcs11` in a session that is
open, with the key looked up before.

It runs in a process of its own: SoftHSM2 reads where its tokens are once, when it is loaded, and
nobody else could use it there afterwards.

    python -m tests.bench.sign_keys DIRECTORY ROUNDS        says what it found as JSON
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec, padding
from pkcs11 import ObjectClass
from pkcs11.util.ec import encode_ecdsa_signature

from counter.esign.key_ports import KeyProvider, Pkcs11Key
from counter.esign.keys_files import HASHED, load
from counter.esign.keys_pkcs11 import SHA256_INFO, HardwareKey
from counter.esign.pki_development import ensure
from tests.esign.key_rings import PIN, SOFTHSM, TOKEN, Ring, plant, ring

CALLS: Final = 20
"Of each in a round."
LOCAL, HSM = 1.5, 1.2
DIGEST: Final = bytes(range(32))
Json = dict[str, Any]
Call = Callable[[], Awaitable[object]]


async def measured(directory: Path, rounds: int) -> Json:
    """By kind: milliseconds of CPU per signature, bare and through the provider."""
    directory.mkdir()
    (directory / "tokens").mkdir()
    conf = directory / "conf"
    conf.write_text(f"directories.tokendir = {directory / 'tokens'}\n")
    apart = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, str(directory), str(rounds)),
        env={**os.environ, "SOFTHSM2_CONF": str(conf)},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await apart.communicate()
    if apart.returncode:
        raise RuntimeError(f"the measuring of keys ended with {apart.returncode}")
    found: Json = json.loads(told)
    return found


async def _here(directory: Path, rounds: int) -> Json:
    now = datetime.now(UTC)
    pki = ensure(directory / "keys", now)
    rings = {kind: ring(kind, directory, pki, now) for kind in ("ec", "rsa")}
    plant(list(rings.values()))
    token = pkcs11.lib(str(SOFTHSM)).get_token(token_label=TOKEN)
    found: Json = {}
    with token.open(user_pin=PIN) as session:
        for kind, one in rings.items():
            chain = one.files.chain
            kept = HardwareKey(
                Pkcs11Key(library=SOFTHSM, token=TOKEN, label=kind, pin=PIN, chain=chain)
            )
            bare = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=kind)
            calls: dict[str, Call] = {
                "raw": _bare_file(one),
                "key": _through(load(one.files), one),
                "HSM raw": _bare_token(bare, kind),
                "HSM key": _through(kept, one),
            }
            found[kind] = await _in_turn(calls, rounds)
            kept.close()
    return found


async def _in_turn(calls: dict[str, Call], rounds: int) -> dict[str, float]:
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            used = time.process_time()
            for _ in range(CALLS):
                await call()
            if number:  # the first opens sessions
                spent[name].append((time.process_time() - used) * 1000 / CALLS)
    return {name: round(median(values), 4) for name, values in spent.items()}


def _through(key: KeyProvider, one: Ring) -> Call:
    return lambda: key.sign(DIGEST, one.mechanism)


def _bare_file(one: Ring) -> Call:
    key = one.key

    async def sign() -> object:
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(DIGEST, ec.ECDSA(HASHED))
        return key.sign(DIGEST, padding.PKCS1v15(), HASHED)

    return sign


def _bare_token(key: Any, kind: str) -> Call:
    async def sign() -> object:
        if kind == "ec":
            return encode_ecdsa_signature(key.sign(DIGEST, mechanism=pkcs11.Mechanism.ECDSA))
        return key.sign(SHA256_INFO + DIGEST, mechanism=pkcs11.Mechanism.RSA_PKCS)

    return sign


def goals(found: Json) -> list[tuple[str, bool]]:
    """Each goal in words, and whether it is met."""
    told = []
    for kind, one in found.items():
        for before, limit, what in (("", LOCAL, "key file"), ("HSM ", HSM, "SoftHSM2")):
            ratio = one[f"{before}key"] / one[f"{before}raw"]
            words = f"{kind}: a {what} costs {ratio:.2f} of the bare operation (at most {limit})"
            told.append((words, round(ratio, 2) <= limit))
    return told


def table(found: Json) -> list[str]:
    """The lines of it, as Markdown."""
    names = ("raw", "key", "HSM raw", "HSM key")
    lines = [f"| CPU ms per signature | {' | '.join(names)} |", "|---|---|---|---|---|"]
    return lines + [
        f"| {kind} | {' | '.join(str(one[name]) for name in names)} |"
        for kind, one in found.items()
    ]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_here(Path(sys.argv[1]), int(sys.argv[2])))))
