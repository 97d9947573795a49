"""A department changes its booking by forms and pages, on the real booking and both engines."""

from datetime import date

import pytest

from booking.appointment import Details
from booking.catalogue import Ability, Acting
from booking.service import BookingService
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from tests.web.citizen.walk import Citizen
from tests.web.conftest import Clock
from tests.web.console.editor import As

SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
HOME = "/console/booking/dsf"
WORDS = {
    "reason__zh_Hant": "員工培訓",
    "reason__zh_Hans": "员工培训",
    "reason__pt": "Formação",
    "reason__en": "Staff training",
}
FORMS = (
    "closure",
    "hours",
    "capacity",
    "lanes",
    "release",
    f"texts?of={SERVICE}",
    f"facts?of={SERVICE}",
)


@pytest.mark.one_engine
async def test_a_day_is_closed_looked_at_made_and_taken_back(
    signed_in: As, booking: BookingService, executor: Executor, clock: Clock
) -> None:
    start = (await booking.slots(SERVICE, SITE, date(2026, 11, 24), clock()))[0].start
    hold = await booking.hold("k", SERVICE, SITE, start, "p", clock())
    await booking.confirm(hold.reference, Details(name="陳大文"), clock())
    boss = await signed_in("mok")
    await boss.get(f"{HOME}/closure")
    await boss.send("preview", day="2026-11-24", **WORDS)
    assert (boss.status, "Is this right?" in boss.text) == (200, True)
    assert "1 appointment could not stay where it is" in boss.text
    assert "陳大文" not in boss.text
    assert "O serviço público está encerrado neste dia: Formação" in boss.text
    citizen = Citizen(boss.client)
    await citizen.get(f"/services/{SERVICE}/day?site={SITE}")
    assert "Staff training" not in citizen.text, "nothing is changed yet"
    await boss.send("publish")
    assert boss.path.endswith("/changes/1?done=1")
    assert "Citizens see it now" in boss.text
    await citizen.get(f"/services/{SERVICE}/day?site={SITE}")
    assert "The department is closed on this day: Staff training" in citizen.text
    await boss.get(HOME)
    assert "1 appointment has to be moved" in boss.text and "陳大文" in boss.text
    entries = [one.body for one in await executor.read(read_all)]
    assert any('"action":"catalogue.changed"' in one and "supervisor:mok" in one for one in entries)
    await boss.post(f"{HOME}/changes/1/undo")
    assert boss.path.endswith("/changes/2?done=1")
    await citizen.get(f"/services/{SERVICE}/day?site={SITE}")
    assert "Staff training" not in citizen.text
    await boss.get(f"{HOME}/changes")
    assert "Taken back" in boss.text


@pytest.mark.one_engine
async def test_texts_papers_and_facts_reach_the_page_of_the_service(signed_in: As) -> None:
    boss = await signed_in("mok")
    citizen = Citizen(boss.client)
    await boss.get(f"{HOME}/texts?of={SERVICE}")
    last = max(int(name.split("-")[1]) for name in boss.fields if name.startswith("paper-"))
    own = {f"paper__{last}__{one}": f"Tax card {one}" for one in ("zh_Hant", "zh_Hans", "pt", "en")}
    await boss.send("preview", names__en="Certificate of salaries tax, new", **own)
    await boss.send("publish")
    assert boss.status == 200 and "changes/1" in boss.path
    await boss.get(f"{HOME}/facts?of={SERVICE}")
    await boss.send("preview", fee="12.50", slot_minutes="30", processing_days="3")
    await boss.send("publish")
    await citizen.get(f"/services/{SERVICE}")
    for said in (
        "Certificate of salaries tax, new",
        "Tax card en",
        "12.50",
        "About 30 minutes",
        "After 3 working days",
    ):
        assert said in citizen.text, said


@pytest.mark.one_engine
async def test_who_may_come_what_it_needs_and_what_people_call_it(
    signed_in: As, booking: BookingService
) -> None:
    boss = await signed_in("mok")
    before = await booking.service(SERVICE)
    await boss.get(f"{HOME}/facts?of={SERVICE}")
    await boss.send("preview", **{"acts-social_worker": "yes", "able-printer": "yes"})
    assert "A social worker" in boss.text and "A printer" in boss.text
    await boss.send("publish")
    after = await booking.service(SERVICE)
    assert set(after.acts_for) - set(before.acts_for) == {Acting.SOCIAL_WORKER}
    assert after.abilities - before.abilities == {Ability.PRINTER}
    await boss.get(f"{HOME}/texts?of={SERVICE}")
    assert boss.fields["words-en"] == ", ".join(before.synonyms["en"])
    await boss.send(
        "preview", words__en="pay slip, Tax paper; pay slip", words__zh_Hant="糧單、稅單"
    )
    assert "Everyday words (English)" in boss.text
    await boss.send("publish")
    words = (await booking.service(SERVICE)).synonyms
    assert (words["en"], words["zh_Hant"]) == (("pay slip", "Tax paper"), ("糧單", "稅單"))
    assert words["pt"] == before.synonyms["pt"]
    found = Citizen(boss.client)
    await found.get("/search?q=tax+paper")
    assert after.names["en"] in found.text


@pytest.mark.one_engine
async def test_each_agent_speaks_what_is_ticked(signed_in: As, booking: BookingService) -> None:
    boss = await signed_in("mok")
    await boss.get(f"{HOME}/capacity")
    await boss.send("preview", lanes="2", quota="16")
    await boss.send("publish")
    await boss.get(f"{HOME}/lanes")
    for said in ("yue", "cmn"):
        del boss.fields[f"lane-1-{said}"]
    await boss.send("preview")
    assert "Agent 1" in boss.text and "Agent 2" not in boss.text
    await boss.send("publish")
    assert (await booking.department("dsf")).speech == (("pt", "en"),)
    await boss.get(f"{HOME}/lanes")
    assert "lane-1-yue" not in boss.fields and "lane-2-yue" in boss.fields
    for said in ("pt", "en"):
        del boss.fields[f"lane-1-{said}"]
    await boss.send("preview")
    assert boss.status == 422 and 'href="#lane-1"' in boss.body


@pytest.mark.one_engine
async def test_withdrawn_and_offered_again(signed_in: As, booking: BookingService) -> None:
    boss = await signed_in("mok")
    await boss.get(f"{HOME}/facts?of={SERVICE}")
    await boss.send("preview", offered="no")
    await boss.send("publish")
    assert SERVICE not in {one.id for one in await booking.services("dsf")}
    await boss.get(HOME)
    assert "Withdrawn" in boss.text
    await boss.get(f"{HOME}/facts?of={SERVICE}")
    await boss.send("preview", offered="yes")
    await boss.send("publish")
    assert SERVICE in {one.id for one in await booking.services("dsf")}


@pytest.mark.one_engine
async def test_hours_capacity_and_a_release(signed_in: As, booking: BookingService) -> None:
    boss = await signed_in("mok")
    await boss.get(f"{HOME}/hours")
    await boss.send(
        "preview", **{"closes-1-1": "12:00"}, **{"from": "day", "from_day": "2026-12-01"}
    )
    assert "09:00–12:00" in boss.text
    await boss.send("publish")
    assert "It takes effect by itself" in boss.text
    await boss.get(f"{HOME}/capacity")
    await boss.send("preview", lanes="2", quota="16")
    await boss.send("publish")
    assert (await booking.department("dsf")).lanes == 2
    await boss.get(f"{HOME}/release")
    await boss.send(
        "preview",
        from_day="2026-12-14",
        to_day="2026-12-18",
        opens_day="2026-12-07",
        opens_time="09:00",
    )
    await boss.send("publish")
    (release,) = (await booking.department("dsf")).releases
    assert release.opens_at.isoformat() == "2026-12-07T01:00:00+00:00"
    await boss.get(f"{HOME}/release?of={release.id}")
    await boss.send("preview", kind="cancel")
    assert boss.status == 422 and "Say that every day may open" in boss.text
    await boss.send("preview", opens_all="yes")
    assert "No entry is left then" in boss.text and "next 30" in boss.text
    await boss.send("publish")
    assert (await booking.department("dsf")).releases == ()
    await boss.get(HOME)
    assert "Changes to come" in boss.text


@pytest.mark.one_engine
async def test_the_second_of_two_editors_keeps_what_they_typed(
    signed_in: As, booking: BookingService
) -> None:
    one, other = await signed_in("mok"), await signed_in("hong")
    await one.get(f"{HOME}/capacity")
    await other.get(f"{HOME}/capacity")
    await other.send("preview", lanes="3", quota="30")
    await one.send("preview", lanes="2", quota="20")
    await one.send("publish")
    await other.send("publish")
    assert other.status == 409
    assert "Somebody else changed this while you were writing" in other.text
    assert (other.fields["lanes"], other.fields["quota"]) == ("3", "30")
    assert (await booking.department("dsf")).lanes == 2
    await other.send("preview")
    await other.send("publish")
    assert (await booking.department("dsf")).lanes == 3


@pytest.mark.one_engine
async def test_sent_twice_it_is_made_once(signed_in: As, booking: BookingService) -> None:
    boss = await signed_in("mok")
    await boss.get(f"{HOME}/capacity")
    await boss.send("preview", lanes="2", quota="16")
    path, fields = boss.path, dict(boss.fields)
    await boss.send("publish")
    boss.path, boss.fields = path, fields
    await boss.send("publish")
    assert boss.path.endswith("/changes/1?done=1")
    assert len(await booking.changes("dsf")) == 1


@pytest.mark.one_engine
async def test_mistakes_stand_beside_their_fields_and_nothing_is_lost(signed_in: As) -> None:
    boss = await signed_in("mok")
    await boss.get(f"{HOME}/facts?of={SERVICE}")
    await boss.send("preview", slot_minutes="7", fee="a lot", weekly="99")
    assert boss.status == 422
    assert "Write it as in the example" in boss.text and 'href="#fee"' in boss.body
    assert (boss.fields["slot_minutes"], boss.fields["fee"]) == ("7", "a lot")
    await boss.send("preview", fee="")
    assert "multiple of 5 minutes" in boss.text and "Between 1 and 7 a week" in boss.text
    assert "<title>Error:" in boss.body
    await boss.get(f"{HOME}/closure")
    await boss.send("preview", day="2026-11-24", reason__zh_Hant="培訓")
    assert boss.status == 422 and 'href="#reason-pt"' in boss.body
    assert boss.fields["reason-zh_Hant"] == "培訓"
    await boss.send("preview", **WORDS)
    assert boss.status == 200
    await boss.send("edit")
    assert boss.fields["reason-pt"] == "Formação"


@pytest.mark.one_engine
@pytest.mark.parametrize("form", FORMS)
async def test_an_agent_looks_and_changes_nothing(
    signed_in: As, booking: BookingService, form: str
) -> None:
    agent = await signed_in("lei")
    await agent.get(HOME)
    assert agent.status == 200 and "You can look" in agent.text
    await agent.get(f"{HOME}/{form}")
    assert agent.status == 403
    agent.path, agent.fields = f"{HOME}/{form}", {"lanes": "9", "quota": "9"}
    await agent.send("publish")
    assert agent.status == 403
    assert await booking.changes("dsf") == []


@pytest.mark.one_engine
@pytest.mark.parametrize("form", FORMS)
async def test_another_department_is_nobody_elses(
    signed_in: As, booking: BookingService, form: str
) -> None:
    stranger = await signed_in("wang")
    for path in (HOME, f"{HOME}/changes", f"{HOME}/{form}", "/console/booking/nowhere"):
        await stranger.get(path)
        assert stranger.status == 403, path
    stranger.path, stranger.fields = f"{HOME}/{form}", {"lanes": "9", "quota": "9"}
    await stranger.send("publish")
    assert stranger.status == 403
    assert await booking.changes("dsf") == []


@pytest.mark.one_engine
async def test_a_service_of_another_department_is_not_changed_through_ones_own(
    signed_in: As,
) -> None:
    boss = await signed_in("hong")
    for form in ("texts", "facts"):
        await boss.get(f"{HOME}/{form}?of=dsi-passport")
        assert boss.status == 404


@pytest.mark.one_engine
async def test_a_change_of_another_department_is_not_taken_back(
    signed_in: As, booking: BookingService
) -> None:
    boss, stranger = await signed_in("mok"), await signed_in("wang")
    await boss.get(f"{HOME}/capacity")
    await boss.send("preview", lanes="2", quota="16")
    await boss.send("publish")
    await stranger.post(f"{HOME}/changes/1/undo")
    assert stranger.status == 403
    await stranger.post("/console/booking/hq_tax/changes/1/undo")
    assert stranger.status == 404
    agent = await signed_in("lei")
    await agent.get(f"{HOME}/changes/1")
    assert agent.status == 200 and "Take this change back" not in agent.text
    await agent.post(f"{HOME}/changes/1/undo")
    assert agent.status == 403
    assert (await booking.department("dsf")).lanes == 2


@pytest.mark.one_engine
async def test_nobody_signed_in_is_sent_to_sign_in(signed_in: As) -> None:
    nobody = await signed_in("nobody")
    for path in ("/console/booking", HOME, f"{HOME}/hours"):
        await nobody.get(path)
        assert nobody.status == 401


@pytest.mark.one_engine
async def test_who_serves_one_department_comes_to_it_at_once(signed_in: As) -> None:
    hong, mok = await signed_in("hong"), await signed_in("mok")
    assert (await hong.get("/console/booking")).path == HOME
    assert "Identification Services Bureau" in (await mok.get("/console/booking")).text


NASTY = ("\x00", "-1", "0", "999999", "9999-12-31", "0001-01-01", "24:00", "9" * 400, "<b>&\ud83d")


# PostgreSQL takes less than SQLite.
@pytest.mark.parametrize(
    "new_executor", ["postgres", pytest.param("sqlite", marks=pytest.mark.deep)], indirect=True
)
@pytest.mark.parametrize("form", FORMS)
async def test_whatever_is_typed_is_answered_in_words(signed_in: As, form: str) -> None:
    boss = await signed_in("mok")
    await boss.get(f"{HOME}/{form}")
    path, known = boss.path, dict(boss.fields)
    for value in NASTY:
        text = value.encode("utf-8", "replace").decode()
        fields = {name: text for name in known if not name.startswith("seen")}
        for step, begins in (("preview", "now"), ("publish", "now"), (text, "day"), ("edit", text)):
            boss.path, boss.fields = path, fields
            await boss.send(step, **{"from": begins, "from_day": text, "kind": "hours"})
            assert boss.status in (200, 404, 409, 422), (value, step, boss.text[:200])
            assert "<b>" not in boss.body
    await boss.get(f"{HOME}/{form.partition('?')[0]}?of=%00x")
    assert boss.status == 404
