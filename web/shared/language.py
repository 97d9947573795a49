"""The language of one request: chosen by the person, else the device's, else the browser's.

`?lang=pt` on any page keeps the choice in a cookie and goes back to the same page without it, so
changing the language never loses the step, and works without JavaScript.
"""

from dataclasses import dataclass

from aiohttp import web

from web.shared.access import Handler, principal_of
from web.shared.i18n import DEFAULT, LANGUAGES, negotiate

COOKIE = "language"
COOKIE_LIFE_S = 180 * 24 * 3600
PROGRAMS = "/api/"
"Below it programs ask: no cookie counts there, and none is given."


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageRule:
    """What the choice depends on."""

    default: str = DEFAULT
    secure: bool = True


LANGUAGE_RULE = web.AppKey("language_rule", LanguageRule)


def language_of(request: web.Request) -> str:
    """One of `LANGUAGES`."""
    chosen = None if request.path.startswith(PROGRAMS) else request.cookies.get(COOKIE)
    return negotiate(
        chosen,
        principal_of(request).language,
        request.headers.get("Accept-Language", ""),
        request.config_dict[LANGUAGE_RULE].default,
    )


@web.middleware
async def choose(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer `?lang=` before the page is made."""
    wanted = request.query.get("lang")
    of_program = request.path.startswith(PROGRAMS)
    if request.method != "GET" or wanted not in LANGUAGES or of_program:
        return await handler(request)
    rest = [(name, value) for name, value in request.query.items() if name != "lang"]
    # Path only, and never "//host": the redirect cannot leave this site.
    place = "/" + request.rel_url.with_query(rest).raw_path_qs.lstrip("/")
    answer = web.HTTPSeeOther(place)
    answer.set_cookie(
        COOKIE,
        wanted,
        max_age=COOKIE_LIFE_S,
        secure=request.config_dict[LANGUAGE_RULE].secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    raise answer
