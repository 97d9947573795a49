"""Every ask at every stage of a visit, with ids that are wrong, foreign, or of another time.

Each is answered with ok or with a refusal that pages have a sentence for, never with a fault, and
what belongs to another terminal or another agent is as if there were none.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from counter.app.demo import ANSWERS
from counter.documents.sample_page import sample_photograph
from counter.esign.demands import Acts
from counter.terminal.script import ink
from tests.attack.conftest import Attacker, Page, done_without, look_at
from web.shared.consent_words import agreed_words
from web.shared.refusals import SENTENCES

pytestmark = [pytest.mark.pairs, pytest.mark.timeout(600)]

TERMINAL, OTHER = "hengqin-centre-1", "hengqin-centre-2"
LEI = ("dsi", "fss", "dsaj", "dsf")
SHA256 = "a" * 64

Asks = list[tuple[str, dict[str, Any]]]


def terminal_asks(ids: Mapping[str, str]) -> Asks:
    """What a terminal may say, but for leaving and what goes on with the visit."""
    ceremony = {"ceremony_id": ids.get("ceremony", "none")}
    signed = {**ceremony, "sha256": SHA256}
    agreed = {**signed, "text_sha256": SHA256}
    return [
        *(("screen.open", {"stage": stage}) for stage in ("start", "services", "attract")),
        ("screen.open", {"stage": "services", "department": "none"}),
        ("language.choose", {"language": "en"}),
        ("text_size.choose", {"text_size": "A+"}),
        ("appointment.find", {"reference": "x"}),
        ("arrival.confirm", {}),
        ("ticket.take", {"service": "none"}),
        ("page.seen", {**ceremony, "number": 500}),
        ("page.shown", {**ceremony, "number": 500}),
        ("page.hidden", {"ceremony_id": "none"}),
        ("ceremony.here", {"ceremony_id": "none"}),
        ("ceremony.aloud", {"ceremony_id": "none", "by": "machine", "language": "pt"}),
        ("ceremony.consent", agreed),
        ("ceremony.sign", {**signed, "strokes": ink()}),
        ("ceremony.sign", {**signed, "strokes": [[{"x": 1.0, "y": 1.0, "t_ms": 0.0}]]}),
        ("ceremony.decline", {"ceremony_id": "none"}),
        ("certificate.choose", {**signed, "user": "66123456"}),
        ("certificate.code", {**signed, "code": "123456"}),
        ("certificate.code", {**signed, "code": "123456", "pin": "4711"}),
        ("certificate.send", ceremony),
        ("certificate.another", ceremony),
        ("certificate.leave", ceremony),
        ("scan.decline", {"request_id": "none"}),
        ("shot.take", {"request_id": "none"}),
        ("originals.taken", {}),
        ("identity.agree", {"proofing_id": "none", "agree": True}),
        ("identity.decide", {"proofing_id": "none", "identified": True}),
        ("health.report", {"devices": [{"device": "sound", "state": "broken"}]}),
        ("device.report", {"camera": "good", "microphone": "missing"}),
        ("terminal.beat", {}),
        ("leg.answer", {"leg_id": "none", "sdp": "v=0"}),
        ("case.close", {"outcome": "completed"}),
        ("paper.original", {"item": "bir-original", "seen": True}),
        ("paper.need", {"item": "bir-original", "needed": False}),
        ("form.present", {"form": "none", "fields": {}}),
        *((f"recording.{word}", {"recording_id": "none"}) for word in ("agree", "decline", "stop")),
        ("recording.propose", {}),
    ]


def agent_asks(ids: Mapping[str, str]) -> Asks:
    """What a desk may say, but for what goes on with the visit; and what only a citizen may."""
    return [
        ("offer.accept", {"pairing_id": "none"}),
        ("offer.decline", {"pairing_id": "none"}),
        ("scan.request", {"item": "my own words"}),
        ("scan.request", {"item": "bir-original", "retake": "none"}),
        ("scan.cancel", {"request_id": "none"}),
        ("page.decide", {"page_id": "none", "accept": True}),
        ("page.rotate", {"page_id": "none", "sha256": SHA256, "quarters": 1}),
        ("paper.original", {"item": "my own words", "seen": True}),
        ("hand.show", {"sha256": SHA256}),
        ("hand.crop", {"crop": {"x": 0.9, "y": 0.0, "width": 0.5, "height": 0.5}}),
        ("hands.ask", {}),
        ("hands.stop", {}),
        ("hands.answer", {"allow": True}),
        ("paper.need", {"item": "my own words", "needed": False}),
        ("form.present", {"form": "none", "fields": {}}),
        ("ceremony.withdraw", {"ceremony_id": "none"}),
        ("ceremony.resume", {"ceremony_id": "none"}),
        ("certificate.confirm", {"ceremony_id": "none", "certificate": "ab" * 32, "same": True}),
        ("ceremony.void", {"ceremony_id": "none", "reason": "other"}),
        ("form.correct", {"ceremony_id": "none", "fields": {"purpose": "-"}}),
        ("identity.begin", {"document": "bir"}),
        ("identity.read", {}),
        ("identity.give", {"proofing_id": "none", "step": "face", "verdict": "ok"}),
        ("identity.decide", {"proofing_id": "none", "identified": True}),
        ("identity.abort", {"proofing_id": "none", "reason": "other"}),
        ("identity.second", {"proofing_id": "none", "agree": True}),
        ("identity.agree", {"proofing_id": "none", "agree": True}),
        *(
            (f"recording.{word}", {"recording_id": "none"})
            for word in ("pause", "resume", "stop", "agree")
        ),
        ("desk.beat", {}),
        ("leg.answer", {"leg_id": "none", "sdp": "v=0"}),
        (
            "ceremony.consent",
            {
                "ceremony_id": ids.get("ceremony", "none"),
                "sha256": SHA256,
                "text_sha256": SHA256,
            },
        ),
        (
            "ceremony.sign",
            {"ceremony_id": ids.get("ceremony", "none"), "sha256": SHA256, "strokes": ink()},
        ),
        ("page.seen", {"ceremony_id": ids.get("ceremony", "none"), "number": 1}),
    ]


async def all_of(page: Page, asks: Asks, stage: str) -> None:
    """Say everything; each answer is ok or a refusal that pages have words for."""
    for event, body in asks:
        answer = await page.ask(event, **body)
        code = answer.get("code", "")
        assert answer["ok"] or code in SENTENCES, f"{stage}: {event} was answered {code!r}"


async def refused(page: Page, event: str, **body: Any) -> str:
    answer = await page.ask(event, **body)
    assert not answer["ok"], f"{event} was taken"
    return str(answer["code"])


async def taken(page: Page, event: str, **body: Any) -> dict[str, Any]:
    answer = await page.ask(event, **body)
    assert answer["ok"], f"{event}: {answer}"
    return answer


async def a_service(attacker: Attacker) -> str:
    """A service of a Macau department, whose queue lei serves."""
    visit = {"terminal": TERMINAL, "service": None, "walk_in": True}
    told = await attacker.target.operator("/demo/visit", visit)
    assert told["department"] in LEI, "the seed has changed: choose another desk"
    return str(told["service"])


class Papers:
    """What a session gets to see over HTTP, and the photographs it sends."""

    def __init__(self, attacker: Attacker, token: str) -> None:
        self._address = attacker.target.address
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> int:
        async with (
            aiohttp.ClientSession(headers=self._headers) as http,
            http.get(f"{self._address}{path}") as answer,
        ):
            await answer.read()
            return answer.status

    async def put(self, request_id: str, body: bytes) -> tuple[int, str]:
        headers = {"X-Digest-SHA256": hashlib.sha256(body).hexdigest()}
        async with (
            aiohttp.ClientSession(headers=self._headers) as http,
            http.put(
                f"{self._address}/terminal/pages/{request_id}", data=body, headers=headers
            ) as answer,
        ):
            return answer.status, str((await answer.json()).get("code", ""))


async def test_no_ask_at_any_stage_is_a_fault_and_nothing_foreign_is_reached(
    attacker: Attacker,
) -> None:
    service = await a_service(attacker)
    mine, foreign, desks = (
        await attacker.token("citizen", TERMINAL),
        await attacker.token("citizen", OTHER),
        await attacker.token("agent", "lei"),
    )
    terminal = await attacker.page("citizen", TERMINAL, mine)
    stranger = await attacker.page("citizen", OTHER, foreign)
    desk = await attacker.page("agent", "lei", desks)
    colleague = await attacker.page("agent", "ana")
    theirs, ours, others = (Papers(attacker, one) for one in (foreign, mine, desks))
    unknown = Papers(attacker, await attacker.token("agent", "ana"))

    await asyncio.gather(
        all_of(terminal, terminal_asks({}), "nobody there"),
        all_of(desk, agent_asks({}), "idle"),
    )
    assert await refused(desk, "case.close", outcome="completed") == "not_allowed_now"

    # Waiting, then ringing.
    await taken(terminal, "ticket.take", service=service)
    await taken(stranger, "ticket.take", service=service)
    await terminal.until(lambda screen: screen["stage"] == "waiting")
    await all_of(terminal, terminal_asks({}), "waiting")
    await taken(desk, "presence.choose", presence="ready")
    offer = (await desk.until(lambda screen: screen["offer"]))["offer"]
    await all_of(desk, agent_asks({}), "ringing")
    pairing = {"pairing_id": offer["pairing_id"]}
    assert await refused(colleague, "offer.accept", **pairing) == "not_found"
    assert await refused(colleague, "offer.decline", **pairing) == "not_found"
    twice = await asyncio.gather(*(desk.ask("offer.accept", **pairing) for _ in range(2)))
    assert any(one["ok"] for one in twice)
    case = (await desk.until(lambda screen: screen["case"] and screen["case"]["call"]))["case"]
    await terminal.until(lambda screen: screen["stage"] == "call")

    # In the call: a paper.
    await asyncio.gather(
        all_of(terminal, terminal_asks({}), "call"),
        all_of(desk, agent_asks({}), "call"),
    )
    assert await refused(terminal, "ticket.leave") == "not_allowed_now"
    asked = await taken(desk, "scan.request", item="other")
    request_id = asked["request_id"]
    assert await refused(stranger, "scan.decline", request_id=request_id) == "scan_not_asked"
    assert await refused(colleague, "scan.cancel", request_id=request_id) == "not_allowed_now"
    photograph = await asyncio.to_thread(sample_photograph, 1)
    assert await theirs.put(request_id, photograph) == (409, "scan_not_asked")
    assert await ours.put(request_id, photograph) == (200, "")
    page = (await desk.until(lambda s: s["case"]["pages"]))["case"]["pages"][0]
    await all_of(terminal, terminal_asks({}), "page there")
    about = {"page_id": page["page_id"], "accept": True}
    assert await refused(colleague, "page.decide", **about) == "not_allowed_now"
    decided = await asyncio.gather(*(desk.ask("page.decide", **about) for _ in range(3)))
    assert all(one["ok"] for one in decided)
    assert await refused(desk, "page.decide", **{**about, "accept": False}) == "not_allowed_now"

    # A form: only this citizen reads, agrees and signs, and only what stood on the screen.
    form = case["forms"][-1]
    fields = {
        field["name"]: field["value"] or ANSWERS.get(field["name"], "-")
        for field in form["fields"]
        if field["value"] or field["required"]
    }
    await taken(desk, "form.present", form=form["form"], fields=fields)
    again = await desk.ask("form.present", form=form["form"], fields=fields)
    assert again["code"] == "ceremony_open"
    card = (await terminal.until(lambda screen: screen["ceremony"]))["ceremony"]
    about = {"ceremony_id": card["ceremony_id"]}
    this = {**about, "sha256": card["sha256"]}
    ids = {"ceremony": card["ceremony_id"]}
    await asyncio.gather(
        all_of(terminal, terminal_asks(ids), "presented"),
        all_of(desk, agent_asks(ids), "presented"),
    )
    agreed = {**this, "text_sha256": card["agreement"]["sha256"]}
    # The agent leads, and never holds the pen: not one step of the citizen's is taken from a desk.
    for event, body in (
        ("page.shown", {**about, "number": 1}),
        ("page.seen", {**about, "number": 1}),
        ("ceremony.here", about),
        ("ceremony.consent", agreed),
        ("ceremony.sign", {**this, "strokes": ink()}),
        ("ceremony.decline", {**about, "reason": "think"}),
        ("certificate.choose", {**this, "user": "66123456"}),
        ("certificate.code", {**this, "code": "123456"}),
        ("certificate.send", about),
        ("certificate.another", about),
        ("certificate.leave", about),
    ):
        assert await refused(desk, event, **body) == "bad_input"
    for event, body in (
        ("form.correct", {**about, "fields": {"purpose": "-"}}),
        ("ceremony.resume", about),
        ("certificate.confirm", {**about, "certificate": "ab" * 32, "same": True}),
        ("ceremony.void", {**about, "reason": "other"}),
    ):
        assert await refused(terminal, event, **body) == "bad_input"
    for event, body in (
        ("page.seen", {**about, "number": 1}),
        ("page.shown", {**about, "number": 1}),
        ("ceremony.here", about),
        ("ceremony.consent", agreed),
        ("ceremony.sign", {**this, "strokes": ink()}),
        ("ceremony.decline", about),
    ):
        assert await refused(stranger, event, **body) == "ceremony_unknown"
    assert await refused(colleague, "ceremony.withdraw", **about) == "not_allowed_now"
    assert await refused(terminal, "ceremony.consent", **agreed) == "pages_unseen"
    assert await refused(terminal, "page.seen", **about, number=1) == "page_too_short"
    assert await refused(terminal, "ceremony.sign", **this, strokes=ink()) == "not_allowed_now"
    for sheet in card["sheets"]:
        await look_at(terminal, card["ceremony_id"], sheet["number"])
    wrong = await refused(terminal, "ceremony.consent", **{**agreed, "sha256": SHA256})
    assert wrong == "digest_mismatch"
    sentences: tuple[tuple[Acts, str], ...] = (
        ("handwritten", "pt"),
        ("certificate", terminal.screen["language"]),
    )
    for acts, tag in sentences:
        shown = agreed_words(acts, tag).text_sha256
        other = await refused(terminal, "ceremony.consent", **{**agreed, "text_sha256": shown})
        assert other == "consent_words_changed", "the screen says something else"
    await taken(terminal, "ceremony.consent", **agreed)
    await all_of(terminal, terminal_asks(ids), "consented")
    both = await asyncio.gather(
        *(terminal.ask("ceremony.sign", **this, strokes=ink()) for _ in range(2))
    )
    assert both[0]["ok"], both
    assert both[0] == both[1], "signed twice is signed once"
    sealed = both[0]["sha256"]
    assert (await terminal.ask("ceremony.sign", **this, strokes=ink(1)))["sha256"] == sealed
    assert await refused(desk, "ceremony.withdraw", **about) == "not_allowed_now"
    await all_of(terminal, terminal_asks(ids), "sealed")

    # Papers by their digest, for whose they are and for nobody else.
    paths = [
        f"/pages/{page['sha256']}",
        f"/pages/{page['thumb_sha256']}",
        f"/sheets/{card['sheets'][0]['sha256']}",
        f"/documents/{card['sha256']}",
        f"/documents/{sealed}",
    ]
    for path in paths:
        assert [await one.get(path) for one in (ours, others)] == [200, 200], path
        assert [await one.get(path) for one in (theirs, unknown)] == [404, 404], path
    original = hashlib.sha256(photograph).hexdigest()
    for prefix in ("pages", "sheets", "documents"):
        assert await ours.get(f"/{prefix}/{original}") == 404

    # The end, and what comes after it.
    asked = await taken(desk, "scan.request", item="other")
    ending: dict[str, Any] = {"outcome": "completed", "papers": done_without(desk.screen)}
    closed = await asyncio.gather(*(desk.ask("case.close", **ending) for _ in range(2)))
    assert sorted(one["ok"] for one in closed) == [False, True]
    await terminal.until(lambda screen: screen["stage"] == "receipt")
    assert await ours.put(asked["request_id"], photograph) == (409, "scan_not_asked")
    await asyncio.gather(
        all_of(terminal, terminal_asks(ids), "receipt"),
        all_of(desk, agent_asks(ids), "afterwards"),
    )
    await taken(terminal, "visit.leave")
    await taken(terminal, "visit.leave")
    for path in paths:
        assert await ours.get(path) == 404, "the next citizen must not see it"
    await all_of(terminal, terminal_asks(ids), "left")
    await taken(stranger, "visit.leave")
    assert "ERROR" not in attacker.target.log()
    _, said = await attacker.target.audit()
    assert said.endswith("the chain holds")
