"""A program with a key made on the machine books at a running counter, until the key is revoked."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from booking.appointment import reference_sha256
from tests.e2e.running import RunningCounter
from web.api.table import ROOT

pytestmark = pytest.mark.timeout(600)

SERVICE, SITE = "dsi-criminal-record", "hengqin-neighbourhood"


async def api_key(counter: RunningCounter, *arguments: str) -> Any:
    """What `counter api-key …` answers."""
    done = await counter.command("api-key", *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


async def test_a_key_is_made_used_and_revoked(shared_counter: RunningCounter) -> None:
    counter = shared_counter
    before = len(counter.log())
    made = await api_key(counter, "make", "One app", "--scope", "read", "--scope", "book")
    headers = {"Authorization": f"Bearer {made['key']}", "Accept-Language": "en"}
    day = (datetime.now(UTC) + timedelta(hours=8, days=4)).date().isoformat()
    async with aiohttp.ClientSession(counter.address, headers=headers) as program:
        body = {"service": SERVICE, "site": SITE, "day": day, "person": "person-0001"}
        key = {"Idempotency-Key": "request-0001"}
        async with program.post(f"{ROOT}/hold/first", json=body, headers=key) as answer:
            held = await answer.json()
            assert answer.status == 201, held
        reference = held["reference"]
        confirm = {"reference": reference, "name": "Maria Silva", "language": "pt"}
        key = {"Idempotency-Key": "request-0002"}
        url = f"{ROOT}/appointment/confirm"
        async with program.post(url, json=confirm, headers=key) as answer:
            assert (await answer.json())["state"] == "booked"
        for path in ("/console", "/terminal", "/pages/" + "a" * 64):
            async with program.get(path, allow_redirects=False) as answer:
                assert answer.status in (303, 401, 403, 404), path
        (listed,) = (await api_key(counter, "list"))["keys"]
        assert listed["id"] == made["id"]
        assert "key" not in listed
        await api_key(counter, "revoke", made["id"])
        async with program.get(f"{ROOT}/departments") as answer:
            assert answer.status == 401
    said = counter.log()[before:]
    assert reference not in said
    assert made["key"] not in said
    assert "person-0001" not in said
    booked = "SELECT state FROM appointment WHERE reference_sha256 = ?"
    assert counter.facts(booked, reference_sha256(reference)) == [("booked",)]
    assert "ERROR" not in said and "Traceback" not in said
    await counter.audit()
