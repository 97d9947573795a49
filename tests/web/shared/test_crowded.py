"""Who comes when too many wait: told when to come back, on a page that does so by itself."""

import pytest
from aiohttp import web

from counter.errors import Crowded
from tests.web.conftest import Client, Clock, Serve
from tests.web.fakes import FakeBooking, citizen_app
from web.shared.access import allow
from web.shared.csrf import keep_visitor
from web.shared.csrf import token as token_of

HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def client(serve: Serve, clock: Clock) -> Client:
    @allow("anyone")
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="a form")

    @allow("anyone")
    async def full(request: web.Request) -> web.Response:
        raise Crowded("2000 commands wait for the store", 6)

    app = citizen_app(FakeBooking(), clock)
    app.add_routes([web.get("/form", page), web.post("/form", full), web.post("/only", full)])
    app.add_routes([web.get("/token", token)])
    return await serve(app)


@allow("anyone")
async def token(request: web.Request) -> web.Response:
    answer = web.Response(text=token_of(request))
    keep_visitor(request, answer)
    return answer


@pytest.mark.parametrize(
    "path, again", [("/form?day=1", "6; url=/form?day=1"), ("/only", "6; url=/")]
)
async def test_a_person_sees_what_happens_and_the_page_tries_again(
    client: Client, path: str, again: str
) -> None:
    csrf = await (await client.get("/token")).text()
    answer = await client.post(path, data={"csrf": csrf}, headers=HTML)
    body = await answer.text()
    assert (answer.status, answer.headers["Retry-After"]) == (429, "6")
    assert answer.headers["Refresh"] == again
    assert "Very many people are using the service right now" in body
    assert "tries again by itself" in body and "Try again now" in body


async def test_a_program_gets_the_code_and_the_seconds(client: Client) -> None:
    csrf = await (await client.get("/token")).text()
    headers = {**HTML, "Accept": "application/json", "X-CSRF": csrf}
    answer = await client.post("/form", headers=headers)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "6")
    assert await answer.json() == {"ok": False, "code": "busy"}
    assert "Refresh" not in answer.headers
