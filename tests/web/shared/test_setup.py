"""The shared base over HTTP: headers, access, form tokens, languages, errors."""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from counter.errors import NotAllowedNow
from tests.web.conftest import Serve
from tests.web.fakes import SECRET, chance
from web.shared.access import NOBODY, Kind, NoSessions, Principal, allow
from web.shared.pages import render
from web.shared.setup import Base, install

HTML = {"Accept": "text/html"}


class Signed:
    """Sessions that believe a header; for tests only."""

    async def principal(self, request: web.Request) -> Principal:
        match request.headers.get("X-Test-Kind", ""):
            case "terminal":
                return Principal(kind="terminal", subject="t1", bearer=True, language="pt")
            case "agent":
                return Principal(kind="agent", subject="a1", csrf="agents-own-token")
            case "supervisor":
                return Principal(kind="supervisor", subject="s1", csrf="other")
            case _:
                return NOBODY


def app_with(*routes: web.RouteDef, secure: bool = False) -> web.Application:
    app = web.Application()
    base = Base(
        sessions=Signed(),
        random_bytes=chance(),
        secret=SECRET,
        secure=secure,
        origins=("https://counter.example",),
    )
    install(app, base)
    app.add_routes(routes)
    return app


@allow("anyone")
async def page(request: web.Request) -> web.Response:
    return render(request, "shared/refusal.html", heading="A", what_to_do="B", code="c", number="")


@allow("anyone")
async def change(request: web.Request) -> web.Response:
    return web.json_response({"ok": True})


def only(kind: Kind) -> Callable[[web.Request], Awaitable[web.Response]]:
    @allow(kind)
    async def view(request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    return view


def csrf_of(body: str) -> str:
    found = re.search(r'<meta name="csrf" content="([0-9a-f]+)">', body)
    assert found
    return found[1]


async def test_every_answer_has_the_security_headers(serve: Serve) -> None:
    client = await serve(app_with(web.get("/page", page)))
    for path in ("/page", "/nothing", "/static/dist/nothing"):
        answer = await client.get(path, headers=HTML)
        headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "camera=(self)" in headers["Permissions-Policy"]
        assert "Server" not in headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "'unsafe-inline'" not in policy
        assert "wss://counter.example" in policy
        assert "Strict-Transport-Security" not in headers


async def test_the_nonce_is_new_every_time_and_on_every_script(serve: Serve) -> None:
    client = await serve(app_with(web.get("/page", page)))
    seen = set()
    for _ in range(2):
        answer = await client.get("/page")
        nonce = re.search("'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert nonce
        seen.add(nonce[1])
        scripts = re.findall(r"<script[^>]*>", await answer.text())
        assert scripts
        assert all(f'nonce="{nonce[1]}"' in script for script in scripts)
    assert len(seen) == 2


async def test_secure_profile_binds_cookies_and_demands_https(serve: Serve) -> None:
    client = await serve(app_with(web.get("/page", page), secure=True))
    answer = await client.get("/page")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-visitor=")
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


async def test_built_files_are_kept_for_ever(serve: Serve) -> None:
    client = await serve(app_with(web.get("/page", page)))
    body = await (await client.get("/page")).text()
    style = re.search(r'href="(/static/dist/[^"]+\.css)" integrity="sha384-', body)
    assert style
    answer = await client.get(style[1])
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path", ["/static/dist/../../shared/setup.py", "/static/dist/..%2f..%2fshared%2fsetup.py"]
)
async def test_nothing_outside_the_built_files_is_served(serve: Serve, path: str) -> None:
    client = await serve(app_with())
    assert (await client.get(path)).status == 404


async def test_a_route_that_says_nothing_stops_the_start(serve: Serve) -> None:
    async def silent(request: web.Request) -> web.Response:
        return web.Response()

    with pytest.raises(RuntimeError, match=r"GET /silent"):
        await serve(app_with(web.get("/silent", silent)))


@pytest.mark.parametrize(
    ("route", "who", "status"),
    [
        ("terminal", "", 401),
        ("terminal", "terminal", 200),
        ("terminal", "agent", 403),
        ("agent", "agent", 200),
        ("agent", "supervisor", 200),
        ("agent", "terminal", 403),
        ("supervisor", "agent", 403),
        ("anyone", "", 200),
    ],
)
async def test_only_who_may_gets_in(serve: Serve, route: Kind, who: str, status: int) -> None:
    client = await serve(app_with(web.get("/x", only(route))))
    answer = await client.get("/x", headers={"X-Test-Kind": who})
    assert answer.status == status


async def test_a_form_of_ours_is_taken(serve: Serve) -> None:
    client = await serve(app_with(web.get("/page", page), web.post("/change", change)))
    token = csrf_of(await (await client.get("/page")).text())
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    assert (await client.post("/change", data={"csrf": token}, headers=own)).status == 200
    own |= {"X-CSRF": token}
    assert (await client.post("/change", json={}, headers=own)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null"},
        {},
    ],
)
async def test_a_form_from_elsewhere_is_refused_even_with_the_token(
    serve: Serve, headers: dict[str, str]
) -> None:
    client = await serve(app_with(web.get("/page", page), web.post("/change", change)))
    token = csrf_of(await (await client.get("/page")).text())
    answer = await client.post("/change", data={"csrf": token}, headers={**headers, **HTML})
    assert answer.status == 403
    assert "foreign_form" in await answer.text()


@pytest.mark.parametrize("token", ["", "0" * 64, "agents-own-token"])
async def test_a_wrong_token_is_refused(serve: Serve, token: str) -> None:
    client = await serve(app_with(web.get("/page", page), web.post("/change", change)))
    await client.get("/page")
    own = {"Sec-Fetch-Site": "same-origin"}
    assert (await client.post("/change", data={"csrf": token}, headers=own)).status == 403


async def test_a_wrong_token_in_the_header_is_refused_before_the_form_is_read(serve: Serve) -> None:
    client = await serve(app_with(web.post("/change", change)))
    broken = "multipart/form-data; boundary=b"
    own = {"X-Test-Kind": "agent", "Sec-Fetch-Site": "same-origin", "Content-Type": broken}
    for token, status in (("wrong", 403), ("\udcff", 403), ("agents-own-token", 400)):
        headers = {**own, "X-CSRF": token}
        assert (await client.post("/change", data=b"no form", headers=headers)).status == status


async def test_a_session_has_its_own_token_and_a_bearer_needs_none(serve: Serve) -> None:
    client = await serve(app_with(web.post("/change", change)))
    agent = {"X-Test-Kind": "agent", "Sec-Fetch-Site": "same-origin"}
    given = {**agent, "X-CSRF": "agents-own-token"}
    assert (await client.post("/change", headers=agent)).status == 403
    assert (await client.post("/change", headers=given)).status == 200
    assert (await client.post("/change", headers={"X-Test-Kind": "terminal"})).status == 200


async def test_a_chosen_language_is_kept_and_the_page_stays(serve: Serve) -> None:
    client = await serve(app_with(web.get("/page", page)))
    answer = await client.get("/page?day=3&lang=zh_Hans")
    assert answer.url.path_qs == "/page?day=3"
    assert '<html lang="zh-Hans">' in await answer.text()
    assert answer.headers["Content-Language"] == "zh-Hans"


async def test_the_language_link_leads_nowhere_else(serve: Serve) -> None:
    client = await serve(app_with())
    # By hand: a client library would take such an address for another host.
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"GET //evil.example/?lang=pt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = (await reader.read()).decode()
    writer.close()
    places = re.findall(r"^Location: (.*)\r$", answer, re.M)
    assert places == ["/evil.example/"]


async def test_the_devices_language_counts_until_somebody_chooses(serve: Serve) -> None:
    client = await serve(app_with(web.get("/page", page)))
    terminal = {"X-Test-Kind": "terminal"}
    assert '<html lang="pt">' in await (await client.get("/page", headers=terminal)).text()
    await client.get("/page?lang=en", headers=terminal)
    assert '<html lang="en">' in await (await client.get("/page", headers=terminal)).text()


async def test_a_refusal_is_a_page_for_people_and_a_code_for_scripts(serve: Serve) -> None:
    @allow("anyone")
    async def refuse(request: web.Request) -> web.Response:
        raise NotAllowedNow("call c-1 is ringing")

    client = await serve(app_with(web.get("/x", refuse)))
    body = await (await client.get("/x", headers=HTML)).text()
    assert "This step is not possible right now" in body
    assert "not_allowed_now" in body
    assert "c-1" not in body
    answer = await client.get("/x", headers={"Accept": "application/json"})
    assert answer.status == 409
    assert await answer.json() == {"ok": False, "code": "not_allowed_now"}


async def test_a_fault_shows_no_inside_and_is_logged(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    @allow("anyone")
    async def fault(request: web.Request) -> web.Response:
        raise KeyError("SELECT secret FROM table")

    client = await serve(app_with(web.get("/x", fault)))
    with caplog.at_level(logging.ERROR, "web"):
        answer = await client.get("/x", headers=HTML)
    body = await answer.text()
    assert answer.status == 500
    assert "SELECT" not in body
    assert "KeyError" not in body
    assert "Something went wrong on our side" in body
    assert any(record.exc_info for record in caplog.records)


async def test_data_for_scripts_cannot_end_its_block(serve: Serve) -> None:
    from web.shared.pages import data_block

    block = str(data_block("d", {"name": "</script><b>\u2028"}, "n"))
    assert block.count("</script>") == 1
    inside = block[block.index(">") + 1 : block.rindex("</script>")]
    assert json.loads(inside) == {"name": "</script><b>\u2028"}


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        install(
            web.Application(),
            Base(sessions=NoSessions(), random_bytes=chance(), secret=b"short"),
        )
