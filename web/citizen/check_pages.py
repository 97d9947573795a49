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
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.catalogue import Catalogue
from counter.errors import NotFound
from counter.esign.check_service import Checked
from counter.esign.form_refusals import FormUnknown
from counter.esign.forms import Forms
from counter.esign.forms import Language as FormLanguage
from counter.esign.judging import Judgement, has_role
from counter.esign.pdf_refusals import CheckBusy, PdfRefused
from counter.esign.validation import POLICY, Found, Recorded, SignatureFound
from web.api.limits import Limits
from web.api.refusals import TooMany
from web.citizen.uploads import upload
from web.shared.access import Handler, allow
from web.shared.before_body import before_body
from web.shared.client_address import client_of
from web.shared.i18n import N_, TAGS, Words, texts_for
from web.shared.language import language_of
from web.shared.lasting_words import ROLES, revoked_later_words
from web.shared.pages import render
from web.shared.refusals import explain

ONE = "/c/{reference:[A-Za-z0-9_-]{1,40}}"
ZONE = ZoneInfo("Asia/Macau")
"Of Macau and Hengqin alike."
CHECKS_PER_S = 3
"Of all visitors together: each takes a process for a fifth of a second."
CHECKS_OF_ONE_PER_S = 1
"Of one address, counted before the file has arrived."
CHECKS_OF_ONE_AT_ONCE = 2
"A file that is made for it keeps the process busy for half a minute."
REFERENCES_PER_S = 20
"Of all visitors together; nobody tries 122 bits out."
REFERENCES_OF_ONE_PER_S = 5
LONGEST = 120
"Characters of a name in a stranger's file."
DIGITS = 12
"Of a SHA-256: enough to compare by eye."

VERDICTS: dict[Judgement, tuple[str, str, str]] = {
    Judgement.SOUND: (
        N_("Genuine and unchanged"),
        "green",
        N_("This counter gave out exactly this document."),
    ),
    Judgement.BROKEN: (
        N_("Not valid"),
        "red",
        N_("It was changed, or a signature does not hold. Do not rely on it; ask for it again."),
    ),
    Judgement.STRANGE: (
        N_("Not valid"),
        "red",
        N_("Its signatures are not those of our record. Do not rely on it; ask for it again."),
    ),
    Judgement.APPENDED: (
        N_("Not valid"),
        "red",
        N_("Something was added behind the last signature. Use the file as it was given out."),
    ),
    Judgement.VOIDED: (
        N_("Signed, and taken back by the department on %(day)s"),
        "red",
        N_("It was genuine, and does not count any more. Ask the department."),
    ),
    Judgement.UNSIGNED: (
        N_("Not signed"),
        "yellow",
        N_("There is no electronic signature in this file. A scan of a paper has none."),
    ),
    Judgement.UNTRUSTED: (
        N_("Signer not known"),
        "yellow",
        N_("It is unchanged, but nobody whom we trust says who signed it."),
    ),
    Judgement.LAPSED: (
        N_("Too old to prove itself"),
        "yellow",
        N_(
            "It is unchanged, but the certificates of its timestamps have ended, and this counter"
            " did not give out this file."
        ),
    ),
    Judgement.ENDED: (
        N_("Genuine and unchanged"),
        "green",
        N_(
            "This counter gave out exactly this document. The certificates of its timestamps have"
            " ended since; our record goes on proving it."
        ),
    ),
    Judgement.CHANGED: (
        N_("Signed, later changed as the signer allowed"),
        "yellow",
        N_("It is not as it was when it was signed. Compare it with what the signer has."),
    ),
    Judgement.UNKNOWN: (
        N_("Not the document of our record"),
        "yellow",
        N_("Its signatures hold, but this counter did not give out this file."),
    ),
    Judgement.UNCOMPARED: (
        N_("Not compared"),
        "yellow",
        N_("Its signatures hold, but this counter did not give out this file."),
    ),
}
UNRECORDED = N_("Our record does not say who signed it: it is older than that. The file does.")
FOLLOWS = N_("The archive's timestamp follows by itself.")
REFUSED = {
    "certificate_revoked": N_("A certificate in it was revoked. Ask the department."),
    "certificate_expired": N_("A certificate in it has ended. Ask the department."),
    "signature_invalid": N_("The archive did not take it. Ask the department."),
}
"What keeps a document out of the archive, and does not mend itself."
ENDED = N_("It held; the certificate of its timestamp ended on %(day)s.")
LEVEL_ENDED = N_("Signed and timestamped; the timestamps have ended")
LEVEL_UNKNOWN = N_("Signed; nobody whom we trust says when")
IN_FIELD = N_("In the field “%(field)s”")
ISSUER = N_("Certificate issued by: %(issuer)s")
CLAIMED = N_("%(moment)s, as the file says; nobody whom we trust says so")
REVOKED_BEFORE = N_("Its certificate was revoked on %(day)s, before it signed: it does not count.")
LEVELS = {
    "B_B": N_("Signed, without a timestamp"),
    "B_T": N_("Signed and timestamped"),
    "B_LT": N_("Timestamped, with proofs of its certificates"),
    "B_LTA": N_("Kept for the long term"),
}


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
        return await deps.checks.check(content, reference, deps.now())


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
    verdict, colour, meaning = _said(checked.judgement, checked.recorded, language)
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
        level=gettext(_level(found)),
        pending=pending,
        signatures=[
            _signature(one, language, role=has_role(one, found, manifest))
            for one in found.signatures
        ],
        digits=found.sha256[:DIGITS],
        report=f"data:application/xml;base64,{report}" if report else "",
        policy=POLICY,
        recorded=said,
    )


def _said(judgement: Judgement, recorded: Recorded | None, language: str) -> tuple[str, str, str]:
    """The verdict, its colour and what it means."""
    gettext = texts_for(language).gettext
    title, colour, meaning = VERDICTS[judgement]
    verdict = gettext(title)
    since = recorded.manifest.voided_at if recorded else None
    if judgement is Judgement.VOIDED and since is not None:
        verdict %= {"day": Words(language).day(since.astimezone(ZONE).date())}
    return verdict, colour, gettext(meaning)


def _level(found: Found) -> str:
    if any(one.ended for one in found.signatures):
        return LEVEL_ENDED
    return LEVELS[found.level] if found.level_known else LEVEL_UNKNOWN


def _signature(one: SignatureFound, language: str, *, role: bool) -> dict[str, Any]:
    """role: whether the record says that it is what its field is called."""
    gettext, moment = texts_for(language).gettext, Words(language).moment
    if one.kind == "timestamp":
        title = gettext(N_("Timestamp of the archive") if role else N_("Timestamp over the file"))
    elif role:
        title = gettext(ROLES[one.field]) if one.field in ROLES else plain(one.field)
    else:
        title = gettext(IN_FIELD) % {"field": plain(one.field)}
    revoked = ""
    if one.revoked_at is not None:
        day = one.revoked_at.astimezone(ZONE).date()
        before = gettext(REVOKED_BEFORE) % {"day": Words(language).day(day)}
        counts = one.trusted or one.ended
        revoked = revoked_later_words(day, language) if counts else before
    made, ended = one.stamped_at, ""
    if one.ended is not None:
        last = Words(language).day(one.ended.at.astimezone(ZONE).date())
        made, ended = one.ended.stamped_at, gettext(ENDED) % {"day": last}
    when, issuer = moment(made.astimezone(ZONE)) if made else "", ""
    if made is None and one.claimed_at is not None:
        when = gettext(CLAIMED) % {"moment": moment(one.claimed_at.astimezone(ZONE))}
    if not role and one.issuer:
        issuer = gettext(ISSUER) % {"issuer": plain(one.issuer)}
    return {
        "revoked": revoked,
        "ended": ended,
        "role": title,
        "signer": plain(one.signer),
        "issuer": issuer,
        "when": when,
        "holds": one.holds and one.trusted,
        "stranger": one.holds and not one.trusted and one.revoked_at is None,
    }


def plain(said: str) -> str:
    """What a stranger's file says of itself: one short line that nothing in it turns around."""
    line = " ".join("".join(one if one.isprintable() else " " for one in said).split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"


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
    verdict, _, meaning = _said(Judgement.VOIDED, recorded, language) if since else ("", "", "")
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
