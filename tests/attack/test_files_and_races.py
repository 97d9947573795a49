"""Files that are not photographs, and things that happen at the same moment."""

import asyncio
import hashlib
import struct
import zlib
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from counter.app.demo import ANSWERS
from counter.documents.sample_page import sample_photograph
from counter.terminal.script import ink
from tests.attack.conftest import Attacker, Page, done_without, look_at

pytestmark = [pytest.mark.pairs, pytest.mark.timeout(600)]

TERMINAL, OTHER = "hengqin-centre-1", "hengqin-centre-2"
PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def hostile(photograph: bytes) -> dict[str, tuple[bytes, set[str]]]:
    """By name: the bytes, and the refusals that fit."""
    not_one = {"not_an_image"}
    damaged = {"image_damaged", "no_page_found", "page_cut_off", "scan_failed", "page_blank"}
    return {
        "nothing": (b"", not_one),
        "text": (b"hello", not_one),
        "pdf": (b"%PDF-1.7\n" + photograph, not_one),
        "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', not_one),
        "heic": (b"\0\0\0\x18ftypheic" + b"\0" * 64, not_one),
        "gif": (b"GIF89a" + b"\0" * 64, not_one),
        "zip": (b"PK\x03\x04" + b"\0" * 64, not_one),
        "tiff": (b"II*\0" + b"\0" * 64, not_one),
        "half a jpeg": (photograph[: len(photograph) // 3], damaged),
        "a jpeg's beginning": (photograph[:3], damaged),
        "jpeg and zeros": (photograph[:400] + b"\0" * 5000, damaged),
        "jpeg of pdf": (b"\xff\xd8\xff\xe0%PDF-1.7", damaged),
        "bomb of pixels": (png(30_000, 30_000, b""), {"image_too_large"}),
        "bomb of zeros": (png(6_000, 6_000, b"\0" * 36_006_000), damaged),
        "png without data": (png(2_000, 2_000, b""), damaged),
        "png that lies": (png(2_000, 2_000, b"\0" * 10), damaged),
        "20 MB": (png(2_000, 2_000, b"") + b"\0" * 20 * 1024 * 1024, {"image_too_large"}),
        "11 MB": (png(2_000, 2_000, b"") + b"\0" * 11 * 1024 * 1024, {"image_too_large"}),
    }


def kept_files(attacker: Attacker) -> set[Path]:
    return {path for path in (attacker.target.data / "blobs").rglob("*") if path.is_file()}


class Visit:
    """A citizen at a terminal, served by lei."""

    def __init__(self, attacker: Attacker, terminal: Page, desk: Page, token: str) -> None:
        self.attacker, self.terminal, self.desk, self._token = attacker, terminal, desk, token

    @classmethod
    async def begun(cls, attacker: Attacker, place: str = TERMINAL) -> "Visit":
        token = await attacker.token("citizen", place)
        terminal = await attacker.page("citizen", place, token)
        desk = await attacker.page("agent", "lei")
        # Ready before there is a ticket: who was left ready would be rung before she can choose.
        await desk.until(lambda screen: screen["presence"] != "offline")
        ready = await desk.ask("presence.choose", presence="ready")
        assert ready["ok"], (ready, desk.screen)
        wished = {"terminal": place, "service": None, "walk_in": True}
        told = await attacker.target.operator("/demo/visit", wished)
        taken = await terminal.ask("ticket.take", service=told["service"])
        assert taken["ok"], taken
        offer = (await desk.until(lambda screen: screen["offer"]))["offer"]
        assert (await desk.ask("offer.accept", pairing_id=offer["pairing_id"]))["ok"]
        await desk.until(lambda screen: screen["case"] and screen["case"]["call"])
        return cls(attacker, terminal, desk, token)

    async def put(self, request_id: str, body: bytes) -> tuple[int, str]:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "X-Digest-SHA256": hashlib.sha256(body).hexdigest(),
        }
        url = f"{self.attacker.target.address}/terminal/pages/{request_id}"
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.put(url, data=body) as answer,
        ):
            return answer.status, str((await answer.json()).get("code", ""))

    async def presented(self, *, page_seen: bool = True) -> dict[str, Any]:
        """A form on the terminal's screen."""
        form = self.desk.screen["case"]["forms"][-1]
        fields = {
            field["name"]: field["value"] or ANSWERS.get(field["name"], "-")
            for field in form["fields"]
            if field["value"] or field["required"]
        }
        assert (await self.desk.ask("form.present", form=form["form"], fields=fields))["ok"]
        card: dict[str, Any] = (await self.terminal.until(lambda s: s["ceremony"]))["ceremony"]
        for sheet in card["sheets"] if page_seen else ():
            await look_at(self.terminal, card["ceremony_id"], sheet["number"])
        return card

    async def over(self) -> None:
        await self.desk.ask(
            "case.close", outcome="completed", papers=done_without(self.desk.screen)
        )
        assert (await self.terminal.ask("visit.leave"))["ok"]
        await self.terminal.until(lambda screen: screen["stage"] == "attract")


async def test_what_is_no_photograph_is_refused_and_the_next_one_is_taken(
    attacker: Attacker,
) -> None:
    visit = await Visit.begun(attacker)
    asked = (await visit.desk.ask("scan.request", item="other"))["request_id"]
    photograph = await asyncio.to_thread(sample_photograph, 1)
    kept = kept_files(attacker)
    for name, (body, fits) in (await asyncio.to_thread(hostile, photograph)).items():
        status, code = await visit.put(asked, body)
        assert 400 <= status < 600, name
        assert code in fits, f"{name}: {code}"
    assert kept_files(attacker) == kept, "a refused file was kept"
    assert await visit.put(asked, photograph) == (200, "")
    await visit.over()


async def test_one_reference_arrives_at_one_of_two_terminals(attacker: Attacker) -> None:
    pages = [await attacker.page("citizen", place) for place in (TERMINAL, OTHER)]
    wished = {"terminal": TERMINAL, "service": None, "walk_in": False}
    reference = (await attacker.target.operator("/demo/visit", wished))["reference"]
    assert reference, "practice mode has a time that begins now"
    for page in pages:
        assert (await page.ask("appointment.find", reference=reference))["ok"]
        await page.until(lambda screen: screen["stage"] == "confirm")
    said = await asyncio.gather(*(page.ask("arrival.confirm") for page in pages for _ in range(2)))
    assert sum(one["ok"] for one in said) == 1
    assert {one["code"] for one in said if not one["ok"]} <= {"reference_used", "not_allowed_now"}
    for page in pages:
        assert (await page.ask("visit.leave"))["ok"]


async def test_a_case_that_is_closed_while_a_form_is_drawn_or_sealed(attacker: Attacker) -> None:
    visit = await Visit.begun(attacker)
    card = await visit.presented()
    this = {"ceremony_id": card["ceremony_id"], "sha256": card["sha256"]}
    agreed = {**this, "text_sha256": card["agreement"]["sha256"]}
    assert (await visit.terminal.ask("ceremony.consent", **agreed))["ok"]
    signing = asyncio.create_task(visit.terminal.ask("ceremony.sign", **this, strokes=ink()))
    await visit.desk.until(
        lambda screen: screen["case"]["ceremonies"][0]["state"] in ("signing", "sealed")
    )
    await visit.over()
    # The citizen has signed: the document is sealed, whoever has left.
    assert (await signing)["ok"]
    of_this = "select state from ceremony where id = ?"
    assert attacker.target.facts(of_this, card["ceremony_id"]) == [("sealed",)]

    visit = await Visit.begun(attacker, OTHER)
    case = visit.desk.screen["case"]
    form = case["forms"][-1]
    fields = {
        field["name"]: field["value"] or ANSWERS.get(field["name"], "-")
        for field in form["fields"]
        if field["value"] or field["required"]
    }
    drawing = asyncio.create_task(visit.desk.ask("form.present", form=form["form"], fields=fields))
    leaving = await visit.terminal.ask("visit.leave")
    assert leaving["ok"]
    answer = await drawing
    of_case = "select state from ceremony where case_id = ?"
    states = {state for (state,) in attacker.target.facts(of_case, case["case_id"])}
    # Drawn too late, it is taken back; drawn sooner than he left, he has abandoned it.
    assert states <= {"withdrawn", "abandoned"}, answer
    assert (await visit.terminal.until(lambda s: s["stage"] == "attract"))["ceremony"] is None
    assert "ERROR" not in attacker.target.log()
