"""One form, a look at what would come of it, and the change: the same steps for every kind.

Promise: whatever is refused, nothing that was typed is lost; and nothing is changed that was not
looked at first.  All of it is forms and pages, without scripts.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.capacity import ToMove
from booking.catalogue import LANGUAGES, SPEECH, ByVideo, PaperKind
from booking.catalogue_changes import (
    Change,
    ChangeOrder,
    ClosureChange,
    HoursChange,
    Preview,
    ReleaseChange,
    mark,
    meant,
    subject_of,
    today_at,
)
from booking.catalogue_findings import CURRENCIES, Finding, findings
from booking.errors import BadChange, ChangedMeanwhile, NotInCatalogue
from booking.release import WINDOW_DAYS
from web.console.admin_access import ADDRESS, Visit, visit
from web.console.admin_forms import (
    STRETCHES,
    CapacityForm,
    ClosureForm,
    Form,
    HoursForm,
    LanesForm,
    ReleaseForm,
)
from web.console.admin_mistakes import messages, summary
from web.console.admin_ports import AdminDeps
from web.console.admin_service_forms import (
    FactsForm,
    TextsForm,
    compacted,
    paper_rows,
    service_of,
)
from web.console.admin_typed import Typed, Unreadable, from_at, typed_of
from web.console.admin_words import (
    ABLE,
    ACTING,
    KINDS,
    MONDAY,
    SPOKEN,
    moves_of,
    rows_of,
    title_of,
)
from web.shared.access import allow
from web.shared.i18n import N_, Words, texts_for
from web.shared.pages import render
from web.shared.refusals import advice

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        ClosureForm(),
        HoursForm(),
        CapacityForm(),
        LanesForm(),
        ReleaseForm(),
        TextsForm(),
        FactsForm(),
    )
}
DAYS_SHOWN = 7
MOST_MOVES = 50
_SPOKEN = [(one, SPOKEN[one]) for one in SPEECH]
_NAME = re.compile(r"[\w.-]{0,40}", re.ASCII)


def routes(deps: AdminDeps) -> list[web.RouteDef]:
    """`/console/booking/{department}/{form}?of=`."""

    @allow("supervisor")
    async def show(request: web.Request) -> web.Response:
        here, form, of = await visit(request, deps), _form(request), _of(request)
        typed = form.typed(here, of)
        if form.name == "release" and not of:
            typed["id"] = deps.new_id()[:40]
        return _form_page(request, here, form, of, {"from": "now", **typed})

    @allow("supervisor")
    async def send(request: web.Request) -> web.Response:
        here, form, of = await visit(request, deps), _form(request), _of(request)
        sent = await request.post()
        typed, step = compacted(typed_of(sent)), str(sent.get("step", ""))
        if step == "edit":
            return _form_page(request, here, form, of, typed)
        try:
            change = form.read(here, of, typed)
            begins = from_at(typed, here.department) if form.dated else None
        except Unreadable as wrong:
            return _form_page(request, here, form, of, typed, wrong.findings, 422)
        if typed.get("seen_of") != subject_of(change) and step != "publish":
            typed |= {"seen": mark(here.catalogue, change), "seen_of": subject_of(change)}
        order = ChangeOrder(change=change, seen=typed.get("seen", ""), from_at=begins, by=here.by)
        try:
            if step == "publish":
                number = await deps.booking.change_catalogue(order, here.now)
                raise web.HTTPSeeOther(f"{here.address}/changes/{number}?done=1")
            if mark(here.catalogue, change) != order.seen:
                raise ChangedMeanwhile("the form was drawn from an older catalogue")
            if found := findings(here.catalogue, change, begins, here.now):
                raise BadChange(found)
        except BadChange as bad:
            return _form_page(request, here, form, of, typed, bad.findings, bad.status)
        except ChangedMeanwhile as late:
            return await _meanwhile(request, deps, form, of, typed, late)
        preview = await deps.booking.preview_change(change, begins, here.now)
        change = meant(here.catalogue, change, begins)
        return _preview_page(request, here, form, of, typed, change, begins, preview)

    kinds = "|".join(FORMS)
    return [
        web.get(f"{ADDRESS}/{{department}}/{{form:{kinds}}}", show),
        web.post(f"{ADDRESS}/{{department}}/{{form:{kinds}}}", send),
    ]


def _form(request: web.Request) -> Form:
    return FORMS[request.match_info["form"]]


def _of(request: web.Request) -> str:
    of = request.query.get("of", "")
    if not _NAME.fullmatch(of):
        raise NotInCatalogue("the address names nothing that could be there")
    return of


def _form_page(
    request: web.Request,
    here: Visit,
    form: Form,
    of: str,
    typed: Typed,
    found: Iterable[Finding] = (),
    status: int = 200,
    conflict: str = "",
) -> web.Response:
    """The form with what is in it, and each mistake beside its field."""
    found, texts, meanwhile = tuple(found), texts_for(here.language), None
    errors = summary(found, here.language)
    if conflict:
        errors = [{"text": conflict, "href": "#meanwhile"}]
        meanwhile = rows_of(form.read(here, of, typed), here.department, here.language)
    return render(
        request,
        f"console/admin_{form.name}.html",
        here=here,
        form=form,
        heading=texts.gettext(form.title),
        of=of,
        typed=typed if typed.get("seen") else {**typed, **_marks(here, form, of, typed)},
        mistakes=messages(found, here.language),
        errors=errors,
        meanwhile=meanwhile,
        earliest=(today_at(here.department, here.now) + timedelta(days=1)).isoformat(),
        today=today_at(here.department, here.now).isoformat(),
        **_names(here, form, of, typed),
        status=status,
    )


def _names(here: Visit, form: Form, of: str, typed: Typed) -> dict[str, Any]:
    """What the form of one kind needs beside the fields."""
    texts, words = texts_for(here.language), Words(here.language)
    if form.name in ("texts", "facts"):
        service = service_of(here, of)
        return {
            "service": service,
            "enquiry": service.by_video is ByVideo.ENQUIRY,
            "languages": LANGUAGES,
            "paper_rows": paper_rows(typed),
            "kinds": [(str(kind), texts.gettext(KINDS[kind])) for kind in PaperKind],
            "currencies": CURRENCIES,
            "spoken": _SPOKEN,
            "acting": [(str(one), texts.gettext(said)) for one, said in ACTING.items()],
            "able": [(str(one), texts.gettext(said)) for one, said in ABLE.items()],
        }
    return {
        "languages": LANGUAGES,
        "stretches": range(1, STRETCHES + 1),
        "weekdays": [
            (number, words.weekday(MONDAY + timedelta(days=number - 1))) for number in range(1, 8)
        ],
        "known": bool(of) and form.name in ("closure", "release") and _is_known(here, form, of),
        "last": [one.id for one in here.department.releases] == [of],
        "window": WINDOW_DAYS,
        "lanes": range(1, here.department.lanes + 1),
        "spoken": _SPOKEN,
    }


def _is_known(here: Visit, form: Form, of: str) -> bool:
    if form.name == "release":
        return any(one.id == of for one in here.department.releases)
    return any(day.isoformat() == of for day in here.department.hours.closures)


def _marks(here: Visit, form: Form, of: str, typed: Typed) -> Typed:
    """What the form was drawn from, for who changes it at the same time."""
    try:
        change = form.read(here, of, typed)
    except Unreadable:
        return {}  # an empty form of a new day: what is there is marked when the day is known
    return {"seen": mark(here.catalogue, change), "seen_of": subject_of(change)}


async def _meanwhile(
    request: web.Request,
    deps: AdminDeps,
    form: Form,
    of: str,
    typed: Typed,
    late: ChangedMeanwhile,
) -> web.Response:
    """Somebody else was first: what they changed, beside what was typed here, which stays."""
    here = await visit(request, deps)
    fresh = {name: value for name, value in typed.items() if not name.startswith("seen")}
    said = advice(late.code, here.language)
    return _form_page(request, here, form, of, fresh, status=late.status, conflict=said)


def _preview_page(
    request: web.Request,
    here: Visit,
    form: Form,
    of: str,
    typed: Typed,
    change: Change,
    begins: datetime | None,
    preview: Preview,
) -> web.Response:
    return render(
        request,
        "console/admin_preview.html",
        here=here,
        form=form,
        of=of,
        typed=typed,
        what=title_of(change, here.catalogue, here.language),
        rows=rows_of(change, here.department, here.language),
        begins=begins.astimezone(ZoneInfo(here.department.hours.zone)) if begins else None,
        moves=moves(preview.to_move[:MOST_MOVES], here),
        more=max(0, len(preview.to_move) - MOST_MOVES),
        holds=preview.holds,
        days=_days(change, begins, preview, here),
        said=_said(change),
        opens_all=isinstance(change, ReleaseChange) and change.leaves_none(here.catalogue),
        window=WINDOW_DAYS,
    )


def moves(found: Iterable[ToMove], here: Visit) -> list[Any]:
    """Rows of appointments that have to move."""
    return moves_of(found, here.catalogue, here.language)


def _days(
    change: Change, begins: datetime | None, preview: Preview, here: Visit
) -> list[tuple[str, str]]:
    """The hours in which citizens could come, of the days that the change is about."""
    hours, words = preview.after.department(here.department.id).hours, Words(here.language)
    zone = ZoneInfo(hours.zone)
    if isinstance(change, ClosureChange):
        days = [change.day]
    elif isinstance(change, HoursChange):
        first = (begins or here.now).astimezone(zone).date()
        days = [first + timedelta(days=ahead) for ahead in range(DAYS_SHOWN)]
    else:
        return []
    closed = texts_for(here.language).gettext(N_("Closed"))
    return [
        (
            words.day(day),
            ", ".join(
                f"{words.time(opens.astimezone(zone))}–{words.time(closes.astimezone(zone))}"
                for opens, closes in hours.open_on(day)
            )
            or closed,
        )
        for day in days
    ]


def _said(change: Change) -> list[tuple[str, str]]:
    """What citizens will read of a closure, in each language."""
    if not isinstance(change, ClosureChange) or change.after is None or change.after.openings:
        return []
    said = N_("The department is closed on this day: %(name)s")
    return [
        (
            language,
            texts_for(language).gettext(said).replace("%(name)s", change.after.names[language]),
        )
        for language in LANGUAGES
    ]
