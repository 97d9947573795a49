"""Calendar files that other programs read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from booking.appointment import AppointmentView, State
from booking.catalogue import LANGUAGES
from booking.ics import FOLD_BYTES, calendar_entry
from booking.seed_toml import seed

CATALOGUE = seed([2026]).catalogue
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
VIEW = AppointmentView(
    appointment_id="a-1",
    state=State.BOOKED,
    department="hq_commerce",
    service="hq_commerce-company-setup",
    site="macau-morais",
    start=datetime(2026, 11, 24, 1, 0, tzinfo=UTC),
    end=datetime(2026, 11, 24, 1, 45, tzinfo=UTC),
    expires_at=None,
    name="陳大文",
    contact="someone@example.mo",
    language="zh_Hant",
    needs=(),
    version=2,
)


def entry(view: AppointmentView = VIEW, language: str = "en") -> str:
    return calendar_entry(view, CATALOGUE, language=language, domain="example.mo", now=NOW)


def lines(text: str) -> list[str]:
    """Unfolded lines, as RFC 5545 section 3.1 says to read them."""
    return text.replace("\r\n ", "").split("\r\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_is_longer_than_75_bytes_and_no_letter_is_cut(language: str) -> None:
    text = entry(language=language)
    raw = text.encode()
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= FOLD_BYTES for line in raw.split(b"\r\n"))
    for line in raw.split(b"\r\n"):
        line.decode()
    names = CATALOGUE.service(VIEW.service).names[language]
    tag = language.replace("_", "-")
    assert f"SUMMARY;LANGUAGE={tag}:{names}" in lines(text)


def test_times_are_on_the_wall_of_the_site() -> None:
    found = lines(entry())
    assert "DTSTART;TZID=Asia/Macau:20261124T090000" in found
    assert "DTEND;TZID=Asia/Macau:20261124T094500" in found
    assert "TZOFFSETTO:+0800" in found
    assert "DTSTAMP:20261123T020000Z" in found


def test_commas_are_escaped() -> None:
    found = lines(entry())
    (place,) = [line for line in found if line.startswith("LOCATION")]
    assert "Venceslau de Morais\\, Avenida de Venceslau de Morais\\, Macau" in place
    assert "DESCRIPTION;LANGUAGE=en:Commercial Services Bureau\\, Hengqin" in found


def test_nothing_says_who() -> None:
    for language in LANGUAGES:
        assert VIEW.name not in entry(language=language)
        assert VIEW.contact not in entry(language=language)


def test_a_cancelled_appointment_takes_its_entry_away() -> None:
    booked = lines(entry())
    gone = lines(entry(replace(VIEW, state=State.CANCELLED, version=3)))
    assert "METHOD:PUBLISH" in booked and "METHOD:CANCEL" in gone
    assert "STATUS:CANCELLED" in gone and "BEGIN:VALARM" not in gone
    uids = [line for line in (*booked, *gone) if line.startswith("UID:")]
    assert uids == ["UID:a-1@example.mo"] * 2
    assert "SEQUENCE:2" in booked and "SEQUENCE:3" in gone


def test_another_library_reads_every_appointment_of_a_sitting() -> None:
    second = replace(
        VIEW,
        appointment_id="a-2",
        service="hq_tax-income-certificate",
        department="hq_tax",
        start=VIEW.end,
        end=VIEW.end + timedelta(minutes=15),
        version=5,
    )
    # Asked of the second, the first comes first all the same.
    found = Calendar.from_ical(entry(replace(second, sitting=(VIEW,))))
    events = found.walk("VEVENT")
    assert [str(one["UID"]) for one in events] == ["a-1@example.mo", "a-2@example.mo"]
    assert [one["SEQUENCE"] for one in events] == [2, 5]
    assert events[0].decoded("DTEND") == events[1].decoded("DTSTART") == VIEW.end
    assert [str(one["SUMMARY"]) for one in events] == [
        CATALOGUE.service(one.service).names["en"] for one in (VIEW, second)
    ]
    assert found["METHOD"] == "PUBLISH"
    gone = replace(second, state=State.CANCELLED)
    left = Calendar.from_ical(entry(replace(VIEW, sitting=(gone,))))
    assert [str(one["STATUS"]) for one in left.walk("VEVENT")] == ["CONFIRMED", "CANCELLED"]
    assert left["METHOD"] == "PUBLISH", "a calendar that also keeps something takes nothing away"
