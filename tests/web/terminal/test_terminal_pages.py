"""The kiosk over HTTP: who sees what, and photographs going up."""

import hashlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiohttp import ClientSession

from tests.web import drawn, terminal_screens
from tests.web.fake_counter import FakeCounter
from tools import texts
from web.shared.live_page import words_of

TERMINAL = {"terminal": "yes"}
CSRF = "t" * 32


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        yield made


def block(html: str, name: str) -> Any:
    found = re.search(rf'<script type="application/json" id="{name}"[^>]*>(.*?)</script>', html)
    assert found is not None
    return json.loads(found[1])


async def test_the_page_embeds_the_screen_of_now(counter: FakeCounter) -> None:
    counter.screens["/terminal"] = terminal_screens.terminal(
        "waiting", ticket=terminal_screens.ticket("zh-Hant")
    )
    async with ClientSession(cookies=TERMINAL) as browser:
        answer = await browser.get(f"{counter.url}/terminal")
        html = await answer.text()
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert block(html, "screen")["ticket"]["number"] == "A013"
    assert block(html, "config")["qr_wasm"].endswith(".wasm")


async def test_a_machine_that_is_not_enrolled_is_told_how(counter: FakeCounter) -> None:
    async with ClientSession() as browser:
        answer = await browser.get(f"{counter.url}/terminal")
        html = await answer.text()
    assert answer.status == 403
    assert "/terminal/start#…" in html
    assert 'id="screen"' not in html


@pytest.mark.parametrize("face", ["terminal", "console"])
@pytest.mark.parametrize("tag", ["zh-Hant", "zh-Hans", "pt"])
def test_a_live_page_carries_every_text_its_scripts_say(face: str, tag: str) -> None:
    scripted = {
        text
        for path in (texts.WEB / face).rglob("*.ts*")
        for _, _, text, _ in texts._script(path, path.name)
        if isinstance(text, str)
    }
    assert len(scripted) > 20
    assert scripted - set(cast(dict[str, str], words_of(face)[tag]["texts"])) == set()


async def test_enrolment_gives_the_device_its_cookie_and_a_wrong_token_none(
    counter: FakeCounter,
) -> None:
    async with ClientSession() as browser:
        start = await browser.get(f"{counter.url}/terminal/start")
        csrf = re.search(r'data-csrf="([^"]+)"', await start.text())
        assert csrf is not None
        headers = {"X-CSRF": csrf[1], "Origin": counter.url}
        # The client keeps no cookie of an address by number: it is sent along by hand.
        cookies = {name: morsel.value for name, morsel in start.cookies.items()}
        for token, status in (("wrong", 400), ("right", 200)):
            answer = await browser.post(
                f"{counter.url}/terminal/enrol",
                json={"token": token},
                headers=headers,
                cookies=cookies,
            )
            assert answer.status == status
            assert ("terminal" in answer.cookies) == (status == 200)
            for cookie in answer.cookies.values():
                assert cookie["httponly"] and cookie["samesite"] == "Strict"


async def test_goodbye_clears_what_a_visit_left_and_keeps_the_device(counter: FakeCounter) -> None:
    async with ClientSession(cookies=TERMINAL) as browser:
        answer = await browser.get(f"{counter.url}/terminal/goodbye")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.headers["Refresh"] == "0; url=/terminal"


def put_headers(counter: FakeCounter, sha256: str) -> dict[str, str]:
    return {
        "X-CSRF": CSRF,
        "Origin": counter.url,
        "Content-Type": "image/jpeg",
        "X-Digest-SHA256": sha256,
    }


async def test_a_photograph_arrives_as_it_was_announced(counter: FakeCounter) -> None:
    body = b"\xff\xd8 a picture"
    async with ClientSession(cookies=TERMINAL) as browser:
        answer = await browser.put(
            f"{counter.url}/terminal/pages/scan-1",
            data=body,
            headers=put_headers(counter, hashlib.sha256(body).hexdigest()),
        )
        assert (answer.status, await answer.json()) == (200, {"ok": True})
    assert counter.photographs == [body]


async def test_a_photograph_that_changed_on_its_way_is_not_taken_in(counter: FakeCounter) -> None:
    async with ClientSession(cookies=TERMINAL) as browser:
        answer = await browser.put(
            f"{counter.url}/terminal/pages/scan-1",
            data=b"something else",
            headers=put_headers(counter, "0" * 64),
        )
        assert (await answer.json())["code"] == "digest_mismatch"
    assert counter.photographs == []


async def test_more_than_the_limit_is_not_taken_in(counter: FakeCounter) -> None:
    async with ClientSession(cookies=TERMINAL) as browser:
        answer = await browser.put(
            f"{counter.url}/terminal/pages/scan-1",
            data=b"0" * (16 * 1024 * 1024 + 1),
            headers=put_headers(counter, "0" * 64),
        )
        assert (answer.status, (await answer.json())["code"]) == (413, "image_too_large")
    assert counter.photographs == []


async def test_a_refused_photograph_answers_its_code(counter: FakeCounter) -> None:
    counter.refuse_photographs = ["page_blurred"]
    body = b"blurred"
    async with ClientSession(cookies=TERMINAL) as browser:
        answer = await browser.put(
            f"{counter.url}/terminal/pages/scan-1",
            data=body,
            headers=put_headers(counter, hashlib.sha256(body).hexdigest()),
        )
        assert (await answer.json()) == {"ok": False, "code": "page_blurred"}


@pytest.mark.parametrize("kind", ["pages", "sheets"])
async def test_a_picture_is_sent_once_and_its_reader_asked_about_each_time(
    counter: FakeCounter, kind: str
) -> None:
    address = f"{counter.url}/{kind}/{drawn.FIRST}"
    async with ClientSession(cookies=TERMINAL) as browser:
        answer = await browser.get(address)
        assert await answer.read() == drawn.PAPERS[drawn.FIRST]
        assert answer.headers["Cache-Control"] == "private, no-cache"
        has_it = {"If-None-Match": answer.headers["ETag"]}
        asked = len(counter.served)
        again = await browser.get(address, headers=has_it)
        assert (again.status, await again.read()) == (304, b"")
        assert again.headers["Cache-Control"] == "private, no-cache"
        assert again.headers["ETag"] == answer.headers["ETag"]
        assert len(counter.served) == asked + 1, "whose it is was looked up once more"
        other = await browser.get(address, headers={"If-None-Match": f'"{"0" * 64}"'})
        assert (other.status, await other.read()) == (200, drawn.PAPERS[drawn.FIRST])
        missing = await browser.get(f"{counter.url}/{kind}/{'0' * 64}")
    assert missing.status == 404


@pytest.mark.parametrize("kind", ["pages", "sheets"])
async def test_a_picture_that_is_nobodys_any_more_is_not_confirmed_to_who_has_it(
    counter: FakeCounter, kind: str
) -> None:
    of_another = "0" * 64
    asked = f"{counter.url}/{kind}/{of_another}", {"If-None-Match": f'"{of_another}"'}
    async with ClientSession(cookies=TERMINAL) as browser:
        assert (await browser.get(asked[0], headers=asked[1])).status == 404
    async with ClientSession() as stranger:
        assert (await stranger.get(asked[0], headers=asked[1])).status == 401


async def test_a_document_is_kept_by_no_browser(counter: FakeCounter) -> None:
    async with ClientSession(cookies=TERMINAL) as browser:
        answer = await browser.get(f"{counter.url}/documents/{drawn.DOCUMENT}")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("path", ["/pages/", "/sheets/", "/documents/"])
async def test_papers_are_for_terminals_and_agents_only(counter: FakeCounter, path: str) -> None:
    async with ClientSession() as browser:
        answer = await browser.get(f"{counter.url}{path}{drawn.FIRST}")
    assert answer.status == 401


async def test_a_preview_is_answered_with_where_the_page_is(counter: FakeCounter) -> None:
    counter.preview = {"corners": [[0.1, 0.1]] * 4, "advice": "page_finger"}
    async with ClientSession(cookies=TERMINAL) as browser:
        answer = await browser.post(
            f"{counter.url}/terminal/previews/scan-1",
            data=b"\xff\xd8 small",
            headers=put_headers(counter, "") | {"X-Finer": "8.333"},
        )
        assert (answer.status, await answer.json()) == (200, counter.preview)
        assert answer.headers["Cache-Control"] == "no-store"
    assert counter.previews == [(b"\xff\xd8 small", 8.333)]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"0" * (128 * 1024 + 1), {}, 413),
        (b"small", {"X-Finer": "many"}, 400),
        (b"small", {"X-Finer": "nan"}, 400),
        (b"small", {"X-Finer": "0"}, 400),
        (b"small", {"X-CSRF": "wrong"}, 403),
    ],
)
async def test_what_is_no_preview_is_not_looked_at(
    counter: FakeCounter, body: bytes, headers: dict[str, str], status: int
) -> None:
    async with ClientSession(cookies=TERMINAL) as browser:
        answer = await browser.post(
            f"{counter.url}/terminal/previews/scan-1",
            data=body,
            headers=put_headers(counter, "") | headers,
        )
    assert answer.status == status
    assert counter.previews == []


async def test_only_a_terminal_has_previews(counter: FakeCounter) -> None:
    async with ClientSession() as browser:
        answer = await browser.post(
            f"{counter.url}/terminal/previews/scan-1", data=b"", headers=put_headers(counter, "")
        )
    assert answer.status in (401, 403)
    assert counter.previews == []
