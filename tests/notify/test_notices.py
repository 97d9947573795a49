"""From a booking to what its citizen reads: letters, calendar entries, memos; nothing old."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import Connection, select

from booking.appointment import Details
from booking.service import BookingService
from booking.store_sql import booking_service, plant_seed
from counter.app.notices import BookingReaders, owe_missing_papers
from counter.case import Case, Outcome
from counter.ids import AppointmentId, CaseId, DepartmentId, ServiceId, SiteId, TerminalId
from counter.notify.deliverer_store import Deliverer
from counter.notify.notice import Channel, Notice
from counter.notify.ports import Sink, Undeliverable
from counter.notify.sink_smtp import Relay, SmtpSink
from counter.notify.store_memos import SqlMemos
from counter.notify.store_tables import webhook, webhook_delivery
from counter.store import outbox
from counter.store.executor import Executor
from counter.store.journal_sql import record
from tests.notify.mail_server import HOST, mail_server

SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
FRIDAY = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
"10:00 in Macau, four days ahead."
NAME, MAIL, PHONE = "陳大文 Chan", "ana@example.org", "+853 6612 3456"
PERSON = "p" * 64


class Letterbox:
    """A sink that keeps what it is given, or raises what it is told."""

    def __init__(self) -> None:
        self.came: list[Notice] = []
        self.problem: Exception | None = None

    async def deliver(self, notice: Notice) -> None:
        if self.problem is not None:
            raise self.problem
        self.came.append(notice)

    @property
    def kinds(self) -> list[str]:
        return [notice.kind for notice in self.came]


class Counter:
    """Booking and delivering on one store, with a time that is moved by hand."""

    def __init__(self, executor: Executor, now: datetime, new_id: Callable[[], str]) -> None:
        numbers = count(1)
        self.executor, self.now = executor, now
        self.booking: BookingService = booking_service(
            executor,
            record=record,
            owe=outbox.owe,
            new_id=new_id,
            random_bytes=lambda size: hashlib.sha256(str(next(numbers)).encode()).digest()[:size],
        )
        self.mail, self.sms = Letterbox(), Letterbox()
        self.memos = SqlMemos(executor)
        self.readers = BookingReaders(
            executor=executor,
            booking=self.booking,
            address="https://counter.example",
            domain="counter.example",
            link_address=lambda link: f"https://counter.example/papers/{link}",
            document_address=lambda link: f"https://counter.example/signed/{link}",
        )
        self.deliverer = Deliverer(
            executor,
            self.readers,
            {Channel.EMAIL: self.mail, Channel.SMS: self.sms},
            lambda: self.now,
        )

    async def book(
        self, contact: str = MAIL, language: str = "en", start: datetime = FRIDAY
    ) -> str:
        held = await self.booking.hold(f"{start}", SERVICE, SITE, start, PERSON, self.now)
        details = Details(name=NAME, contact=contact, language=language)
        await self.booking.confirm(held.reference, details, self.now)
        return held.reference

    async def deliver(self, at: datetime | None = None) -> None:
        """Deliver all that is due, at a later time if one is given."""
        self.now = at or self.now
        while await self.deliverer.deliver_due():
            pass

    async def owed(self) -> list[str]:
        """What is still to be delivered."""

        def read(conn: Connection) -> list[str]:
            rows = select(outbox.outbox.c.kind).where(outbox.outbox.c.done_at.is_(None))
            return list(conn.execute(rows).scalars())

        return await self.executor.read(read)


@pytest.fixture
async def counter(executor: Executor, now: datetime, new_id: Callable[[], str]) -> Counter:
    await plant_seed(executor, now)
    return Counter(executor, now, new_id)


async def test_a_booking_is_told_and_reminded_of_in_time(counter: Counter) -> None:
    await counter.book()
    await counter.deliver()
    await counter.deliver(FRIDAY - timedelta(hours=48, seconds=1))
    assert counter.mail.kinds == ["appointment.booked"]
    await counter.deliver(FRIDAY - timedelta(hours=48))
    await counter.deliver(FRIDAY - timedelta(hours=2))
    assert counter.mail.kinds == ["appointment.booked"] + ["appointment.reminder"] * 2
    assert [notice.letter.subject.split(":")[0] for notice in counter.mail.came] == [
        "Your appointment is confirmed",
        "Reminder of your appointment",
        "Your appointment is soon",
    ]
    assert await counter.owed() == []


async def test_a_moved_appointment_is_reminded_of_at_its_new_time_only(counter: Counter) -> None:
    reference = await counter.book()
    await counter.deliver()
    later = FRIDAY + timedelta(hours=5)
    await counter.booking.reschedule(reference, SITE, later, counter.now)
    await counter.deliver()
    await counter.deliver(FRIDAY - timedelta(hours=48))
    assert counter.mail.kinds == ["appointment.booked"] * 2
    changed = counter.mail.came[-1].letter
    assert changed.subject.startswith("Your appointment was changed: ")
    assert "Friday 27 November 2026, 15:00" in changed.text
    await counter.deliver(later - timedelta(hours=48))
    assert counter.mail.kinds[2:] == ["appointment.reminder"]
    assert "15:00" in counter.mail.came[-1].letter.text


async def test_a_visit_to_two_departments_is_one_letter_with_both(counter: Counter) -> None:
    two = [SERVICE, "dsi-criminal-record"]
    held = await counter.booking.hold_sitting("k", two, SITE, FRIDAY, PERSON, counter.now)
    details = Details(name=NAME, contact=MAIL, language="en", speech="yue")
    await counter.booking.confirm(held[0].reference, details, counter.now)
    await counter.deliver()
    later = FRIDAY + timedelta(hours=1)
    await counter.booking.reschedule(held[0].reference, SITE, later, counter.now)
    await counter.deliver()
    await counter.deliver(later - timedelta(hours=48))
    await counter.booking.cancel(held[0].reference, counter.now)
    await counter.deliver()
    assert counter.mail.kinds == [
        "appointment.booked",
        "appointment.booked",
        "appointment.reminder",
        "appointment.cancelled",
    ]
    for notice in counter.mail.came:
        assert notice.ref == held[0].appointment_id
        assert notice.letter.subject.endswith(": 2 departments")
        assert "One after the other, in the same seat" in notice.letter.text
        assert re.search(r"- 1\d:00 Salaries tax certificate, ", notice.letter.text)
        assert re.search(r"- 1\d:20 Certificate of Criminal Record, ", notice.letter.text)
    first, moved, reminded, gone = (notice.letter for notice in counter.mail.came)
    for letter, method, status in ((first, "PUBLISH", "CONFIRMED"), (gone, "CANCEL", "CANCELLED")):
        calendar = Calendar.from_ical(letter.calendar)
        events = calendar.walk("VEVENT")
        assert (len(events), calendar["METHOD"]) == (2, method)
        assert {str(event["STATUS"]) for event in events} == {status}
        assert events[0].decoded("DTEND") == events[1].decoded("DTSTART")
    assert "- 10:00 Salaries tax" in first.text and "- 11:00 Salaries tax" in moved.text
    # What to bring to both, each paper once.
    assert reminded.text.count("\n- ") == len(set(re.findall(r"\n- .*", reminded.text))) > 4
    told = [memo.kind for memo in await counter.memos.of(PERSON)]
    assert sorted(told) == sorted(counter.mail.kinds)


async def test_what_is_cancelled_before_it_was_told_is_told_as_cancelled_only(
    counter: Counter,
) -> None:
    reference = await counter.book()
    await counter.booking.cancel(reference, counter.now)
    await counter.deliver()
    await counter.deliver(FRIDAY - timedelta(hours=2))
    assert counter.mail.kinds == ["appointment.cancelled"]
    assert await counter.owed() == []


async def test_a_reminder_after_a_long_night_is_not_sent_twice_over(counter: Counter) -> None:
    await counter.book()
    await counter.deliver(FRIDAY - timedelta(hours=1))  # nothing was delivered for days
    assert sorted(notice.letter.subject.split(":")[0] for notice in counter.mail.came) == [
        "Your appointment is confirmed",
        "Your appointment is soon",
    ]


async def test_who_did_not_come_is_told(counter: Counter) -> None:
    await counter.book()
    await counter.deliver()
    counter.now = FRIDAY + timedelta(hours=1)
    await counter.booking.sweep(counter.now)
    await counter.deliver()
    assert counter.mail.kinds == ["appointment.booked", "appointment.noshow"]
    assert "given to somebody else" in counter.mail.came[-1].letter.text


async def test_a_hold_that_is_let_go_is_told_to_nobody(counter: Counter) -> None:
    held = await counter.booking.hold("k", SERVICE, SITE, FRIDAY, PERSON, counter.now)
    await counter.booking.cancel(held.reference, counter.now)
    assert await counter.owed() == []


async def test_the_contact_decides_the_way_and_a_memo_is_kept_anyway(counter: Counter) -> None:
    for minutes, contact in ((0, MAIL), (40, PHONE), (80, "")):
        await counter.book(contact, start=FRIDAY + timedelta(minutes=minutes))
    await counter.deliver()
    assert [notice.to for notice in counter.mail.came] == [MAIL]
    assert [notice.to for notice in counter.sms.came] == [PHONE]
    memos = await counter.memos.of(PERSON)
    assert [memo.kind for memo in memos] == ["appointment.booked"] * 3
    for private in (NAME, NAME.split()[0], MAIL, PHONE):
        assert private not in repr(memos)


def starts_at(event: Any) -> datetime:
    """Return when an entry of a calendar begins."""
    found = event["DTSTART"].dt
    assert isinstance(found, datetime)
    return found


WORDS = {
    "zh_Hant": ("您的預約已確認", "2026年11月27日（星期五）10:00", "請帶備", "報到"),
    "zh_Hans": ("您的预约已确认", "2026年11月27日（星期五）10:00", "请带备", "签到"),
    "pt": ("A sua marcação está confirmada", "27 de novembro de 2026, 10:00", "trazer", "chegada"),
    "en": ("Your appointment is confirmed", "27 November 2026, 10:00", "What to bring", "Check in"),
}


@pytest.mark.parametrize("language", WORDS)
async def test_a_letter_says_what_when_where_and_what_to_bring(
    counter: Counter, language: str
) -> None:
    reference = await counter.book(language=language)
    await counter.deliver()
    (notice,) = counter.mail.came
    catalogue = await counter.booking.catalogue()
    service, site = catalogue.service(SERVICE), catalogue.site(SITE)
    text = notice.letter.text
    for words in (
        *WORDS[language],
        service.names[language],
        catalogue.department("dsf").names[language],
        site.names[language],
        site.addresses[language],
        *(paper.names[language] for paper in service.papers),
        "https://counter.example/appointment",
    ):
        assert words in text, words
    assert service.papers, "there is something to bring"
    whole = notice.letter.subject + text + notice.letter.short + notice.letter.calendar
    for private in (NAME, NAME.split()[0], NAME.split()[1], MAIL, reference, reference[:5]):
        assert private not in whole
    assert not re.search(r"%\(|\{", whole)
    assert notice.letter.subject.startswith(WORDS[language][0])
    assert site.names[language] in notice.letter.short


async def test_the_calendar_entry_follows_the_appointment(counter: Counter) -> None:
    reference = await counter.book()
    await counter.deliver()
    await counter.booking.reschedule(reference, SITE, FRIDAY + timedelta(hours=5), counter.now)
    await counter.deliver()
    await counter.booking.cancel(reference, counter.now)
    await counter.deliver()
    entries = [Calendar.from_ical(notice.letter.calendar) for notice in counter.mail.came]
    events = [entry.walk("VEVENT")[0] for entry in entries]
    assert [notice.letter.method for notice in counter.mail.came] == [
        *("PUBLISH", "PUBLISH", "CANCEL"),
    ]
    assert [str(entry["METHOD"]) for entry in entries] == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert [event["SEQUENCE"] for event in events] == [2, 3, 4]
    assert len({str(event["UID"]) for event in events}) == 1
    assert str(events[0]["UID"]).endswith("@counter.example")
    assert starts_at(events[1]) - starts_at(events[0]) == timedelta(hours=5)


async def test_it_gets_there_by_mail_and_a_calendar_reads_it(counter: Counter) -> None:
    async with mail_server() as server:
        relay = Relay(host=HOST, port=server.port, tls="none", sender="counter@counter.example")
        sinks: dict[Channel, Sink] = {Channel.EMAIL: SmtpSink(relay, lambda: counter.now)}
        await counter.book(language="zh_Hant")
        deliverer = Deliverer(counter.executor, counter.readers, sinks, lambda: counter.now)
        assert await deliverer.deliver_due() == 1
    (letter,) = server.came
    (attached,) = letter.iter_attachments()
    entry = attached.get_payload(decode=True)
    assert isinstance(entry, bytes)
    (event,) = Calendar.from_ical(entry).walk("VEVENT")
    catalogue = await counter.booking.catalogue()
    assert event["SUMMARY"] == catalogue.service(SERVICE).names["zh_Hant"]
    assert starts_at(event) == FRIDAY
    assert letter["To"] == MAIL


async def test_a_letter_that_does_not_get_there_holds_up_nothing_else(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    await counter.book()
    counter.mail.problem = OSError(f"the relay is away, {MAIL}")
    await counter.deliver()
    assert len(await counter.memos.of(PERSON)) == 1
    await counter.deliver(counter.now + timedelta(minutes=1))
    assert len(await counter.memos.of(PERSON)) == 1, "tried again, it is the same memo"
    counter.mail.problem = None
    await counter.deliver(counter.now + timedelta(minutes=2))
    assert counter.mail.kinds == ["appointment.booked"]
    assert "not delivered: OSError" in caplog.text and MAIL not in caplog.text


async def test_what_will_never_get_there_is_not_tried_again(counter: Counter) -> None:
    await counter.book()
    counter.mail.problem = Undeliverable("the relay answered 550")
    await counter.deliver()
    assert set(await counter.owed()) == {"appointment.reminder"}


async def test_webhooks_are_owed_what_happened_even_when_nobody_reads_it_any_more(
    counter: Counter,
) -> None:
    def know(conn: Connection) -> None:
        conn.execute(
            webhook.insert().values(
                id="w-1",
                url="https://program.example/hook",
                secret="whsec_AAAA",
                kinds=["appointment.booked", "appointment.cancelled", "appointment.reminder"],
                department="dsf",
                active=True,
                made_at=counter.now,
            )
        )

    def told(conn: Connection) -> list[tuple[str, int]]:
        rows = conn.execute(select(webhook_delivery).order_by(webhook_delivery.c.id))
        return [(row.kind, row.body["data"]["version"]) for row in rows]

    await counter.executor.write(know)
    reference = await counter.book("")
    await counter.booking.cancel(reference, counter.now)
    await counter.deliver()
    await counter.deliver(FRIDAY - timedelta(hours=1))
    # Both happened, and are told at once, in any order; what is not true any more, a reminder, is
    # told to no program either.
    assert sorted(await counter.executor.read(told)) == [
        ("appointment.booked", 2),
        ("appointment.cancelled", 3),
    ]


async def test_papers_that_were_missing_are_told(counter: Counter, now: datetime) -> None:
    reference = await counter.book()
    view = await counter.booking.appointment(reference, now)
    case = Case(
        id=CaseId("c-1"),
        number="A001",
        terminal_id=TerminalId("hengqin-centre-1"),
        site_id=SiteId(SITE),
        department_id=DepartmentId("dsf"),
        service_id=ServiceId(SERVICE),
        appointment_id=AppointmentId(view.appointment_id),
        citizen=NAME,
        language="en",
        needs=(),
        agent_id=None,
        opened_at=now,
    )
    await counter.deliver()
    for outcome in Outcome:
        closed = case.closed(outcome, next_step="bring it", note="private", now=now)
        await counter.executor.write(owe_missing_papers, closed, now)
    await counter.deliver()
    assert counter.mail.kinds == ["appointment.booked", "case.papers_missing"]
    text = counter.mail.came[-1].letter.text
    assert "Papers are missing" in text and "private" not in text


async def test_an_offer_says_until_when_and_is_told_no_later(counter: Counter) -> None:
    until = counter.now + timedelta(minutes=15)
    body = {
        "version": 1,
        "department": "dsf",
        "service": SERVICE,
        "site": SITE,
        "start": FRIDAY.isoformat(),
        "expires_at": until.isoformat(),
    }
    letter = await counter.readers.letter("waitlist.offered", "w-1", body, "en", counter.now)
    assert letter.subject.startswith("A time has become free for you: ")
    assert "until 10:15" in letter.text and "27 November 2026, 10:00" in letter.text
    assert letter.calendar == ""
    assert await counter.readers.reader("waitlist.offered", "w-1", body, until) is None


async def test_what_is_not_known_any_more_is_told_to_nobody(counter: Counter) -> None:
    for kind in ("appointment.booked", "appointment.reminder", "waitlist.offered"):
        await counter.executor.write(
            outbox.owe,
            kind,
            "a-0",
            {"version": 2, "ahead_minutes": 120, "expires_at": FRIDAY.isoformat()},
            counter.now,
        )
    await counter.deliver()
    assert counter.mail.came == [] and await counter.owed() == []
