"""Changes of the catalogue as rows, and back; and the rows of the catalogue that they change."""

import hashlib
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from booking.calendar import Closure, Opening
from booking.catalogue import Release, Service
from booking.catalogue_changes import (
    Capacity,
    CapacityChange,
    Change,
    ChangeRecord,
    ClosureChange,
    HoursChange,
    LaneSpeech,
    ReleaseChange,
    ServiceChange,
    SpeechChange,
    subject_of,
)
from booking.store_catalogue_tables import (
    catalogue_change,
    closure,
    department,
    opening,
    release,
    service,
)
from booking.store_services import service_of, service_row

NEWEST = 200
"Changes of a department that its history shows."


def insert(
    conn: Connection,
    change: Change,
    *,
    by: str,
    now: datetime,
    effective_at: datetime,
    applied_at: datetime | None,
    reverts: int | None = None,
) -> int:
    """Write a change down; returns its number."""
    made = conn.execute(
        catalogue_change.insert()
        .values(
            department=change.department,
            subject=subject_of(change),
            before=as_json(change.before),
            after=as_json(change.after),
            made_by=by,
            made_at=now,
            effective_at=effective_at,
            applied_at=applied_at,
            reverts=reverts,
        )
        .returning(catalogue_change.c.id)
    )
    return int(made.scalar_one())


def note_applied(conn: Connection, change_id: int, change: Change, now: datetime) -> None:
    """Write down that a scheduled change took effect, and what was there before it did."""
    conn.execute(
        update(catalogue_change)
        .where(catalogue_change.c.id == change_id)
        .values(before=as_json(change.before), after=as_json(change.after), applied_at=now)
    )


def due(conn: Connection, now: datetime) -> list[Row[Any]]:
    """Changes that are to have taken effect by now, in order; nobody else takes them meanwhile."""
    return list(
        conn.execute(
            _waiting().where(catalogue_change.c.effective_at <= now).with_for_update()
        ).all()
    )


def waiting(conn: Connection) -> list[Row[Any]]:
    """Changes that are still to take effect, in the order in which they do."""
    return list(conn.execute(_waiting()).all())


def _waiting() -> Any:
    return (
        select(catalogue_change)
        .where(catalogue_change.c.applied_at.is_(None), catalogue_change.c.withdrawn_at.is_(None))
        .order_by(catalogue_change.c.effective_at, catalogue_change.c.id)
    )


def records_of(conn: Connection, department_id: str) -> list[ChangeRecord]:
    """The changes of a department, the newest first."""
    rows = conn.execute(
        select(catalogue_change)
        .where(catalogue_change.c.department == department_id)
        .order_by(catalogue_change.c.id.desc())
        .limit(NEWEST)
    ).all()
    reverted = {row.reverts: row.id for row in rows if row.reverts is not None}
    return [_record(row, reverted.get(row.id)) for row in rows]


def record_of(conn: Connection, department_id: str, change_id: int) -> ChangeRecord | None:
    """One change of a department."""
    row = conn.execute(
        select(catalogue_change).where(
            catalogue_change.c.id == change_id, catalogue_change.c.department == department_id
        )
    ).first()
    if row is None:
        return None
    by = conn.execute(
        select(catalogue_change.c.id).where(catalogue_change.c.reverts == change_id)
    ).scalar()
    return _record(row, by)


def newest_of(conn: Connection, change: Change) -> Row[Any] | None:
    """The last change of the same thing."""
    return conn.execute(
        select(catalogue_change)
        .where(catalogue_change.c.subject == subject_of(change))
        .order_by(catalogue_change.c.id.desc())
        .limit(1)
    ).first()


def _record(row: Row[Any], reverted_by: int | None) -> ChangeRecord:
    return ChangeRecord(
        id=row.id,
        change=change_of(row),
        by=row.made_by,
        made_at=row.made_at,
        effective_at=row.effective_at,
        applied_at=row.applied_at,
        withdrawn_at=row.withdrawn_at,
        reverts=row.reverts,
        reverted_by=reverted_by,
    )


def as_json(value: Any) -> Any:
    """One side of a change."""
    match value:
        case None:
            return None
        case Service():
            return service_row(value)
        case Capacity():
            return {"lanes": value.lanes, "daily_quota": value.daily_quota}
        case LaneSpeech():
            return {"lanes": [list(lane) for lane in value.lanes]}
        case Closure():
            return {
                "names": dict(value.names),
                "openings": [[opens, closes] for opens, closes in value.openings],
            }
        case Release():
            return {
                "id": value.id,
                "opens_at": value.opens_at.isoformat(),
                "from_day": value.from_day.isoformat(),
                "to_day": value.to_day.isoformat(),
            }
    return [[one.weekday, one.opens_minute, one.closes_minute] for one in value]


def openings_of(value: Any) -> tuple[Opening, ...]:
    """Weekly hours, from JSON."""
    return tuple(
        Opening(weekday=weekday, opens_minute=opens, closes_minute=closes)
        for weekday, opens, closes in value
    )


def known_change(row: Any) -> Change | None:
    """As `change_of`; None when a newer counter wrote it, which puts it in by itself."""
    try:
        return change_of(row)
    except ValueError:
        return None


def change_of(row: Any) -> Change:
    """A change, from its row."""
    kind, _, rest = row.subject.partition(":")
    before, after, of = row.before, row.after, row.department
    match kind:
        case "service":
            return ServiceChange(
                department=of,
                before=service_of(SimpleNamespace(**before)),
                after=service_of(SimpleNamespace(**after)),
            )
        case "hours":
            return HoursChange(department=of, before=openings_of(before), after=openings_of(after))
        case "capacity":
            return CapacityChange(department=of, before=Capacity(**before), after=Capacity(**after))
        case "lanes":
            return SpeechChange(department=of, before=_speech(before), after=_speech(after))
        case "closure":
            day = date.fromisoformat(rest.rpartition(":")[2])
            return ClosureChange(
                department=of, day=day, before=_closure(before), after=_closure(after)
            )
        case "release":
            return ReleaseChange(
                department=of, release=rest, before=_release(before), after=_release(after)
            )
    raise ValueError(f"a change of {kind!r}: written by a newer counter?")


def _speech(value: Any) -> LaneSpeech:
    return LaneSpeech(lanes=tuple(tuple(lane) for lane in value["lanes"]))


def _closure(value: Any) -> Closure | None:
    if value is None:
        return None
    openings = tuple((opens, closes) for opens, closes in value["openings"])
    return Closure(names=value["names"], openings=openings)


def _release(value: Any) -> Release | None:
    if value is None:
        return None
    return Release(
        id=value["id"],
        opens_at=datetime.fromisoformat(value["opens_at"]),
        from_day=date.fromisoformat(value["from_day"]),
        to_day=date.fromisoformat(value["to_day"]),
    )


def write(conn: Connection, change: Change) -> None:
    """Put what is there after the change into the rows of the catalogue."""
    place = f"department:{change.department}"
    match change:
        case ServiceChange():
            values = service_row(change.after)
            conn.execute(update(service).where(service.c.id == change.after.id).values(**values))
        case HoursChange():
            conn.execute(delete(opening).where(opening.c.place == place))
            for weekday, opens, closes in as_json(change.after):
                row = {"weekday": weekday, "opens_minute": opens, "closes_minute": closes}
                conn.execute(opening.insert().values(place=place, **row))
        case CapacityChange():
            conn.execute(
                update(department)
                .where(department.c.id == change.department)
                .values(lanes=change.after.lanes, daily_quota=change.after.daily_quota)
            )
        case SpeechChange():
            conn.execute(
                update(department)
                .where(department.c.id == change.department)
                .values(speech=as_json(change.after)["lanes"])
            )
        case ClosureChange():
            at = (closure.c.place == place, closure.c.day == change.day)
            conn.execute(delete(closure).where(*at))
            if change.after is not None:
                named = f"{place}:{change.day.isoformat()}"
                conn.execute(
                    closure.insert().values(
                        id=hashlib.sha256(named.encode()).hexdigest()[:40],
                        place=place,
                        day=change.day,
                        **as_json(change.after),
                    )
                )
        case ReleaseChange():
            own = (release.c.id == change.release, release.c.department == change.department)
            conn.execute(delete(release).where(*own))
            if change.after is not None:
                one = change.after
                conn.execute(
                    release.insert().values(
                        id=one.id,
                        department=change.department,
                        opens_at=one.opens_at,
                        from_day=one.from_day,
                        to_day=one.to_day,
                    )
                )
