"""What every command writes beside its facts: session log, journal, idempotency key, outbox."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, update

from counter.errors import BadInput, NotAllowedNow
from counter.journal import GENESIS, Entry, next_entry, verify
from counter.notify.deliverer_store import Deliverer
from counter.notify.notice import Channel, Letter, Notice
from counter.notify.ports import Reader
from counter.store import journal_sql, outbox
from counter.store.executor import Executor
from counter.store.housekeeping import tidy
from counter.store.once import once
from counter.store.session_log import forget, heads, tail, tell


def log(conn: Connection, number: int, now: datetime) -> Entry:
    return journal_sql.record(
        conn, actor="agent:1", action="case.closed", subject=f"case:{number}", facts={}, now=now
    )


async def test_every_audience_counts_for_itself(executor: Executor, now: datetime) -> None:
    for audience in ("terminal:1", "agent:1", "terminal:1"):
        await executor.write(tell, audience, "page.added", {}, now)
    assert await executor.read(heads, ["terminal:1", "agent:1", "agent:2"]) == {
        "terminal:1": 2,
        "agent:1": 1,
        "agent:2": 0,
    }


async def test_a_client_that_knows_its_last_row_gets_the_ones_after(
    executor: Executor, now: datetime
) -> None:
    for number in range(5):
        await executor.write(tell, "terminal:1", "page.added", {"n": number}, now)
    rows = await executor.read(tail, ["terminal:1"], {"terminal:1": 3})
    assert [(row.seq, row.body["n"]) for row in rows] == [(4, 3), (5, 4)]


async def test_forgotten_rows_leave_the_count_alone(executor: Executor, now: datetime) -> None:
    await executor.write(tell, "terminal:1", "page.added", {}, now)
    await executor.write(forget, before=now + timedelta(seconds=1))
    assert await executor.write(tell, "terminal:1", "page.added", {}, now) == 2


async def test_a_command_that_raises_tells_nobody_and_writes_nothing(
    executor: Executor, now: datetime
) -> None:
    def halfway(conn: Connection) -> None:
        tell(conn, "terminal:1", "page.added", {}, now)
        log(conn, 1, now)
        raise NotAllowedNow("no")

    with pytest.raises(NotAllowedNow):
        await executor.write(halfway)
    assert await executor.read(heads, ["terminal:1"]) == {"terminal:1": 0}
    assert await executor.read(journal_sql.check) == (0, [])


async def test_the_journal_holds_and_a_changed_line_is_found(
    executor: Executor, now: datetime
) -> None:
    for number in range(4):
        await executor.write(log, number, now)
    assert await executor.read(journal_sql.check) == (4, [])

    def forge(conn: Connection) -> None:
        table = journal_sql.journal_entry
        body = json.dumps({"seq": 2, "action": "nothing happened"})
        conn.execute(update(table).where(table.c.seq == 2).values(body=body))

    await executor.write(forge)
    _, faults = await executor.read(journal_sql.check)
    assert [fault.seq for fault in faults] == [2]


async def test_the_journal_is_walked_page_by_page(
    executor: Executor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_sql, "PAGE", 2)
    for count in range(1, 6):  # also where the last page is full
        await executor.write(log, count, now)
        entries = await executor.read(journal_sql.read_all)
        assert [entry.seq for entry in entries] == list(range(1, count + 1))
        assert await executor.read(journal_sql.check) == (count, [])


async def test_entries_about_one_subject_are_found_by_an_index(
    executor: Executor, now: datetime
) -> None:
    for number in (1, 2, 1):
        await executor.write(log, number, now)

    def look(conn: Connection) -> list[int]:
        plan: list[str] = []

        def explain(
            one: Connection, cursor: Any, sql: str, values: Any, context: Any, many: bool
        ) -> None:
            if "journal_entry" not in sql or "EXPLAIN" in sql:
                return
            how = "EXPLAIN QUERY PLAN" if conn.dialect.name == "sqlite" else "EXPLAIN"
            rows = conn.exec_driver_sql(f"{how} {sql}", values)
            plan.extend(str(row) for row in rows)

        if conn.dialect.name == "postgresql":  # of three rows it would read all
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        event.listen(conn, "before_cursor_execute", explain)
        found = [entry.seq for entry in journal_sql.entries_about(conn, "case:1")]
        event.remove(conn, "before_cursor_execute", explain)
        assert "ix_journal_entry_subject" in "".join(plan)
        return found

    assert await executor.write(look) == [1, 3]


@pytest.mark.parametrize("seq", [0, -1])
async def test_an_entry_before_the_first_is_found_and_told_to_nobody(
    executor: Executor, now: datetime, seq: int
) -> None:
    for number in (1, 2):
        await executor.write(log, number, now)

    def slip_in(conn: Connection) -> None:
        forged = next_entry(
            seq - 1, GENESIS, actor="agent:1", action="a", subject="case:1", facts={}, now=now
        )
        values = {name: getattr(forged, name) for name in ("seq", "body", "previous", "leaf")}
        conn.execute(journal_sql.journal_entry.insert(), values)

    await executor.write(slip_in)
    count, faults = await executor.read(journal_sql.check)
    assert count == 3 and faults
    assert [one.seq for one in await executor.read(journal_sql.read_all)] == [seq, 1, 2]
    about = await executor.read(journal_sql.entries_about, "case:1")
    assert [entry.seq for entry in about] == [1]


async def test_a_cut_tail_of_the_journal_is_found(executor: Executor, now: datetime) -> None:
    for number in range(3):
        await executor.write(log, number, now)

    def cut(conn: Connection) -> None:
        table = journal_sql.journal_entry
        conn.execute(delete(table).where(table.c.seq == 3))

    await executor.write(cut)
    count, faults = await executor.read(journal_sql.check)
    assert count == 2
    assert faults


def chain(length: int, now: datetime) -> list[Entry]:
    entries: list[Entry] = []
    previous = GENESIS
    for seq in range(length):
        entry = next_entry(seq, previous, actor="a:1", action="x", subject="s:1", facts={}, now=now)
        entries.append(entry)
        previous = entry.leaf
    return entries


@pytest.mark.parametrize("lost", range(4))
def test_a_lost_or_doubled_entry_breaks_the_chain(lost: int, now: datetime) -> None:
    entries = chain(4, now)
    last = entries[-1].leaf
    assert verify(entries, last_leaf=last) == []
    assert verify(entries[:lost] + entries[lost + 1 :], last_leaf=last)
    assert verify(entries[: lost + 1] + entries[lost:], last_leaf=last)


async def test_the_same_key_is_carried_out_once_and_answered_alike(
    executor: Executor, now: datetime
) -> None:
    runs: list[int] = []

    def take(conn: Connection) -> dict[str, Any]:
        runs.append(1)
        return {"number": f"A{len(runs):03}"}

    def ask(conn: Connection, who: str) -> Any:
        return once(conn, who, "key-00001", "ticket.take", take, now)

    first = await executor.write(ask, "terminal:1")
    assert await executor.write(ask, "terminal:1") == first == {"number": "A001"}
    assert await executor.write(ask, "terminal:2") == {"number": "A002"}


async def test_a_key_of_another_command_is_refused(executor: Executor, now: datetime) -> None:
    def ask(conn: Connection, command: str) -> Any:
        return once(conn, "terminal:1", "key-00001", command, lambda conn: {}, now)

    await executor.write(ask, "ticket.take")
    with pytest.raises(BadInput):
        await executor.write(ask, "ticket.leave")


async def test_what_was_refused_may_be_tried_again_with_the_same_key(
    executor: Executor, now: datetime
) -> None:
    def refuse(conn: Connection) -> Any:
        raise NotAllowedNow("not yet")

    def ask(conn: Connection, run: Any) -> Any:
        return once(conn, "terminal:1", "key-00001", "ticket.take", run, now)

    with pytest.raises(NotAllowedNow):
        await executor.write(ask, refuse)
    assert await executor.write(ask, lambda conn: {"ok": 1}) == {"ok": 1}


class Everybody:
    """Knows where everybody reads."""

    async def reader(
        self, kind: str, ref: str, body: Mapping[str, Any], now: datetime
    ) -> Reader | None:
        return Reader(to=f"{ref}@example.org", language="pt")

    async def letter(
        self, kind: str, ref: str, body: Mapping[str, Any], language: str, now: datetime
    ) -> Letter:
        return Letter(subject=kind, text=f"{body['day']}\n", short=kind)


class Letterbox:
    """A sink that fails as often as it is told."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.read: list[Notice] = []

    async def deliver(self, notice: Notice) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the gateway is away")
        self.read.append(notice)


async def test_what_is_owed_is_delivered_again_until_it_got_there(
    executor: Executor, now: datetime
) -> None:
    await executor.write(outbox.owe, "appointment.confirmed", "ap-1", {"day": "Monday"}, now)
    time = [now]
    letterbox = Letterbox(failures=1)
    sinks = {Channel.EMAIL: letterbox}
    deliverer = Deliverer(executor, Everybody(), sinks, lambda: time[0])
    assert await deliverer.deliver_due() == 0
    assert await deliverer.deliver_due() == 0  # it rests before the next attempt
    time[0] = now + timedelta(minutes=1)
    assert await deliverer.deliver_due() == 1
    time[0] = now + timedelta(days=1)
    assert await deliverer.deliver_due() == 0
    (notice,) = letterbox.read
    assert (notice.kind, notice.to, notice.language) == (
        "appointment.confirmed",
        "ap-1@example.org",
        "pt",
    )
    assert notice.letter.text == "Monday\n"


async def test_tidying_forgets_what_is_old_and_nothing_else(
    executor: Executor, now: datetime
) -> None:
    await executor.write(tell, "terminal:1", "page.added", {}, now)
    await executor.write(log, 1, now)
    await executor.write(lambda conn: once(conn, "t:1", "key-00001", "x", lambda c: {}, now))
    await executor.write(outbox.owe, "appointment.booked", "ap-1", {}, now)
    await executor.write(tidy, now + timedelta(days=40))
    assert await executor.read(tail, ["terminal:1"], {}) == []
    assert await executor.read(journal_sql.check) == (1, [])
    # Not delivered yet: still owed, however old.
    assert len(await executor.write(outbox.take_due, now + timedelta(days=40))) == 1
