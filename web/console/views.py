"""The agent's pages: signing in, the console's one document, signing out.

Promise: whoever is not signed in sees the sign-in page and nothing else; a wrong name and a wrong
passphrase are answered alike.
"""

from aiohttp import web

from counter.errors import Refusal
from web.console.ports import ConsoleDeps
from web.shared.access import allow, principal_of
from web.shared.csrf import token
from web.shared.i18n import TAGS
from web.shared.language import language_of
from web.shared.live_page import set_cookie, words_of
from web.shared.pages import render
from web.shared.refusals import explain
from web.shared.wording import screen_language

AGENTS = ("agent", "supervisor")


def routes(deps: ConsoleDeps) -> list[web.RouteDef]:
    """`/console` and what belongs to it."""

    @allow("anyone")
    async def console(request: web.Request) -> web.Response:
        principal = principal_of(request)
        if principal.kind not in AGENTS:
            raise web.HTTPSeeOther("/console/sign-in")
        screen = await deps.counter.screen(principal.subject, screen_language(language_of(request)))
        return render(
            request,
            "console/console.html",
            screen=screen.model_dump(mode="json"),
            words=words_of("console"),
            config={"csrf": token(request), "language": TAGS[language_of(request)]},
        )

    @allow("anyone")
    async def sign_in_page(request: web.Request) -> web.Response:
        if principal_of(request).kind in AGENTS:
            raise web.HTTPSeeOther("/console")
        return render(request, "console/sign_in.html", errors=[], name="")

    @allow("anyone")
    async def sign_in(request: web.Request) -> web.Response:
        form = await request.post()
        name, passphrase = str(form.get("name", "")).strip(), str(form.get("passphrase", ""))
        try:
            cookie = await deps.counter.sign_in(name[:100], passphrase[:200])
        except Refusal as refused:
            title, what_to_do = explain(refused.code, language_of(request))
            errors = [{"text": f"{title}. {what_to_do}", "href": "#name"}]
            return render(
                request,
                "console/sign_in.html",
                errors=errors,
                name=name[:100],
                status=refused.status,
            )
        response = web.HTTPSeeOther("/console")
        set_cookie(request, response, cookie)
        raise response

    @allow("anyone")
    async def sign_out(request: web.Request) -> web.Response:
        response = web.HTTPSeeOther("/console/sign-in")
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        if principal_of(request).kind in AGENTS:
            set_cookie(request, response, await deps.counter.sign_out(principal_of(request)))
        raise response

    return [
        web.get("/console", console),
        web.get("/console/sign-in", sign_in_page),
        web.post("/console/sign-in", sign_in),
        web.post("/console/sign-out", sign_out),
    ]
