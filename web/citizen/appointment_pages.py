"""My appointment: opened with its reference, shown with its QR code and its sitting, cancelled.

The reference is a bearer secret: it is sent in a form, kept in a sealed cookie, and never stands in
an address.  The QR code and the calendar entry hold no personal data; the code holds the reference
and nothing else.
"""

import io
from datetime import date
from typing import Any

import segno
from aiohttp import web
from markupsafe import Markup

from booking.appointment import State, parse_reference
from booking.catalogue import Service
from booking.errors import BookingRefused, UnknownReference
from booking.ics import calendar_entry
from web.citizen.appointment_parts import opened
from web.citizen.change_pages import refused_page
from web.citizen.draft import drop_open, keep_open
from web.citizen.ports import Deps, Ended
from web.shared.access import allow
from web.shared.i18n import N_, TAGS, Words, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.shared.refusals import advice
from web.shared.wording import OUTCOMES, paper_label

STATE_WORDS = {
    State.HELD: (N_("Not finished"), "yellow"),
    State.BOOKED: (N_("Booked"), "green"),
    State.ARRIVED: (N_("Checked in"), "green"),
    State.FULFILLED: (N_("Done"), ""),
    State.CANCELLED: (N_("Cancelled"), "red"),
    State.NOSHOW: (N_("Missed"), "yellow"),
    State.EXPIRED: (N_("Not kept"), "yellow"),
}


def routes(deps: Deps) -> list[web.RouteDef]:
    """`/appointment` and what lies below it."""

    @allow("anyone")
    async def ask(request: web.Request) -> web.Response:
        return render(request, "citizen/find.html", typed="", error="", errors=[])

    @allow("anyone")
    async def find(request: web.Request) -> web.StreamResponse:
        typed = str((await request.post()).get("reference", ""))[:80]
        try:
            reference = parse_reference(typed)
            await deps.booking.appointment(reference, deps.now())
        except UnknownReference as refused:
            error = advice(refused.code, language_of(request))
            errors = [{"text": error, "href": "#reference"}]
            return render(
                request, "citizen/find.html", typed=typed, error=error, errors=errors, status=404
            )
        answer = web.HTTPSeeOther("/appointment/view")
        keep_open(answer, deps, reference)
        raise answer

    @allow("anyone")
    async def view(request: web.Request) -> web.Response:
        found = await _shown(request, deps)
        return render(request, "citizen/appointment.html", **found)

    @allow("anyone")
    async def confirmed(request: web.Request) -> web.Response:
        found = await _shown(request, deps)
        if found["appointment"].state is not State.BOOKED:
            raise web.HTTPSeeOther("/appointment/view")
        return render(request, "citizen/confirmed.html", **found)

    @allow("anyone")
    async def sure(request: web.Request) -> web.Response:
        found = await _shown(request, deps)
        if not found["opened"].can_cancel:
            raise web.HTTPSeeOther("/appointment/view")
        return render(request, "citizen/cancel.html", **found)

    @allow("anyone")
    async def cancel(request: web.Request) -> web.StreamResponse:
        found = await opened(request, deps)
        try:
            await deps.booking.cancel(found.reference, deps.now())
        except UnknownReference:
            raise web.HTTPSeeOther("/appointment") from None
        except BookingRefused as refused:
            return refused_page(request, refused)
        raise web.HTTPSeeOther("/appointment/view")

    @allow("anyone")
    async def leave(request: web.Request) -> web.StreamResponse:
        answer = web.HTTPSeeOther("/")
        drop_open(answer, deps)
        raise answer

    @allow("anyone")
    async def ics(request: web.Request) -> web.Response:
        found = await opened(request, deps)
        text = calendar_entry(
            found.view,
            found.catalogue,
            language=language_of(request),
            domain=deps.domain,
            now=deps.now(),
        )
        headers = {"Content-Disposition": 'attachment; filename="appointment.ics"'}
        return web.Response(
            text=text, content_type="text/calendar", charset="utf-8", headers=headers
        )

    @allow("anyone")
    async def picture(request: web.Request) -> web.Response:
        found = await opened(request, deps)
        out = io.BytesIO()
        qr_code(found.reference).save(out, kind="png", scale=12, border=4)
        headers = {"Content-Disposition": 'attachment; filename="appointment.png"'}
        return web.Response(body=out.getvalue(), content_type="image/png", headers=headers)

    return [
        web.get("/appointment", ask),
        web.post("/appointment", find),
        web.get("/appointment/view", view),
        web.get("/appointment/confirmed", confirmed),
        web.get("/appointment/cancel", sure),
        web.post("/appointment/cancel", cancel),
        web.post("/appointment/leave", leave),
        web.get("/appointment/appointment.ics", ics),
        web.get("/appointment/appointment.png", picture),
    ]


async def _shown(request: web.Request, deps: Deps) -> dict[str, Any]:
    """The open appointment with its names; without one, back to the question."""
    found = await opened(request, deps)
    view, (first, *_) = found.view, found.parts
    state, colour = STATE_WORDS[view.state]
    served = view.state is State.FULFILLED
    ended = await deps.ended(view.appointment_id) if served else None
    return {
        "opened": found,
        "appointment": view,
        "reference": found.reference,
        "service": found.catalogue.service(view.service),
        "department": found.catalogue.department(view.department),
        "site": found.site,
        "parts_of_it": found.parts,
        "start": first.start,
        "state": texts_for(language_of(request)).gettext(state),
        "colour": colour,
        "moved": request.query.get("moved") == "1",
        "qr": inline_code(found.reference),
        "documents": await deps.documents_of(view.appointment_id) if served else "",
        "ended": _ended(
            ended,
            found.catalogue.service(view.service),
            language_of(request),
            deps.now().astimezone(found.zone).date(),
        )
        if ended
        else None,
    }


def _ended(ended: Ended, service: Service, language: str, today: date) -> dict[str, Any]:
    """What became of the visit, in words.  today: at the counter."""
    words = Words(language)
    return {
        "outcome": texts_for(language).gettext(OUTCOMES[ended.outcome]),
        "next_step": ended.next_step,
        "owed": [
            {
                "name": paper_label(service, one.item, TAGS[language]),
                "until": words.day(one.until),
                "link": one.link,
                "over": one.until < today,
            }
            for one in ended.owed
        ],
    }


def inline_code(reference: str) -> Markup:
    """The QR code of a reference, to stand in a page."""
    return Markup(
        qr_code(reference).svg_inline(
            omitsize=True, border=4, svgclass="vc-qr__code", lineclass=None
        )
    )


def qr_code(reference: str) -> segno.QRCode:
    """Level Q: a quarter of it may be scratched or under a finger."""
    return segno.make_qr(reference, error="q")
