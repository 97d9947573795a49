"""What is read of lines: for the two screens, for the wall, and for reports."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from counter.media.quality import Finding
from counter.media.series import Sample, Shares
from counter.media.store_quality import call_picture, leg_sample, leg_verdict


def lines_of(conn: Connection, call_ids: Collection[str]) -> dict[str, dict[str, Finding]]:
    """{call: {owner: what is told of the leg}}; who was never told of is good."""
    newest = (
        select(leg_verdict.c.call_id, leg_verdict.c.owner, func.max(leg_verdict.c.at).label("at"))
        .where(leg_verdict.c.call_id.in_(call_ids))
        .group_by(leg_verdict.c.call_id, leg_verdict.c.owner)
        .subquery()
    )
    rows = conn.execute(
        select(leg_verdict).join(
            newest,
            and_(*(leg_verdict.c[name] == newest.c[name] for name in ("call_id", "owner", "at"))),
        )
    )
    found: dict[str, dict[str, Finding]] = {call_id: {} for call_id in call_ids}
    for row in rows:
        found[row.call_id][row.owner] = Finding(verdict=row.verdict, cause=row.cause)
    return found


def has_picture(conn: Connection, call_id: str) -> bool:
    """Whether the call goes on with pictures."""
    chosen = conn.execute(
        select(call_picture.c.picture).where(call_picture.c.call_id == call_id)
    ).scalar_one_or_none()
    return chosen is not False


def series_of(conn: Connection, call_id: str) -> dict[str, list[Sample]]:
    """{owner: samples, oldest first}."""
    found: dict[str, list[Sample]] = {}
    rows = conn.execute(
        select(leg_sample)
        .where(leg_sample.c.call_id == call_id)
        .order_by(leg_sample.c.owner, leg_sample.c.at)
    )
    for row in rows:
        values: dict[str, Any] = dict(row._mapping)
        del values["call_id"]
        found.setdefault(values.pop("owner"), []).append(Sample(**values))
    return found


def times_of_calls(
    conn: Connection, since: datetime, limit: int
) -> list[tuple[str, int, int, int]]:
    """(call, good, weak and bad ms of all its legs), of calls since `since`, the newest first."""
    sums = [func.sum(leg_sample.c[name]) for name in ("good_ms", "weak_ms", "bad_ms")]
    rows = conn.execute(
        select(leg_sample.c.call_id, *sums)
        .where(leg_sample.c.at >= since)
        .group_by(leg_sample.c.call_id)
        .order_by(func.min(leg_sample.c.at).desc())
        .limit(limit)
    )
    return [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in rows]


def shares(conn: Connection, since: datetime, until: datetime) -> list[Shares]:
    """Of the call time from `since` to before `until`, by side and cause; the longest first."""
    side = func.substr(leg_sample.c.owner, 1, func.length("agent")).label("side")
    sums = [func.sum(leg_sample.c[name]) for name in ("good_ms", "weak_ms", "bad_ms")]
    rows = conn.execute(
        select(side, leg_sample.c.cause, *sums)
        .where(leg_sample.c.at >= since, leg_sample.c.at < until)
        .group_by(side, leg_sample.c.cause)
    )
    found = [
        Shares(
            side="agent" if row[0] == "agent" else "terminal",
            cause=row[1],
            good_ms=row[2],
            weak_ms=row[3],
            bad_ms=row[4],
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.side, -(one.good_ms + one.weak_ms + one.bad_ms)))
