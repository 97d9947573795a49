"""The agent's pages over HTTP: signing in, and what nobody else may see."""

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from tests.web import drawn
from tests.web.fake_counter import FakeCounter

AGENT = {"agent": "yes"}


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        yield made


async def sign_in(browser: ClientSession, counter: FakeCounter, passphrase: str) -> tuple[int, str]:
    """The status and page of trying to sign in; the cookie is in the browser's answer."""
    page = await browser.get(f"{counter.url}/console/sign-in")
    csrf = re.search(r'name="csrf" value="([^"]+)"', await page.text())
    assert csrf is not None
    answer = await browser.post(
        f"{counter.url}/console/sign-in",
        data={"csrf": csrf[1], "name": "mei.chan", "passphrase": passphrase},
        headers={"Origin": counter.url},
        cookies={name: morsel.value for name, morsel in page.cookies.items()},
        allow_redirects=False,
    )
    return answer.status, str(answer.cookies.get("agent", "")) or await answer.text()


async def test_whoever_is_not_signed_in_comes_to_the_sign_in_page(counter: FakeCounter) -> None:
    async with ClientSession() as browser:
        answer = await browser.get(f"{counter.url}/console", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/console/sign-in")


async def test_the_right_passphrase_opens_the_console(counter: FakeCounter) -> None:
    async with ClientSession() as browser:
        status, cookie = await sign_in(browser, counter, "correct horse")
    assert status == 303
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie


async def test_the_wrong_one_says_so_keeps_the_name_and_never_the_passphrase(
    counter: FakeCounter,
) -> None:
    async with ClientSession() as browser:
        status, page = await sign_in(browser, counter, "wrong horse")
    assert status == 403
    assert 'value="mei.chan"' in page
    assert "wrong horse" not in page
    assert "govuk-error-summary" in page


async def test_signing_out_removes_the_cookie_and_what_the_browser_kept(
    counter: FakeCounter,
) -> None:
    async with ClientSession(cookies=AGENT) as browser:
        answer = await browser.post(
            f"{counter.url}/console/sign-out",
            data={"csrf": "c" * 32},
            headers={"Origin": counter.url},
            allow_redirects=False,
        )
    assert answer.status == 303
    assert answer.cookies["agent"].value == ""
    assert "storage" in answer.headers["Clear-Site-Data"]


async def test_a_signed_document_is_handed_out_as_a_file(counter: FakeCounter) -> None:
    async with ClientSession(cookies=AGENT) as browser:
        answer = await browser.get(f"{counter.url}/documents/{drawn.DOCUMENT}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="3fa9c1.pdf"'
    assert answer.content_type == "application/pdf"


async def test_a_terminal_is_not_an_agent(counter: FakeCounter) -> None:
    async with ClientSession(cookies={"terminal": "yes"}) as browser:
        answer = await browser.get(f"{counter.url}/console", allow_redirects=False)
    assert answer.status == 303
