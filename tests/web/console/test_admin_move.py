"""The department moves what cannot stay, by forms; agents and other departments do not."""

from datetime import date

import pytest

from booking.appointment import Details
from booking.service import BookingService
from tests.web.conftest import Clock
from tests.web.console.editor import As, Editor
from tests.web.console.test_admin_pages import HOME, SERVICE, SITE, WORDS


async def closed_day(boss: Editor, booking: BookingService, clock: Clock) -> str:
    """Book on a day, and close it; the id of the appointment."""
    start = (await booking.slots(SERVICE, SITE, date(2026, 11, 24), clock()))[0].start
    hold = await booking.hold("k", SERVICE, SITE, start, "p", clock())
    await booking.confirm(
        hold.reference, Details(name="陳大文", contact="ana@example.org"), clock()
    )
    await boss.get(f"{HOME}/closure")
    await boss.send("preview", day="2026-11-24", **WORDS)
    assert "/move/" not in boss.body, "nothing has to be moved yet"
    await boss.send("publish")
    return hold.appointment_id


@pytest.mark.one_engine
async def test_one_is_moved_from_the_list(
    signed_in: As,
    booking: BookingService,
    clock: Clock,
) -> None:
    boss = await signed_in("mok")
    moved = await closed_day(boss, booking, clock)
    await boss.get(HOME)
    assert f'href="{HOME}/move/{moved}"' in boss.body
    await boss.get(f"{HOME}/move/{moved}")
    assert "陳大文, ana@example.org" in boss.text and "Closed at that time" in boss.text
    assert "25 November" in boss.text and "Tuesday 24 November 2026, 09:00" in boss.text
    await boss.send("")
    assert boss.status == 422 and "Choose a time" in boss.text
    await boss.get(f"{HOME}/move/{moved}?site={SITE}&day=2026-12-02")
    (offer, *_) = await booking.slots(SERVICE, SITE, date(2026, 12, 2), clock())
    assert offer.start.isoformat() in boss.body
    await booking.hold("k", SERVICE, SITE, offer.start, "q", clock())
    await boss.send("", start=offer.start.isoformat())
    assert boss.status == 409 and "has just taken this time" in boss.text
    (offer, *_) = await booking.slots(SERVICE, SITE, date(2026, 12, 2), clock())
    await boss.send("", start=offer.start.isoformat())
    assert "The appointment is moved. Whoever booked is told." in boss.text
    assert "/move/" not in boss.body
    assert await booking.to_be_moved(clock()) == []
    await boss.get(f"{HOME}/move/{moved}")
    assert boss.status == 409 and "can stay where it is" in boss.text


@pytest.mark.one_engine
async def test_a_day_without_a_free_time_says_what_to_do(
    signed_in: As,
    booking: BookingService,
    clock: Clock,
) -> None:
    boss = await signed_in("mok")
    moved = await closed_day(boss, booking, clock)
    for asked in ("?day=2026-11-28", "?day=1999-01-01", "?day=2026-11-24&site=nowhere"):
        await boss.get(f"{HOME}/move/{moved}{asked}")
        assert boss.status == 200 and "Choose another day or place" in boss.text


@pytest.mark.one_engine
async def test_only_a_supervisor_of_the_department_moves(
    signed_in: As,
    booking: BookingService,
    clock: Clock,
) -> None:
    moved = await closed_day(await signed_in("mok"), booking, clock)
    agent, stranger = await signed_in("lei"), await signed_in("wang")
    await agent.get(HOME)
    assert "/move/" not in agent.body
    for other in (agent, stranger):
        assert (await other.get(f"{HOME}/move/{moved}")).status == 403
        assert (await other.post(f"{HOME}/move/{moved}")).status == 403
    boss = await signed_in("mok")
    await boss.get(f"/console/booking/dsi/move/{moved}")
    assert boss.status == 404 and "陳大文" not in boss.text
    assert len(await booking.to_be_moved(clock())) == 1
