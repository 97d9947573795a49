"""Whether a signed document is sound: for anybody, with the file or with the QR code on the paper.

Promise: the verdict stands first, in one line.  Nothing that is sent is kept, and what one address
sends too often, or too much of, is refused before it has arrived.  Who has a paper's
code sees what the record says of it (who, when, the first digits) and never the document.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from aiohttp import web

from booking.catalogue import Catalogue
from counter.errors import NotFound
from counter.esign.check_service import Checked
from counter.esign.form_refusals import FormUnknown
from counter.esign.forms import Forms
from counter.esign.forms import Language as FormLanguage
from counter.esign.judging import Judgement, has_role
from counter.esign.pdf_refusals import CheckBusy, DocumentHeavy, PdfRefused
from counter.esign.validation import POLICY, Recorded
from web.api.limits import Limits
from web.api.refusals import TooMany
from web.citizen.check_words import (
    DIGITS,
    FOLLOWS,
    REFUSED,
    UNRECORDED,
    ZONE,
    level_word,
    signature_words,
    verdict_words,
)
from web.citizen.uploads import upload
from web.shared.access import Handler, allow
from web.shared.before_body import before_body
from web.shared.client_address import client_of
from web.shared.i18n import N_, TAGS, Words, texts_for
from web.shared.language import language_of
from web.shared.lasting_words import ROLES
from web.shared.pages import render
from web.shared.refusals import explain

ONE = "/c/{reference:[A-Za-z0-9_-]{1,40}}"
CHECKS_PER_S = 3
"Of all visitors together: each takes a process for a fifth of a second."
CHECKS_OF_ONE_PER_S = 1
"Of one address, counted before the file has arrived."
CHECKS_OF_ONE_AT_ONCE = 2
"A file that is made for it keeps the process busy for half a minute."
RESTS_S = 60
"For so long an address whose file used up its time of the processor sends nothing more."
REFERENCES_PER_S = 20
"Of all visitors together; nobody tries 122 bits out."
REFERENCES_OF_ONE_PER_S = 5


class Checks(Protocol):
    """`counter.esign.check_service.CheckService`."""

    async def recorded(self, reference: str) -> Recorded | None: ...

    async def check(self, pdf: bytes, reference: str, now: datetime) -> Checked: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDeps:
    """What `routes` is given by the composition root."""

    checks: Checks
    forms: Forms
    catalogue: Callable[[], Awaitable[Catalogue]]
    now: Callable[[], datetime]
    limits: Limits


def routes(deps: CheckDeps) -> list[web.RouteDef]:
    """`/check`, and `/c/<reference>` of a QR code."""

    @allow("anyone")
    async def ask(request: web.Request) -> web.Response:
        return render(request, "citizen/check_form.html", action="/check", error="", errors=[])

    async def first(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            with upload(request, deps.limits, "checks", CHECKS_OF_ONE_PER_S):
                return await handler(request)
        except TooMany as refused:
            return await _refused(request, deps, None, refused)

    @allow("anyone")
    @before_body(first)
    async def look(request: web.Request) -> web.Response:
        return await _answer(request, deps, "", None)

    async def known(request: web.Request) -> Recorded:
        # One's own first: what is refused to one address takes nothing from the others.
        deps.limits.take("references", REFERENCES_OF_ONE_PER_S, of=client_of(request))
        deps.limits.take("references of all", REFERENCES_PER_S)
        recorded = await deps.checks.recorded(request.match_info["reference"])
        if recorded is None:
            raise NotFound("no finished document has this reference")
        return recorded

    @allow("anyone")
    async def record(request: web.Request) -> web.Response:
        recorded = await known(request)
        said = await _recorded(request, deps, recorded)
        action = f"/c/{request.match_info['reference']}"
        return render(
            request, "citizen/check_record.html", **said, action=action, error="", errors=[]
        )

    @allow("anyone")
    @before_body(first)
    async def compare(request: web.Request) -> web.Response:
        recorded = await known(request)
        return await _answer(request, deps, request.match_info["reference"], recorded)

    return [
        web.get("/check", ask),
        web.post("/check", look),
        web.get(ONE, record),
        web.post(ONE, compare),
    ]


async def _answer(
    request: web.Request, deps: CheckDeps, reference: str, recorded: Recorded | None
) -> web.Response:
    language = language_of(request)
    given = (await request.post()).get("document")
    if not isinstance(given, web.FileField) or not given.filename:
        chosen = texts_for(language).gettext(N_("Choose the PDF that you were given"))
        return await _again(request, deps, recorded, chosen, 422)
    try:
        checked = await _checked(request, deps, given, reference)
    except (PdfRefused, CheckBusy, TooMany) as refused:
        return await _refused(request, deps, recorded, refused)
    finally:
        given.file.close()
    return await _verdict(request, deps, checked)


async def _checked(
    request: web.Request, deps: CheckDeps, given: web.FileField, reference: str
) -> Checked:
    """Raises a `PdfRefused`, `CheckBusy`, and `TooMany` before the file is read."""
    # One's own first: what is refused to one address takes nothing from the others.
    with deps.limits.at_once("checks", CHECKS_OF_ONE_AT_ONCE, of=client_of(request)):
        deps.limits.take("checks of all", CHECKS_PER_S)
        content = await asyncio.to_thread(given.file.read)
        try:
            return await deps.checks.check(content, reference, deps.now())
        except DocumentHeavy:
            deps.limits.rest("checks", CHECKS_OF_ONE_PER_S, RESTS_S, of=client_of(request))
            raise


async def _refused(
    request: web.Request,
    deps: CheckDeps,
    recorded: Recorded | None,
    refused: PdfRefused | CheckBusy | TooMany,
) -> web.Response:
    error = " ".join(explain(refused.code, language_of(request)))
    page = await _again(request, deps, recorded, error, refused.status)
    if isinstance(refused, CheckBusy | TooMany):
        page.headers["Retry-After"] = str(refused.retry_after_s)
    return page


async def _again(
    request: web.Request, deps: CheckDeps, recorded: Recorded | None, error: str, status: int
) -> web.Response:
    """The page that the form stood on, with what is wrong."""
    said = await _recorded(request, deps, recorded) if recorded else {}
    return render(
        request,
        "citizen/check_record.html" if recorded else "citizen/check_form.html",
        **said,
        action=request.path,
        error=error,
        errors=[{"text": error, "href": "#document"}],
        status=status,
    )


async def _verdict(request: web.Request, deps: CheckDeps, checked: Checked) -> web.Response:
    language = language_of(request)
    gettext = texts_for(language).gettext
    verdict, colour, meaning = verdict_words(checked.judgement, checked.recorded, language)
    found, pending = checked.found, ""
    manifest = checked.recorded.manifest if checked.recorded else None
    said = await _recorded(request, deps, checked.recorded) if checked.recorded else {}
    if checked.judgement is Judgement.SOUND and found.level != "B_LTA":
        refused = checked.recorded.not_archived if checked.recorded else ""
        pending = gettext(REFUSED.get(refused, FOLLOWS))
        colour = "yellow" if refused else colour
    report = base64.b64encode(checked.report).decode()
    return render(
        request,
        "citizen/check_result.html",
        verdict=verdict,
        colour=colour,
        meaning=meaning,
        changed=found.changed_after or checked.judgement is Judgement.APPENDED,
        signed=bool(found.signers),
        level=gettext(level_word(found)),
        pending=pending,
        signatures=[
            signature_words(one, language, role=has_role(one, found, manifest))
            for one in found.signatures
        ],
        digits=found.sha256[:DIGITS],
        report=f"data:application/xml;base64,{report}" if report else "",
        policy=POLICY,
        recorded=said,
    )


async def _recorded(request: web.Request, deps: CheckDeps, recorded: Recorded) -> dict[str, Any]:
    """What the record says, in the reader's language."""
    language = language_of(request)
    words, gettext = Words(language), texts_for(language).gettext
    catalogue = await deps.catalogue()
    department = catalogue.departments.get(recorded.department)
    try:
        form = deps.forms.of(recorded.form).title.in_(cast(FormLanguage, TAGS[language]))
    except FormUnknown:
        form = recorded.form
    since = recorded.manifest.voided_at
    verdict, _, meaning = (
        verdict_words(Judgement.VOIDED, recorded, language) if since else ("", "", "")
    )
    return {
        "voided": verdict,
        "voided_meaning": meaning,
        "voided_on": words.day(since.astimezone(ZONE).date()) if since else "",
        "form": form,
        "department": words.pick(department.names) if department else recorded.department,
        "case_number": recorded.case_number,
        "pages": recorded.pages,
        "sealed_at": words.moment(recorded.sealed_at.astimezone(ZONE)),
        "signers": [
            {"role": gettext(ROLES[field]) if field in ROLES else field, "signer": signer}
            for field, signer in recorded.signers
        ],
        "not_recorded": "" if recorded.signers else gettext(UNRECORDED),
        "sha256": " / ".join(
            dict.fromkeys(one[:DIGITS] for one in (recorded.sealed_sha256, recorded.newest_sha256))
        ),
    }
