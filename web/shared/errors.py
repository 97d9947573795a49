"""Every refusal and fault becomes an answer: a page for a person, `{"ok": false}` for a script.

Promise: nobody sees a stack, a path or a library's words; a refusal keeps its stable code; what was
not foreseen is logged with the request's own number and shown as a plain sentence.
"""

import logging

from aiohttp import web

from counter.errors import BadInput, Refusal
from web.shared.access import Handler
from web.shared.headers import nonce_of
from web.shared.language import PROGRAMS, language_of
from web.shared.pages import render
from web.shared.problem import problem
from web.shared.refusals import explain
from web.shared.spoken_path import spoken_path

log = logging.getLogger("web")

_BY_STATUS = {
    400: "bad_input",
    401: "not_signed_in",
    403: "not_allowed",
    404: "page_not_found",
    405: "page_not_found",
    413: "too_large",
    429: "too_many_requests",
    503: "busy",
}


def refusal_code(fault: Exception) -> tuple[str, int] | None:
    """(code, status) when `fault` is a refusal.

    Booking stands alone and has its own base class, so its refusals are known by their shape.
    """
    code, status = getattr(fault, "code", None), getattr(fault, "status", None)
    if isinstance(fault, Refusal) or (isinstance(code, str) and isinstance(status, int)):
        return str(code), int(status or 409)
    return None


def wants_json(request: web.Request) -> bool:
    """Whether a script asked: it says so, or sends JSON, or carries the header of our scripts."""
    return (
        request.content_type == "application/json"
        or "X-CSRF" in request.headers
        or "text/html" not in request.headers.get("Accept", "text/html")
    )


def refuse(
    request: web.Request,
    code: str,
    status: int,
    number: str = "",
    again: tuple[int, str] | None = None,
    fault: Exception | None = None,
) -> web.Response:
    """The answer for a refusal: a page with the sentence, the code as JSON, or a problem.

    number: stands in the log beside the fault, so that a person can quote it.  again: after so
    many seconds the page opens that address by itself, also without JavaScript.  fault: what it
    came from, of which a program is told more.
    """
    if request.path.startswith(PROGRAMS):
        answer = problem(request, code, status, fault)
    elif wants_json(request):
        answer = web.json_response({"ok": False, "code": code}, status=status)
    else:
        title, what_to_do = explain(code, language_of(request))
        answer = render(
            request,
            "shared/refusal.html",
            status=status,
            code=code,
            heading=title,
            what_to_do=what_to_do,
            number=number,
            again=again,
        )
        if again is not None:
            answer.headers["Refresh"] = f"{again[0]}; url={again[1]}"
    if again is not None:
        answer.headers["Retry-After"] = str(again[0])
    return answer


def _again(request: web.Request, fault: Exception) -> tuple[int, str] | None:
    """When and where to try again: the page that the form stood on, else the first page."""
    after_s = getattr(fault, "retry_after_s", None)
    if after_s is None:
        return None
    asked = request.match_info.route.resource
    shown = any(
        route.resource is not None
        and asked is not None
        and route.resource.canonical == asked.canonical
        for route in request.app.router.routes()
        if route.method in ("GET", "*")
    )
    return after_s, request.path_qs if shown else "/"


def _require_text(request: web.Request) -> None:
    """Raises `BadInput` for headers that are not UTF-8.

    Read as surrogates, they would pass every check and fail where something is first encoded.
    """
    for name, value in request.raw_headers:
        try:
            value.decode()
        except UnicodeDecodeError as broken:
            raise BadInput(f"a header {name[:40]!r} that is no text") from broken


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost middleware."""
    try:
        _require_text(request)
        return await handler(request)
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        refused = refuse(request, _BY_STATUS.get(answer.status, "bad_input"), answer.status)
        if isinstance(answer, web.HTTPMethodNotAllowed):
            refused.headers["Allow"] = answer.headers["Allow"]
        return refused
    except Exception as fault:
        known = refusal_code(fault)
        if known is not None:
            log.info("%s %s refused: %s", request.method, spoken_path(request.path), fault)
            return refuse(request, *known, again=_again(request, fault), fault=fault)
        # The nonce is random and this answer's own, so its beginning serves as the number.
        number = nonce_of(request)[:8]
        log.exception("%s %s failed (%s)", request.method, spoken_path(request.path), number)
        return refuse(request, "server_fault", 500, number)
