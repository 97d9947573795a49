"""Over https without a configured origin, pages of this very address are ours and no others."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.web.fakes import SECRET, chance
from web.shared.access import Principal, allow
from web.shared.setup import Base, install


class Signed:
    async def principal(self, request: web.Request) -> Principal:
        return Principal(kind="terminal", subject="t-1", csrf="own-token")


@allow("terminal")
async def take(request: web.Request) -> web.Response:
    return web.json_response({"ok": True})


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("{own}", 200),
        ("https://evil.example", 403),
        ("{own}.evil.example", 403),
        ("{own}/", 403),
    ],
)
async def test_a_photograph_of_our_own_page_is_taken(origin: str, status: int) -> None:
    app = web.Application()
    base = Base(sessions=Signed(), random_bytes=chance(), secret=SECRET, secure=True)
    install(app, base)
    app.router.add_put("/photograph", take)
    async with TestClient(TestServer(app)) as client:
        own = f"http://127.0.0.1:{client.port}"
        headers = {
            "Origin": origin.replace("{own}", own),
            "Sec-Fetch-Site": "same-origin",
            "X-CSRF": "own-token",
        }
        answer = await client.put("/photograph", data=b"x", headers=headers)
        assert answer.status == status
