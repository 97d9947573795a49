"""A counter in production: keys of the operator's, people by command, nothing invented."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from counter.app.clock import clock
from counter.esign.key_ports import KeyFiles
from counter.esign.pki_development import ensure
from tests.e2e.running import ROOT, RunningCounter
from tests.servers import PostgresServer

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    """Yield the address of an empty database."""
    name = postgres.create_database()
    yield postgres.address(name)
    postgres.drop_database(name)


@pytest.fixture
def signing(tmp_path: Path) -> Path:
    """Return the operator's file; its keys were made by an authority that is not the counter's."""
    keys = ensure(tmp_path / "pki", clock()).signing
    lines = [
        'timestamps = ["http://127.0.0.1:9/"]',
        f"roots = {json.dumps([str(root) for root in keys.roots])}",
    ]
    for name, files in (("witness", keys.witness), ("seal", keys.seal)):
        assert isinstance(files, KeyFiles)
        lines += [
            f"[{name}]",
            'kind = "pem"',
            f"key = {json.dumps(str(files.key))}",
            f"certificate = {json.dumps(str(files.certificate))}",
            f"chain = {json.dumps([str(one) for one in files.chain])}",
        ]
    file = tmp_path / "signing.toml"
    file.write_text("\n".join(lines))
    return file


@pytest.fixture
async def production(database: str, signing: Path) -> AsyncIterator[RunningCounter]:
    """Yield a counter that runs in production."""
    counter = RunningCounter(
        PROFILE="production",
        POSTGRES=database,
        ORIGIN="https://counter.example",
        MEDIA_IP="192.0.2.7",
        MEDIA_BIND_IP="127.0.0.1",
        SIGNING=str(signing),
    )
    counter.program = "counter"  # as it is sold
    await counter.start()
    yield counter
    assert await counter.close() == []


async def test_it_begins_with_nobody_and_says_who_cannot_be_let_in(
    production: RunningCounter,
) -> None:
    assert not (production.data / "keys" / "pki").exists()
    assert not (production.data / "keys" / "demo-passphrase").exists()
    told = await _command(production, "agent", "ng", "--name", "吳小姐", "--department", "dsi")
    name, _, passphrase = told.strip().partition(" signs in with ")
    assert name == "ng"
    assert await _signs_in(production, "ng", passphrase)
    assert not await _signs_in(production, "ng", "0000-0000-0000-0000")
    assert not await _signs_in(production, "lei", passphrase)
    again = await _command(production, "agent", "ng", "--name", "吳小姐", "--department", "dsi")
    assert not await _signs_in(production, "ng", passphrase), "the older passphrase is void"
    assert await _signs_in(production, "ng", again.strip().rpartition(" ")[2])

    for more, why in (
        (("Ng", "--name", "x", "--department", "dsi"), "small letters"),
        (("ng", "--name", " ", "--department", "dsi"), "a name has"),
        (("ng", "--name", "x", "--department", "moon"), "no department"),
        (("ng", "--name", "x", "--department", "dsi", "--language", "fr"), "none of"),
    ):
        assert why in await _command(production, "agent", *more, code=1)


async def _command(counter: RunningCounter, *words: str, code: int = 0) -> str:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "counter", *words],
        cwd=ROOT,
        env=counter.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


async def _signs_in(counter: RunningCounter, name: str, passphrase: str) -> bool:
    async with aiohttp.ClientSession(counter.address) as browser:
        page = await browser.get("/console/sign-in")
        assert page.status == 200
        answer = await browser.post(
            "/console/sign-in",
            data={"name": name, "passphrase": passphrase, **await _form(page)},
            headers={"Origin": "https://counter.example"},
            cookies={key: cookie.value for key, cookie in page.cookies.items()},
            allow_redirects=False,
        )
        return answer.status == 303


async def _form(page: aiohttp.ClientResponse) -> dict[str, str]:
    text = await page.text()
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
    return dict(hidden)
