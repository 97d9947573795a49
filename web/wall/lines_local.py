"""How the lines of calls were, from the store of this process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from booking.catalogue import Catalogue
from counter.errors import NotFound
from counter.media.store_quality_reading import series_of, times_of_calls
from counter.signaling.tables import agent, call
from counter.store.cases import case_table
from counter.store.executor import Executor
from web.wall.ports import CallSeries, CallTimes, LegSeries

SINCE: Final = timedelta(hours=24)
CALLS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLines:
    """See `web.wall.ports.Lines`."""

    executor: Executor
    catalogue: Callable[[], Catalogue]
    clock: Callable[[], datetime]

    async def of_call(self, call_id: str, language: str) -> CallSeries:
        places = _places(self.catalogue(), language)
        return await self.executor.read(_of_call, places, call_id)

    async def of_today(self, language: str) -> Sequence[CallTimes]:
        places = _places(self.catalogue(), language)
        return await self.executor.read(_of_today, places, self.clock() - SINCE)


def _places(catalogue: Catalogue, language: str) -> dict[str, str]:
    """{terminal: where it stands}."""
    return {
        str(terminal.id): f"{site.names[language]} {terminal.number}"
        for site in catalogue.sites.values()
        for terminal in site.terminals
    }


def _calls() -> Select[Any]:
    return select(call.c.id, call.c.started_at, call.c.ended_at, case_table.c.terminal_id).join(
        case_table, case_table.c.id == call.c.case_id
    )


def _of_call(conn: Connection, places: dict[str, str], call_id: str) -> CallSeries:
    row = conn.execute(_calls().where(call.c.id == call_id)).one_or_none()
    if row is None:
        raise NotFound(f"call {call_id} is not known")
    series = series_of(conn, call_id)
    agents = _agents(conn, [owner for owner in series if owner.startswith("agent:")])
    legs = [
        LegSeries(
            owner=owner,
            side="agent" if owner.startswith("agent:") else "terminal",
            name=agents.get(owner) or places.get(owner.partition(":")[2]) or owner,
            samples=tuple(samples),
        )
        for owner, samples in series.items()
    ]
    return CallSeries(
        call_id=row.id,
        place=_place(row, places),
        began_at=row.started_at,
        ended_at=row.ended_at,
        legs=tuple(sorted(legs, key=lambda leg: (leg.side != "terminal", leg.owner))),
    )


def _agents(conn: Connection, owners: Sequence[str]) -> dict[str, str]:
    """{owner: name}."""
    ids = [owner.partition(":")[2] for owner in owners]
    rows = conn.execute(select(agent.c.id, agent.c.name).where(agent.c.id.in_(ids)))
    return {f"agent:{row.id}": row.name for row in rows}


def _of_today(conn: Connection, places: dict[str, str], since: datetime) -> list[CallTimes]:
    times = times_of_calls(conn, since, CALLS)
    found = conn.execute(_calls().where(call.c.id.in_([one[0] for one in times])))
    calls = {row.id: row for row in found}
    return [
        CallTimes(
            call_id=call_id,
            place=_place(calls[call_id], places),
            began_at=calls[call_id].started_at,
            good_ms=good_ms,
            weak_ms=weak_ms,
            bad_ms=bad_ms,
        )
        for call_id, good_ms, weak_ms, bad_ms in times
        if call_id in calls
    ]


def _place(row: Row[Any], places: dict[str, str]) -> str:
    return places.get(row.terminal_id) or str(row.terminal_id)
