"""Ceremonies between call, identification and the end of a visit, on the rows of all of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.app.attending import CALLS
from counter.app.hooks import put_papers_away
from counter.esign.attendance import Turned
from counter.esign.form_typst import shipped_forms
from counter.esign.record_ports import NewDocument, NewRevision
from counter.esign.refusals import IdentityFirst
from counter.esign.store_attendance import begin, require_known, resume
from counter.esign.store_endings import expire, overdue
from counter.esign.store_presenting import prepare, present
from counter.esign.store_tables import ceremony
from counter.esign.store_watched import watched_of
from counter.identity.store_proofing_tables import proofing
from counter.ids import CaseId, CeremonyId, Digest, DocumentId
from counter.protocol import hands
from counter.signaling.ring import AGENT_LEASE
from counter.store.cases import audiences, get_case
from counter.store.executor import Executor
from tests.signaling.talk import Talk

C = CeremonyId("c-1")
MINUTE = timedelta(minutes=1)


def shown(conn: Connection, talk: Talk) -> None:
    """A form is put on the citizen's screen."""
    new = NewDocument(
        ceremony_id=C,
        document_id=DocumentId("d-1"),
        case_id=CaseId(talk.case_id),
        form=shipped_forms().all()[0],
        data={"purpose": "-"},
        language="pt",
        sha256=Digest("ab" * 32),
        size_bytes=9,
    )
    prepare(conn, new, by="agent:a-1", now=talk.now)
    certified = NewRevision(kind="certified", sha256=Digest("cd" * 32), size_bytes=10)
    present(conn, C, new.sha256, certified, (), audiences=audiences, now=talk.now)
    begin(conn, talk.case_id, C, calls=CALLS, now=talk.now)


def state(conn: Connection) -> str:
    found: str = conn.execute(select(ceremony.c.state)).scalar_one()
    return found


def decided(conn: Connection, talk: Talk, number: int, outcome: str, target: str = "L2") -> None:
    """An identification that began and ended now."""
    conn.execute(
        proofing.insert().values(
            id=f"p-{number}",
            case_id=talk.case_id,
            department_id="d-1",
            agent_id="a-1",
            document="bir",
            target=target,
            state=outcome,
            challenge={},
            begun_at=talk.now,
            decided_at=talk.now,
        )
    )


def lose_the_agent(conn: Connection, talk: Talk) -> None:
    """The desk falls silent; the citizen's terminal does not."""
    for _ in range(4):
        talk.later(AGENT_LEASE / 2, "t-1", "a-2")
    assert CALLS.now(conn, talk.case_id) is None


def again(conn: Connection, talk: Talk) -> str:
    """Another agent takes the citizen, who waited at the terminal."""
    talk.commands.accept(conn, "a-2", talk.now)
    call_id = CALLS.now(conn, talk.case_id)
    assert call_id is not None
    return call_id


async def in_a_call(executor: Executor, now: datetime, play: Any) -> None:
    def command(conn: Connection) -> None:
        talk = Talk(conn, now)
        play(conn, talk)

    await executor.write(command)


async def test_the_document_belongs_to_the_call_in_which_it_was_presented(
    executor: Executor, now: datetime
) -> None:
    def play(conn: Connection, talk: Talk) -> None:
        shown(conn, talk)
        seen = watched_of(conn, talk.case_id, CALLS)[C]
        assert (seen.attendance.call_id, seen.attendance.paused) == (talk.call_id, False)
        lose_the_agent(conn, talk)
        seen = watched_of(conn, talk.case_id, CALLS)[C]
        assert seen.attendance.paused and not seen.may_resume
        again(conn, talk)
        # Nobody was ever identified: the agent who sees the citizen may go on.
        assert watched_of(conn, talk.case_id, CALLS)[C].may_resume
        resume(
            conn, talk.case_id, C, by="agent:a-2", calls=CALLS, audiences=audiences, now=talk.now
        )
        assert not watched_of(conn, talk.case_id, CALLS)[C].attendance.paused

    await in_a_call(executor, now, play)


@pytest.mark.parametrize(
    "anew, goes_on",
    [
        ([], False),
        ([("refused", "L2")], False),
        ([("aborted", "L2")], False),
        ([("identified", "L1")], False),
        ([("identified", "L2"), ("refused", "L2")], False),
        ([("identified", "L2")], True),
        ([("refused", "L2"), ("identified", "L3")], True),
    ],
)
async def test_who_was_identified_is_identified_again_before_it_goes_on(
    executor: Executor, now: datetime, anew: list[tuple[str, str]], goes_on: bool
) -> None:
    def play(conn: Connection, talk: Talk) -> None:
        decided(conn, talk, 0, "identified")
        shown(conn, talk)
        lose_the_agent(conn, talk)
        again(conn, talk)
        for number, (outcome, target) in enumerate(anew, 1):
            talk.now += timedelta(seconds=1)
            decided(conn, talk, number, outcome, target)
        how: dict[str, Any] = {"by": "agent:a-2", "calls": CALLS, "audiences": audiences}
        assert watched_of(conn, talk.case_id, CALLS)[C].may_resume is goes_on
        if goes_on:
            resume(conn, talk.case_id, C, **how, now=talk.now)
        else:
            with pytest.raises(IdentityFirst):
                resume(conn, talk.case_id, C, **how, now=talk.now)

    await in_a_call(executor, now, play)


@pytest.mark.parametrize("known", [False, True])
async def test_a_form_shown_in_a_new_call_waits_until_who_was_identified_is_again(
    executor: Executor, now: datetime, known: bool
) -> None:
    def play(conn: Connection, talk: Talk) -> None:
        decided(conn, talk, 0, "identified")
        lose_the_agent(conn, talk)
        call_id = again(conn, talk)
        if known:
            talk.now += timedelta(seconds=1)
            decided(conn, talk, 1, "identified")
        shown(conn, talk)
        attendance = watched_of(conn, talk.case_id, CALLS)[C].attendance
        assert (attendance.call_id, attendance.paused) == (
            (call_id, False) if known else (talk.call_id, True)
        )
        if known:
            require_known(conn, talk.case_id, CALLS)
        else:
            with pytest.raises(IdentityFirst):
                require_known(conn, talk.case_id, CALLS)

    await in_a_call(executor, now, play)


async def test_an_identification_begun_before_the_call_broke_counts_where_it_was_decided(
    executor: Executor, now: datetime
) -> None:
    def play(conn: Connection, talk: Talk) -> None:
        decided(conn, talk, 0, "identified")
        begun_at = talk.now
        lose_the_agent(conn, talk)
        again(conn, talk)
        talk.now += timedelta(seconds=1)
        decided(conn, talk, 1, "identified")
        conn.execute(proofing.update().where(proofing.c.id == "p-1").values(begun_at=begun_at))
        require_known(conn, talk.case_id, CALLS)

    await in_a_call(executor, now, play)


async def test_a_form_that_nobody_watches_over_waits(executor: Executor, now: datetime) -> None:
    def play(conn: Connection, talk: Talk) -> None:
        lose_the_agent(conn, talk)
        shown(conn, talk)
        assert watched_of(conn, talk.case_id, CALLS)[C].attendance.paused

    await in_a_call(executor, now, play)


async def test_a_quarter_of_an_hour_after_the_call_it_is_over(
    executor: Executor, now: datetime
) -> None:
    def play(conn: Connection, talk: Talk) -> None:
        shown(conn, talk)
        lose_the_agent(conn, talk)
        seen = watched_of(conn, talk.case_id, CALLS)[C]
        ends_at = seen.attendance.deadline
        assert ends_at is not None
        assert overdue(conn, CALLS, ends_at - timedelta(seconds=1)) == ()
        assert overdue(conn, CALLS, ends_at) == (C,)
        expire(conn, C, calls=CALLS, audiences=audiences, now=ends_at - timedelta(seconds=1))
        assert state(conn) == "presented", "harmless when early"
        expire(conn, C, calls=CALLS, audiences=audiences, now=ends_at)
        assert state(conn) == "expired"
        assert "ceremony.expired" in talk.told("terminal:t-1")

    await in_a_call(executor, now, play)


@pytest.mark.parametrize("by, becomes", [("terminal:t-1", "abandoned"), ("agent:a-1", "withdrawn")])
async def test_at_the_end_of_a_visit_what_was_not_signed_is_nobodys(
    executor: Executor, now: datetime, by: str, becomes: str
) -> None:
    def play(conn: Connection, talk: Talk) -> None:
        shown(conn, talk)
        case = get_case(conn, CaseId(talk.case_id))
        put_papers_away(conn, case, by=by, now=talk.now)
        assert state(conn) == becomes

    await in_a_call(executor, now, play)


async def test_a_page_is_whose_who_turned_to_it_last(executor: Executor, now: datetime) -> None:
    def play(conn: Connection, talk: Talk) -> None:
        assert CALLS.turned(conn, talk.case_id) is None
        talk.ask("a-1", hands.HandPage, ceremony_id=C, number=2)
        assert CALLS.turned(conn, talk.case_id) == Turned(ceremony_id=C, page=2, by="agent")
        talk.ask("t-1", hands.PageTurn, ceremony_id=C, number=1)
        assert CALLS.turned(conn, talk.case_id) == Turned(ceremony_id=C, page=1, by="citizen")
        lose_the_agent(conn, talk)
        assert CALLS.turned(conn, talk.case_id) is None

    await in_a_call(executor, now, play)
