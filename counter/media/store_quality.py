"""How lines were, as rows: each change of a verdict, a sample every ten seconds, and whether the
call goes on with pictures.  What is read from them is in `store_quality_reading.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Boolean, Column, Connection, Integer, String, Table, delete, select

from counter.errors import NotAllowedNow
from counter.media.quality import Finding
from counter.media.quality_service import Speaker
from counter.media.series import Sample
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata
from counter.store.session_log import tell

KEPT_FOR: Final = timedelta(days=92)
"A quarter, for its report."

leg_verdict = Table(
    "leg_verdict",
    metadata,
    Column("call_id", String(40), primary_key=True),
    Column("owner", String(80), primary_key=True),
    Column("at", UtcDateTime, primary_key=True, index=True),
    Column("verdict", String(4), nullable=False),
    Column("cause", String(20)),
)
"The newest row of a leg holds until the next, or until the call ends."

leg_sample = Table(
    "leg_sample",
    metadata,
    Column("call_id", String(40), primary_key=True),
    Column("owner", String(80), primary_key=True),
    Column("at", UtcDateTime, primary_key=True, index=True),
    *(Column(name, Integer, nullable=False) for name in ("good_ms", "weak_ms", "bad_ms")),
    Column("cause", String(20)),
    *(
        Column(name, Integer, nullable=False)
        for name in ("up_packets", "up_lost", "down_packets", "down_lost", "up_kbps")
    ),
    *(Column(name, Integer) for name in ("rtt_ms", "jitter_ms", "jitter_buffer_ms")),
    Column("frozen_ms", Integer, nullable=False),
    Column("available_kbps", Integer),
)

call_picture = Table(
    "call_picture",
    metadata,
    Column("call_id", String(40), primary_key=True),
    Column("picture", Boolean, nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)
"No row: with pictures."

SpeaksIn = Callable[[Connection, Any], str]
"The call that a speaker takes part in now.  Raises a refusal when there is none."
Listeners = Callable[[Connection, str], Sequence[str]]
"Whose screens show this call; nobody's when it is over."


def begin(
    conn: Connection, speaks_in: SpeaksIn, who: Speaker, call_id: str
) -> tuple[Finding, datetime] | None:
    """What is told of this speaker's leg, since when; None for one that was never told.

    Raises `NotAllowedNow` when it takes part in no call or in another.
    """
    if speaks_in(conn, who) != call_id:
        raise NotAllowedNow(f"{who.own} is not in call {call_id}")
    row = conn.execute(
        select(leg_verdict)
        .where(leg_verdict.c.call_id == call_id, leg_verdict.c.owner == who.own)
        .order_by(leg_verdict.c.at.desc())
        .limit(1)
    ).one_or_none()
    return (Finding(verdict=row.verdict, cause=row.cause), row.at) if row else None


def put_verdict(
    conn: Connection,
    listeners: Listeners,
    call_id: str,
    owner: str,
    finding: Finding,
    now: datetime,
) -> None:
    """This is told of the leg from now on; the screens of a call that is on are drawn anew."""
    told = listeners(conn, call_id)
    if not told:
        return
    conn.execute(
        insert_for(conn, leg_verdict)
        .values(
            call_id=call_id,
            owner=owner,
            at=now,
            verdict=finding.verdict,
            cause=finding.cause,
        )
        .on_conflict_do_nothing()
    )
    for audience in sorted(told):
        tell(conn, audience, "line.changed", {"owner": owner, "verdict": finding.verdict}, now)


def put_sample(conn: Connection, call_id: str, owner: str, sample: Sample) -> None:
    """Add to the series; a second one of the same moment is left out."""
    conn.execute(
        insert_for(conn, leg_sample)
        .values(call_id=call_id, owner=owner, **asdict(sample))
        .on_conflict_do_nothing()
    )


def choose_picture(
    conn: Connection,
    speaks_in: SpeaksIn,
    listeners: Listeners,
    who: Speaker,
    call_id: str,
    *,
    picture: bool,
    now: datetime,
) -> None:
    """The call goes on with pictures or by voice; harmless when it does already.

    Raises `NotAllowedNow` when the speaker is not in this call.
    """
    begin(conn, speaks_in, who, call_id)
    before = conn.execute(
        select(call_picture.c.picture).where(call_picture.c.call_id == call_id)
    ).scalar_one_or_none()
    if picture == (before is not False):
        return
    values = {"picture": picture, "by": who.own, "at": now}
    conn.execute(
        insert_for(conn, call_picture)
        .values(call_id=call_id, **values)
        .on_conflict_do_update(index_elements=["call_id"], set_=values)
    )
    for audience in sorted(listeners(conn, call_id)):
        tell(conn, audience, "picture.changed", {"picture": picture, "by": who.own}, now)
    record(
        conn,
        actor=who.own,
        action="picture.changed",
        subject=f"call:{call_id}",
        facts={"picture": picture},
        now=now,
    )


def tidy(conn: Connection, now: datetime) -> None:
    """Drop what is older than a quarter."""
    for table in (leg_verdict, leg_sample, call_picture):
        conn.execute(delete(table).where(table.c.at < now - KEPT_FOR))


class SqlQuality:
    """See `quality_service.QualityStore`."""

    def __init__(self, executor: Executor, speaks_in: SpeaksIn, listeners: Listeners) -> None:
        self._executor = executor
        self._speaks_in = speaks_in
        self._listeners = listeners

    async def begin(self, who: Speaker, call_id: str) -> tuple[Finding, datetime] | None:
        return await self._executor.read(begin, self._speaks_in, who, call_id)

    async def is_on(self, call_id: str) -> bool:
        return bool(await self._executor.read(self._listeners, call_id))

    async def put_verdict(self, call_id: str, owner: str, told: Finding, now: datetime) -> None:
        await self._executor.write(put_verdict, self._listeners, call_id, owner, told, now)

    async def put_sample(self, call_id: str, owner: str, sample: Sample) -> None:
        await self._executor.write(put_sample, call_id, owner, sample)

    async def choose_picture(
        self, who: Speaker, call_id: str, *, picture: bool, now: datetime
    ) -> None:
        await self._executor.write(
            choose_picture,
            self._speaks_in,
            self._listeners,
            who,
            call_id,
            picture=picture,
            now=now,
        )
