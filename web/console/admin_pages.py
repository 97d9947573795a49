"""The booking of a department at a glance, its history, and taking a change back."""

from zoneinfo import ZoneInfo

from aiohttp import web

from booking.catalogue_changes import (
    Change,
    ChangeRecord,
    ReleaseChange,
    inverse,
    rebased,
    stands,
)
from booking.release import WINDOW_DAYS
from web.console import admin_change_pages, admin_move_pages
from web.console.admin_access import ADDRESS, Visit, visit
from web.console.admin_change_pages import MOST_MOVES, moves
from web.console.admin_ports import AdminDeps
from web.console.admin_words import (
    MONDAY,
    closure_hours,
    moment_at,
    rows_of,
    title_of,
    weekday_hours,
    when_of,
)
from web.shared.access import allow, principal_of
from web.shared.i18n import Words
from web.shared.language import language_of
from web.shared.pages import render

NEWEST = 5
"Changes that the overview shows."


def routes(deps: AdminDeps) -> list[web.RouteDef]:
    """`/console/booking` and all below it."""

    @allow("agent")
    async def departments(request: web.Request) -> web.Response:
        own = await deps.departments(principal_of(request).subject)
        known = (await deps.booking.administered(deps.now())).departments
        if len(own) == 1:
            raise web.HTTPSeeOther(f"{ADDRESS}/{own[0]}")
        words = Words(language_of(request))
        return render(
            request,
            "console/admin_departments.html",
            address=ADDRESS,
            departments=[
                (one.id, words.pick(one.names)) for one in known.values() if one.id in own
            ],
        )

    @allow("agent")
    async def overview(request: web.Request) -> web.Response:
        here = await visit(request, deps)
        stuck = await deps.booking.to_be_moved(
            here.now, department=here.department.id, with_contact=here.may_change
        )
        records = await deps.booking.changes(here.department.id)
        words, zone = Words(here.language), ZoneInfo(here.department.hours.zone)
        today = here.now.astimezone(zone).date()
        return render(
            request,
            "console/admin_overview.html",
            here=here,
            stuck=moves(stuck[:MOST_MOVES], here),
            number_stuck=len(stuck),
            moved="moved" in request.query,
            services=[
                one
                for one in here.catalogue.services.values()
                if one.department == here.department.id
            ],
            week=[
                (
                    words.weekday(MONDAY.replace(day=MONDAY.day + number - 1)),
                    weekday_hours(here.department.hours.openings, number, here.language),
                )
                for number in range(1, 8)
            ],
            closures=[
                (
                    day.isoformat(),
                    words.day(day),
                    closure_hours(closure, here.language),
                    words.pick(closure.names),
                )
                for day, closure in sorted(here.department.hours.closures.items())
                if day >= today
            ],
            releases=[
                (
                    one.id,
                    f"{words.day(one.from_day)} – {words.day(one.to_day)}",
                    moment_at(one.opens_at, here.department, here.language),
                )
                for one in here.department.releases
                if one.to_day >= today
            ],
            waits=[_line(one, here) for one in records if one.waits],
            newest=[_line(one, here) for one in records if not one.waits][:NEWEST],
        )

    @allow("agent")
    async def changes(request: web.Request) -> web.Response:
        here = await visit(request, deps)
        records = await deps.booking.changes(here.department.id)
        return render(
            request,
            "console/admin_changes.html",
            here=here,
            lines=[_line(one, here) for one in records],
        )

    @allow("agent")
    async def one_change(request: web.Request) -> web.Response:
        here = await visit(request, deps)
        record = await deps.booking.made_change(here.department.id, _number(request))
        gone = record.withdrawn_at is not None or record.reverted_by is not None
        back: Change | None = None
        if not record.waits and not gone and stands(here.catalogue, record.change):
            back = rebased(here.catalogue, inverse(record.change))
        undone = None
        if back is not None and here.may_change:
            undone = await deps.booking.preview_change(back, None, here.now)
        return render(
            request,
            "console/admin_change.html",
            here=here,
            record=record,
            line=_line(record, here),
            rows=rows_of(record.change, here.department, here.language),
            done="done" in request.query,
            can_undo=here.may_change and (record.waits or back is not None),
            changed_since=not record.waits and not gone and back is None,
            moves=moves(undone.to_move[:MOST_MOVES], here) if undone else [],
            opens_all=isinstance(back, ReleaseChange) and back.leaves_none(here.catalogue),
            window=WINDOW_DAYS,
        )

    @allow("supervisor")
    async def undo(request: web.Request) -> web.Response:
        here = await visit(request, deps)
        number = await deps.booking.take_back(
            here.department.id, _number(request), here.by, here.now
        )
        raise web.HTTPSeeOther(f"{here.address}/changes/{number}?done=1")

    return [
        web.get(ADDRESS, departments),
        web.get(f"{ADDRESS}/{{department}}", overview),
        web.get(f"{ADDRESS}/{{department}}/changes", changes),
        web.get(f"{ADDRESS}/{{department}}/changes/{{change:[0-9]{{1,9}}}}", one_change),
        web.post(f"{ADDRESS}/{{department}}/changes/{{change:[0-9]{{1,9}}}}/undo", undo),
        *admin_change_pages.routes(deps),
        *admin_move_pages.routes(deps),
    ]


def _number(request: web.Request) -> int:
    return int(request.match_info["change"])


def _line(record: ChangeRecord, here: Visit) -> dict[str, object]:
    """A change as the history shows it."""
    return {
        "id": record.id,
        "what": title_of(record.change, here.catalogue, here.language),
        "kind": type(record.change).__name__,
        "by": record.by.partition(":")[2] or record.by,
        "made": moment_at(record.made_at, here.department, here.language),
        "when": when_of(record, here.department, here.language),
        "waits": record.waits,
        "reverts": record.reverts,
        "reverted_by": record.reverted_by,
        "withdrawn": record.withdrawn_at is not None,
    }
