"""Hand-overs as rows: what was frozen, and that it is done."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Integer, Row, String, Table, delete, select, update

from counter.documents.folder import CaseFacts
from counter.documents.handover import EVENT, VOIDED, Frozen, told
from counter.ids import CaseId, Digest
from counter.store import outbox
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata

handover = Table(
    "handover",
    metadata,
    Column("case_id", String(40), primary_key=True),
    Column("folder", String(160), nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("files", JSON, nullable=False),
    Column("frozen_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
)
"files: [path, digest] of each, the manifest among them."

handover_supplement = Table(
    "handover_supplement",
    metadata,
    Column("case_id", String(40), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("folder", String(160), nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("files", JSON, nullable=False),
    Column("frozen_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
)
"What was accepted after the folder of `handover` was frozen.  part: from 2, without gaps."

BY = "counter:handover"

Unchanged = Callable[[Connection, CaseFacts], bool]


def _always(conn: Connection, facts: CaseFacts) -> bool:
    """Nothing is ever decided meanwhile."""
    return True


class SqlHandOvers:
    """See `counter.documents.folder_ports.HandOvers`."""

    def __init__(self, executor: Executor, unchanged: Unchanged = _always) -> None:
        """
        unchanged: whether these facts still hold; it locks the case, so that they do until COMMIT.
        """
        self._executor = executor
        self._unchanged = unchanged

    async def frozen(self, case_id: CaseId) -> tuple[Frozen, ...]:
        return await self._executor.read(frozen, case_id)

    async def freeze(self, facts: CaseFacts, frozen: Frozen, now: datetime) -> Frozen | None:
        def command(conn: Connection) -> Frozen | None:
            if not self._unchanged(conn, facts):
                return None
            return freeze(conn, facts.id, frozen, now)

        return await self._executor.write(command)

    async def thaw(self, frozen: Frozen, facts: CaseFacts) -> None:
        await self._executor.write(thaw, frozen, facts.id)

    async def done(
        self, frozen: Frozen, facts: CaseFacts, now: datetime, voided: Sequence[str] = ()
    ) -> bool:
        def command(conn: Connection) -> bool:
            if not self._unchanged(conn, facts):
                return False
            done(conn, frozen, facts, now, voided)
            return True

        return await self._executor.write(command)


def frozen(conn: Connection, case_id: str) -> tuple[Frozen, ...]:
    """What was written down to be handed over: the folder, then its supplements."""
    first = conn.execute(select(handover).where(handover.c.case_id == case_id)).one_or_none()
    more = conn.execute(
        select(handover_supplement)
        .where(handover_supplement.c.case_id == case_id)
        .order_by(handover_supplement.c.part)
    ).all()
    return (_frozen(first, 1), *(_frozen(row, row.part) for row in more)) if first else ()


def freeze(conn: Connection, case_id: str, new: Frozen, now: datetime) -> Frozen:
    """What was written down first holds."""
    table = handover if new.part == 1 else handover_supplement
    conn.execute(
        insert_for(conn, table)
        .values(
            **_key(case_id, new.part),
            folder=new.name,
            manifest_sha256=new.manifest_sha256,
            files=[list(one) for one in new.files],
            frozen_at=now,
        )
        .on_conflict_do_nothing()
    )
    return frozen(conn, case_id)[new.part - 1]


def thaw(conn: Connection, frozen: Frozen, case_id: str) -> None:
    """Strike out what was written down and has not left."""
    table = handover if frozen.part == 1 else handover_supplement
    conn.execute(
        delete(table)
        .filter_by(**_key(case_id, frozen.part), manifest_sha256=frozen.manifest_sha256)
        .where(table.c.done_at.is_(None))
    )


def tell_voided(
    conn: Connection, case_id: str, about: Mapping[str, str], ceremony_id: str, now: datetime
) -> None:
    """A document counts no more: who got its folder hears, and nobody when it never left.

    about: department, service and site of the case.
    """
    if any(one.done for one in frozen(conn, case_id)):
        outbox.owe(conn, VOIDED, case_id, {**about, "ceremony_id": ceremony_id}, now)


def done(
    conn: Connection, put: Frozen, facts: CaseFacts, now: datetime, voided: Sequence[str] = ()
) -> None:
    """It is there: journal and outbox, once however often it is said.

    voided: ceremonies whose documents were taken back while it left.
    """
    table = handover if put.part == 1 else handover_supplement
    first = conn.execute(
        update(table)
        .filter_by(**_key(facts.id, put.part))
        .where(table.c.done_at.is_(None))
        .values(done_at=now)
    ).rowcount
    if not first:
        return
    digest: str = conn.execute(
        select(handover.c.manifest_sha256).where(handover.c.case_id == facts.id)
    ).scalar_one()
    outbox.owe(conn, EVENT, facts.id, told(facts, put, Digest(digest)), now)
    record(
        conn,
        actor=BY,
        action=EVENT,
        subject=f"case:{facts.id}",
        facts={"manifest_sha256": put.manifest_sha256, "files": len(put.files)},
        now=now,
    )
    about = {"department": facts.department, "service": facts.service, "site": facts.site}
    for ceremony_id in voided:
        tell_voided(conn, facts.id, about, ceremony_id, now)


def _key(case_id: str, part: int) -> dict[str, Any]:
    return {"case_id": case_id} | ({} if part == 1 else {"part": part})


def _frozen(row: Row[Any], part: int) -> Frozen:
    return Frozen(
        name=row.folder,
        manifest_sha256=Digest(row.manifest_sha256),
        files=tuple((path, Digest(sha256)) for path, sha256 in row.files),
        part=part,
        done=row.done_at is not None,
    )
