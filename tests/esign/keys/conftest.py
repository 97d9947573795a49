"""Keys of two kinds, and whoever may hold them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from counter.esign.key_ports import KeyProvider
from counter.esign.keys_files import load, load_pkcs12
from tests.esign.key_rings import Ring
from tests.esign.keys.key_holders import Remote, WithCodes, hardware_key, pkcs12_file, remote_key


@pytest.fixture
async def open_() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture(params=["ec", "rsa"])
def one(request: pytest.FixtureRequest, rings: dict[str, Ring]) -> Ring:
    return rings[request.param]


@pytest.fixture(params=["pem", "pkcs12", "pkcs11", "csc1", "csc2"])
async def holder(
    request: pytest.FixtureRequest, one: Ring, token: str, tmp_path: Path, open_: AsyncExitStack
) -> AsyncIterator[KeyProvider]:
    if request.param == "pem":
        yield load(one.files)
    elif request.param == "pkcs12":
        yield load_pkcs12(pkcs12_file(one, tmp_path))
    elif request.param == "pkcs11":
        key = hardware_key(one)
        yield key
        key.close()
    else:
        yield WithCodes((await remote_key(one, int(request.param[-1]), open_)).key)


@pytest.fixture(params=[1, 2])
async def remote(
    request: pytest.FixtureRequest, rings: dict[str, Ring], open_: AsyncExitStack
) -> Remote:
    return await remote_key(rings["ec"], request.param, open_)
