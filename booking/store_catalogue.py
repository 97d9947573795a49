"""The catalogue and the calendars in SQL: written by the seed and by administrators, read whole."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Table, delete, func, select, text

from booking.calendar import Calendar, Closure, DayKind, Hours, Opening, SpecialDay
from booking.catalogue import (
    Ability,
    Catalogue,
    Department,
    Outage,
    Release,
    Scheduled,
    Site,
    Terminal,
)
from booking.store_catalogue_changes import known_change, openings_of, waiting
from booking.store_catalogue_tables import (
    calendar_day,
    calendar_year,
    catalogue_version,
    closure,
    department,
    opening,
    outage,
    release,
    service,
    site,
    terminal,
)
from booking.store_services import service_of, service_row
from booking.tables import insert_for

_CALENDAR = (calendar_day, calendar_year)
_NOBODY_BOOKS = text("LOCK TABLE appointment IN SHARE ROW EXCLUSIVE MODE")


def version(conn: Connection) -> int:
    """The version of the catalogue; 0 when there is none yet."""
    found = conn.execute(select(catalogue_version.c.version)).scalar_one_or_none()
    return found or 0


def load(conn: Connection) -> Catalogue:
    """Everything, as one snapshot."""
    calendars = _calendars(conn)
    openings: dict[str, list[Opening]] = defaultdict(list)
    for row in conn.execute(
        select(opening).order_by(opening.c.place, opening.c.weekday, opening.c.opens_minute)
    ):
        openings[row.place].append(
            Opening(
                weekday=row.weekday,
                opens_minute=row.opens_minute,
                closes_minute=row.closes_minute,
            )
        )
    terminals: dict[str, list[Terminal]] = defaultdict(list)
    for row in conn.execute(select(terminal).order_by(terminal.c.site, terminal.c.number)):
        terminals[row.site].append(
            Terminal(
                id=row.id,
                site=row.site,
                number=row.number,
                abilities=frozenset(map(Ability, row.abilities)),
            )
        )
    closures: dict[str, dict[date, Closure]] = defaultdict(dict)
    for row in conn.execute(select(closure)):
        closures[row.place][row.day] = Closure(
            names=row.names, openings=tuple((opens, closes) for opens, closes in row.openings)
        )
    releases: dict[str, list[Release]] = defaultdict(list)
    for row in conn.execute(select(release).order_by(release.c.opens_at, release.c.id)):
        releases[row.department].append(
            Release(id=row.id, opens_at=row.opens_at, from_day=row.from_day, to_day=row.to_day)
        )

    waits = waiting(conn)

    def hours(place: str, row: Any, keeps_calendar: bool) -> Hours:
        return Hours(
            zone=row.zone,
            calendar=calendars[row.territory] if keeps_calendar else None,
            openings=tuple(openings[place]),
            closures=closures[place],
            coming=_coming(waits, place, row.zone),
        )

    return Catalogue(
        version=version(conn),
        departments={
            row.id: Department(
                id=row.id,
                territory=row.territory,
                prefix=row.prefix,
                names=row.names,
                short_names=row.short_names,
                lanes=row.lanes,
                daily_quota=row.daily_quota,
                hours=hours(f"department:{row.id}", row, True),
                speech=tuple(tuple(lane) for lane in row.speech),
                releases=tuple(releases[row.id]),
            )
            for row in conn.execute(select(department).order_by(department.c.position))
        },
        services={
            row.id: service_of(row)
            for row in conn.execute(select(service).order_by(service.c.position))
        },
        sites={
            row.id: Site(
                id=row.id,
                territory=row.territory,
                names=row.names,
                addresses=row.addresses,
                hours=hours(f"site:{row.id}", row, row.keeps_calendar),
                terminals=tuple(terminals[row.id]),
                directions=row.directions,
            )
            for row in conn.execute(select(site).order_by(site.c.position))
        },
        outages=tuple(
            Outage(
                id=row.id,
                resource=row.resource,
                unit=row.unit,
                first_grain=row.first_grain,
                end_grain=row.end_grain,
                reason=row.reason,
            )
            for row in conn.execute(select(outage).order_by(outage.c.id))
        ),
        scheduled=tuple(
            Scheduled(
                id=row.id,
                department=row.department,
                subject=row.subject,
                at=row.effective_at,
                change=known_change(row),
            )
            for row in waits
        ),
    )


def replace(conn: Connection, catalogue: Catalogue, calendars: Iterable[Calendar]) -> None:
    """Put this catalogue and these calendars in the place of what was there.

    Appointments stay; they name departments, services and sites by id.
    """
    for table in (release, terminal, service, opening, site, department, *_CALENDAR):
        conn.execute(delete(table))
    for calendar in calendars:
        for year in sorted(_years(calendar)):
            _save_year(conn, calendar, year)
    departments, sites = catalogue.departments.values(), catalogue.sites.values()
    _insert(
        conn,
        department,
        [
            {
                "id": one.id,
                "position": position,
                "territory": one.territory,
                "zone": one.hours.zone,
                "prefix": one.prefix,
                "names": dict(one.names),
                "short_names": dict(one.short_names),
                "lanes": one.lanes,
                "daily_quota": one.daily_quota,
                "speech": [list(lane) for lane in one.speech],
            }
            for position, one in enumerate(departments)
        ],
    )
    offers = enumerate(catalogue.services.values())
    _insert(
        conn, service, [{"position": position, **service_row(offer)} for position, offer in offers]
    )
    _insert(
        conn,
        site,
        [
            {
                "id": place.id,
                "position": position,
                "territory": place.territory,
                "zone": place.hours.zone,
                "keeps_calendar": place.hours.calendar is not None,
                "names": dict(place.names),
                "addresses": dict(place.addresses),
                "directions": dict(place.directions),
            }
            for position, place in enumerate(sites)
        ],
    )
    openings = [(f"department:{one.id}", one.hours.openings) for one in departments]
    openings += [(f"site:{place.id}", place.hours.openings) for place in sites]
    _insert(
        conn,
        opening,
        [{"place": place, **asdict(one)} for place, weekly in openings for one in weekly],
    )
    _insert(
        conn,
        terminal,
        [
            {
                "id": kiosk.id,
                "site": kiosk.site,
                "number": kiosk.number,
                "abilities": sorted(kiosk.abilities),
            }
            for place in sites
            for kiosk in place.terminals
        ],
    )
    touch(conn)


def plant(conn: Connection, catalogue: Catalogue, calendars: Iterable[Calendar]) -> bool:
    """Fill an empty store; of a filled one, only add the years its calendars do not have yet.

    What an administrator changed is never undone.  Returns whether anything was written.
    """
    if conn.execute(select(func.count()).select_from(department)).scalar_one() == 0:
        replace(conn, catalogue, calendars)
        return True
    known = {(row.territory, row.year) for row in conn.execute(select(calendar_year))}
    added = False
    for calendar in calendars:
        for year in sorted(_years(calendar)):
            if (calendar.territory, year) not in known:
                _save_year(conn, calendar, year)
                added = True
    if added:
        touch(conn)
    return added


def has_years(conn: Connection, years: Iterable[int]) -> bool:
    """Whether there is a catalogue with every one of these years in every calendar."""
    known = {(row.territory, row.year) for row in conn.execute(select(calendar_year))}
    territories = {territory for territory, _ in known}
    wanted = {(territory, year) for territory in territories for year in years}
    return bool(known) and wanted <= known


def touch(conn: Connection) -> None:
    """Count the version up, so that snapshots in memory are loaded again."""
    statement = insert_for(conn, catalogue_version).values(one=1, version=1)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["one"], set_={"version": catalogue_version.c.version + 1}
        )
    )


def nobody_books(conn: Connection) -> None:
    """From here to COMMIT nobody takes or changes an appointment; who was at it has finished.

    Who comes next reads the version of the catalogue after this, and looks again.  To be called
    first of all.  SQLite has one writer anyway.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(_NOBODY_BOOKS)


def _coming(
    waits: Iterable[Row[Any]], place: str, zone: str
) -> tuple[tuple[date, tuple[Opening, ...]], ...]:
    """Weekly hours of a department that hold from a later day on."""
    subject = place.replace("department:", "hours:", 1)
    return tuple(
        (row.effective_at.astimezone(ZoneInfo(zone)).date(), openings_of(row.after))
        for row in waits
        if row.subject == subject
    )


def _calendars(conn: Connection) -> Mapping[str, Calendar]:
    years: dict[str, set[int]] = defaultdict(set)
    for row in conn.execute(select(calendar_year)):
        if row.published:
            years[row.territory].add(row.year)
        else:
            years[row.territory]
    days: dict[str, dict[date, SpecialDay]] = defaultdict(dict)
    for row in conn.execute(select(calendar_day).order_by(calendar_day.c.day)):
        days[row.territory][row.day] = SpecialDay(
            kind=DayKind(row.kind), names=row.names, closes_minute=row.closes_minute
        )
    return {
        territory: Calendar(
            territory=territory, published_years=frozenset(published), days=days[territory]
        )
        for territory, published in years.items()
    }


def _years(calendar: Calendar) -> set[int]:
    return {*calendar.published_years, *(day.year for day in calendar.days)}


def _save_year(conn: Connection, calendar: Calendar, year: int) -> None:
    conn.execute(
        calendar_year.insert().values(
            territory=calendar.territory,
            year=year,
            published=year in calendar.published_years,
        )
    )
    _insert(
        conn,
        calendar_day,
        [
            {
                "territory": calendar.territory,
                "day": day,
                "kind": special.kind,
                "names": dict(special.names),
                "closes_minute": special.closes_minute,
            }
            for day, special in sorted(calendar.days.items())
            if day.year == year
        ],
    )


def _insert(conn: Connection, into: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows as one statement: a seed has a thousand."""
    if rows:
        conn.execute(into.insert(), rows)
