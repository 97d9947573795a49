"""A refusal as programs are told it: `application/problem+json` (RFC 9457).

`code` is stable and what a program looks at; `title` and `detail` say what happened and what to do
next in the language of Accept-Language.  What was sent is never repeated.
"""

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from web.shared.i18n import TAGS
from web.shared.language import language_of
from web.shared.refusals import explain

CONTENT_TYPE = "application/problem+json"
TYPE = "urn:problem-type:counter:"
"Before a code; the type of a problem is a name, not a page."

_OTHER_WORDS = {"not_signed_in": "api_key_unknown", "page_not_found": "no_such_call"}
"A program neither signs in nor opens pages."


class Problem(BaseModel):
    """Why nothing was done."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    type: str
    """`urn:problem-type:counter:` and the code."""
    title: str
    """What happened, in the language of Accept-Language."""
    status: int
    """The status of the answer, once more."""
    detail: str
    """What to do next, in the same language."""
    code: str
    """Stable; for programs."""
    fields: list[str] | None = None
    """Of what was sent, the names of what cannot be taken."""
    start: datetime | None = None
    """The instant that the refusal is about, such as that of a slot that is free."""
    until: datetime | None = None
    """Until when it could have been done."""
    reason: str | None = None
    """Of a closed day, why; as in what is available."""


def problem(
    request: web.Request, code: str, status: int, fault: Exception | None = None
) -> web.Response:
    """The answer.  fault: what it came from, for the facts that it may tell."""
    code = _OTHER_WORDS.get(code, code)
    language = language_of(request)
    title, what_to_do = explain(code, language)
    start, until = getattr(fault, "start", None), getattr(fault, "until", None)
    reason = getattr(getattr(fault, "reason", None), "code", None)
    said = Problem(
        type=f"{TYPE}{code}",
        title=title,
        status=status,
        detail=what_to_do,
        code=code,
        fields=list(getattr(fault, "fields", ())) or None,
        start=start if isinstance(start, datetime) else None,
        until=until if isinstance(until, datetime) else None,
        reason=None if reason is None else str(reason),
    )
    answer = web.Response(body=said.model_dump_json(exclude_none=True).encode(), status=status)
    answer.headers["Content-Type"] = CONTENT_TYPE
    answer.headers["Content-Language"] = TAGS[language]
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
