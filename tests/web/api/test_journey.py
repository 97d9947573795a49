"""A whole journey of one program: found, looked at, held, confirmed, kept, moved, cancelled."""

from datetime import UTC, datetime

from icalendar import Calendar

from tests.web.api.conftest import NewProgram
from tests.web.api.programs import DAY, DETAILS, PERSON, SERVICE, SITE, Program
from tests.web.conftest import Clock


async def test_from_a_word_to_an_appointment_and_back(program: Program) -> None:
    found = await program.get("/search?q=criminal record")
    assert found.json["found"][0]["service"] == SERVICE
    service = await program.get(f"/services/{SERVICE}")
    assert service.json["department"] == "dsi"
    sites = await program.get(f"/sites?service={SERVICE}")
    assert SITE in [one["id"] for one in sites.json["sites"]]

    first, second, *_ = await program.starts()
    held = await program.hold(first)
    assert held.status == 201
    assert held.json["start"] == first
    reference = held.json["reference"]
    seen = await program.get("/appointment", Reference=reference)
    assert (seen.json["state"], seen.json["expires_at"]) == ("held", held.json["expires_at"])

    booked = await program.post("/appointment/confirm", reference=reference, **DETAILS)
    assert (booked.status, booked.json["state"]) == (200, "booked")
    assert booked.json["id"] == held.json["id"]
    assert (booked.json["name"], booked.json["language"]) == (DETAILS["name"], "pt")
    assert booked.headers["Cache-Control"] == "no-store"

    entry = await program.get("/appointment/calendar", Reference=reference)
    assert entry.headers["Content-Type"].startswith("text/calendar")
    (event,) = Calendar.from_ical(entry.text).walk("VEVENT")
    assert event["UID"] == f"{held.json['id']}@counter.example"
    assert event.decoded("DTSTART").astimezone(UTC) == datetime.fromisoformat(first)
    assert DETAILS["name"] not in entry.text

    moved = await program.post("/appointment/change", reference=reference, site=SITE, start=second)
    assert (moved.json["start"], moved.json["version"]) == (second, booked.json["version"] + 1)

    for _ in range(2):
        gone = await program.post("/appointment/cancel", reference=reference)
        assert (gone.status, gone.json["state"]) == (200, "cancelled")
    held_again = await program.hold(second)
    assert held_again.status == 201, "what was cancelled can be had again"


async def test_the_first_free_time_of_a_morning(program: Program) -> None:
    starts = await program.starts()
    body = {"service": SERVICE, "site": SITE, "day": DAY, "part": "morning", "person": PERSON}
    held = await program.post("/hold/first", **body)
    assert (held.status, held.json["start"]) == (201, starts[0])


async def test_who_waits_is_offered_what_becomes_free_and_takes_it(
    program: Program, new_program: NewProgram, clock: Clock
) -> None:
    other = await new_program()
    start = (await program.starts())[0]
    wish = await program.wish(start)
    free = await program.post("/waiting", **wish)
    assert (free.status, free.code) == (409, "slot_is_free")
    assert datetime.fromisoformat(free.json["start"]) == datetime.fromisoformat(start)

    taken = await other.take_all(start, clock)
    joined = await program.post("/waiting", **wish)
    assert joined.status == 201
    await other.post("/appointment/cancel", reference=taken[0])

    entry = await program.get("/waiting", Reference=joined.json["reference"])
    assert (entry.json["state"], entry.json["offer"]["start"]) == ("offered", start)
    offered = entry.json["offer"]["reference"]
    booked = await program.post("/appointment/confirm", reference=offered, **DETAILS)
    assert booked.json["state"] == "booked"
    entry = await program.get("/waiting", Reference=joined.json["reference"])
    assert entry.json["state"] == "taken"


async def test_waiting_is_left(program: Program, clock: Clock) -> None:
    start = (await program.starts())[0]
    await program.take_all(start, clock)
    joined = await program.post("/waiting", **await program.wish(start))
    for _ in range(2):
        left = await program.post("/waiting/leave", reference=joined.json["reference"])
        assert (left.status, left.json["state"]) == (200, "left")
