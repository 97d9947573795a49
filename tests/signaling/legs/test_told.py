"""What media processes are told of legs, and when they let go of them."""

from sqlalchemy import select

from counter.errors import NotAllowedNow, Refusal
from counter.protocol import terminal
from counter.signaling.media_ports import CallShape
from counter.signaling.tables import call
from tests.signaling.visits import Visit


async def test_a_worker_is_told_once_who_takes_part(visit: Visit) -> None:
    told = []
    arrange = visit.media.arrange

    async def count(worker: str, call_id: str, shape: CallShape) -> None:
        told.append((worker, [(party.owner, party.role) for party in shape.parties]))
        await arrange(worker, call_id, shape)

    visit.media.arrange = count  # type: ignore[method-assign]
    await visit.join(visit.terminal)
    await visit.join(visit.agent)
    await visit.service.sweep()
    assert told == [("w-1", [("terminal:t-1", "citizen"), ("agent:a-1", "agent")])]


async def test_a_worker_that_could_not_be_told_is_told_by_the_sweeper(visit: Visit) -> None:
    arrange = visit.media.arrange

    async def refuse(worker: str, call_id: str, shape: CallShape) -> None:
        raise NotAllowedNow("later")

    visit.media.arrange = refuse  # type: ignore[method-assign]
    assert (await visit.service.legs.join(visit.terminal)).leg_id
    assert not visit.media.shapes
    visit.media.arrange = arrange  # type: ignore[method-assign]
    await visit.service.sweep()
    assert list(visit.media.shapes) == [("w-1", (await visit.call_row())[0])]


async def test_what_changes_while_it_is_told_is_told_again(visit: Visit) -> None:
    """Two nodes may tell in the wrong order: who finds that told is old tells the newest."""
    seen: list[int] = []
    arrange = visit.media.arrange

    async def slow(worker: str, call_id: str, shape: CallShape) -> None:
        seen.append(await visit.executor.read(lambda conn: conn.scalars(select(call.c.rev)).one()))
        if len(seen) == 1:
            await visit.executor.write(visit.rearranged, call_id)
        await arrange(worker, call_id, shape)

    visit.media.arrange = slow  # type: ignore[method-assign]
    await visit.join(visit.terminal)
    assert seen[1:] == [seen[0] + 1]
    assert await visit.store.unarranged() == []


async def test_a_call_that_ends_while_it_is_told_is_let_go_of(visit: Visit) -> None:
    arrange = visit.media.arrange

    async def slow(worker: str, call_id: str, shape: CallShape) -> None:
        await visit.close()
        visit.media.ended.clear()
        await arrange(worker, call_id, shape)

    visit.media.arrange = slow  # type: ignore[method-assign]
    call_id, _ = await visit.call_row()
    await visit.service.legs.join(visit.terminal)
    assert visit.media.ended == [("w-1", call_id)]


async def test_a_closed_case_lets_go_of_the_call_and_of_the_terminals_leg(visit: Visit) -> None:
    await visit.join(visit.agent)
    await visit.join(visit.terminal)
    call_id, _ = await visit.call_row()
    await visit.close()
    assert visit.media.ended == [("w-1", call_id)]
    assert (await visit.call_row())[1] is None
    assert list(visit.media.held) == [("w-1", "agent:a-1")], "the agent's stays warm"
    await visit.service.legs.let_go()
    assert len(visit.media.ended) == 1


async def test_a_ticket_given_back_lets_go_of_the_leg(morning: Visit) -> None:
    await morning.take_ticket()
    first = await morning.join(morning.terminal)
    await morning.service.carry_out(morning.terminal, terminal.TicketLeave(key=morning.key()))
    assert morning.media.held == {}
    await morning.take_ticket()
    told = await morning.leg(morning.terminal)
    assert told is not None and told.tag > first.tag, "who missed the end makes a new one"


async def test_a_dead_worker_has_let_go_already(visit: Visit) -> None:
    await visit.join(visit.agent)
    visit.media.die("w-1")
    await visit.close()
    assert (await visit.call_row())[1] is None


async def test_media_that_cannot_let_go_now_is_asked_again(visit: Visit) -> None:
    class Slow(Refusal):
        code = "busy"

    end = visit.media.end

    async def refuse(worker: str, call_id: str) -> None:
        raise Slow("later")

    await visit.join(visit.agent)
    visit.media.end = refuse  # type: ignore[method-assign]
    await visit.close()
    assert (await visit.call_row())[1] == "w-1"
    visit.media.end = end  # type: ignore[method-assign]
    await visit.service.sweep()
    assert (await visit.call_row())[1] is None
