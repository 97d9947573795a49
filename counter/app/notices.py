"""Where notices meet booking: whom they are for, whether they still hold, and what they say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from booking import reminders
from booking.appointment import COMING, AppointmentView, State
from booking.errors import BookingRefused, UnknownReference
from booking.ics import calendar_entry
from booking.service import BookingService
from booking.store_rows import by_id, sitting_of, view_of
from counter.case import Case, Outcome
from counter.documents import advance
from counter.documents.handover import EVENT as HANDED_OVER
from counter.documents.later import Link, LinkState
from counter.documents.store_advance import asked_again
from counter.documents.store_checklist import dues_of
from counter.documents.store_documents import declined_items
from counter.documents.store_later import links_of
from counter.esign.store_issued import link_of
from counter.notify.notice import Channel, Letter
from counter.notify.ports import Reader, Sink
from counter.notify.sink_directory import DirectorySink
from counter.notify.sink_smtp import Relay, SmtpSink
from counter.settings.node import Settings
from counter.store import outbox
from counter.store.executor import Executor
from web.notices.letter import facts_of, letter_of, uploads_of

PAPERS_MISSING = "case.papers_missing"
DOCUMENTS_READY = "case.documents_ready"
OFFERED = "waitlist.offered"
PAGES = {OFFERED: "/waiting", advance.AGAIN_OWED: "/appointment/papers"}
"Where a letter leads, beside the appointment's own page."
TOLD_WITH = "told_with"
"In what is owed of a part of a visit: the appointment whose letter tells of the whole."
NOBODY = Reader(to="", language="")
"Webhooks hear of each appointment; the person heard of it already."
IN_THE_CALENDAR = frozenset({"appointment.booked", "appointment.cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingReaders:
    """See `counter.notify.ports.Readers`."""

    executor: Executor
    booking: BookingService
    address: str
    "Where people reach the app."
    domain: str
    "Of whoever runs the counter; the ids of calendar entries end in it."
    link_address: Callable[[str], str]
    "Of a link for a paper that comes later, by its id."
    document_address: Callable[[str], str]
    "Of a link to signed documents, by its id."

    async def reader(
        self, kind: str, ref: str, body: Mapping[str, Any], now: datetime
    ) -> Reader | None:
        if kind == HANDED_OVER:
            return None  # programs are told, and nobody else
        try:
            if kind == OFFERED:
                if now >= datetime.fromisoformat(body["expires_at"]):
                    return None
            elif not holds(kind, body, await self.executor.read(_view, ref, now), now):
                return None
            if kind == DOCUMENTS_READY and not await self.executor.read(_is_held, body, now):
                return None
            if kind == advance.AGAIN_OWED and not await self.executor.read(_asked, ref, body):
                return None
            if TOLD_WITH in body:
                return NOBODY
            contact = await self.booking.contact(ref)
        except UnknownReference:
            return None
        return Reader(to=contact.contact, language=contact.language, person=contact.person)

    async def letter(
        self, kind: str, ref: str, body: Mapping[str, Any], language: str, now: datetime
    ) -> Letter:
        catalogue = await self.booking.catalogue()
        calendar = ""
        if kind in IN_THE_CALENDAR:
            view = await self.executor.read(_view, ref, now, whole=bool(body.get("parts")))
            try:
                calendar = calendar_entry(
                    view, catalogue, language=language, domain=self.domain, now=now
                )
            except BookingRefused:  # the catalogue does not know it any more
                calendar = ""
        link = f"{self.address}{PAGES.get(kind, '/appointment')}"
        return letter_of(
            facts_of(kind, body, catalogue, language),
            language,
            link=self.document_address(body["link"]) if kind == DOCUMENTS_READY else link,
            calendar=calendar,
            uploads=uploads_of(body, catalogue, language, self.link_address),
        )


def holds(kind: str, body: Mapping[str, Any], view: AppointmentView, now: datetime) -> bool:
    """Whether what was owed of an appointment is still so.

    A booking that was moved or cancelled meanwhile has a notice of its own.
    """
    booked = view.state is State.BOOKED and view.version == body.get("version") and now < view.start
    match kind:
        case "appointment.booked":
            return booked
        case reminders.REMINDED:
            ahead = timedelta(minutes=body["ahead_minutes"])
            return booked and reminders.in_time(view.start, ahead, now)
        case "appointment.cancelled":
            return view.state is State.CANCELLED
        case advance.AGAIN_OWED:
            return view.state in COMING
        case "appointment.noshow":
            return view.state is State.NOSHOW
        case _:
            return kind in (PAPERS_MISSING, DOCUMENTS_READY)


def _is_held(conn: Connection, body: Mapping[str, Any], now: datetime) -> bool:
    """False: the documents' link was taken back, or is over."""
    link = link_of(conn, body["case"], now)
    return link is not None and link.link_id == body["link"]


def _asked(conn: Connection, ref: str, body: Mapping[str, Any]) -> bool:
    """False: the paper was sent anew, taken back or found to do, so nobody is asked for it."""
    if "paper" not in body:  # owed before papers were named
        return True
    return asked_again(conn, ref, body["papers"][0], body["paper"])


def owe_missing_papers(
    conn: Connection,
    case: Case,
    now: datetime,
    *,
    only: Sequence[Link] | None = None,
    again: bool = False,
) -> None:
    """Tell who had an appointment what is missing, in the transaction that closes the case.

    What may be sent over a link is named with it.  only: these links, after the case had closed.
    again: they are for papers that were sent and would not do.
    """
    if case.appointment_id is None:
        return
    links = links_of(conn, [case.id], now) if only is None else only
    still = [link for link in links if link.state is LinkState.OPEN]
    due: dict[str, date] = {}
    items = [link.item for link in still]
    if only is None:
        due = {item: until for item, until in dues_of(conn, case.id).items() if until}
        items += [item for item in due if item not in items]
        if not items and case.outcome is Outcome.PAPERS_MISSING:
            items = declined_items(conn, case.id)
        elif not items:
            return
    elif not still:
        return
    body: dict[str, Any] = {
        "department": case.department_id,
        "service": case.service_id,
        "papers": items,
        "until": {item: until.isoformat() for item, until in due.items()},
        "links": [
            {"id": link.link_id, "item": link.item, "until": link.expires_at.isoformat()}
            for link in still
        ],
    }
    if again:
        body["again"] = True
    outbox.owe(conn, PAPERS_MISSING, case.appointment_id, body, now)


def owe_documents(conn: Connection, case: Case, now: datetime) -> None:
    """Tell who had an appointment where the signed documents are, in the closing transaction."""
    link = link_of(conn, case.id, now)
    if case.appointment_id is None or link is None:
        return
    body = {
        "department": case.department_id,
        "service": case.service_id,
        "case": case.id,
        "link": link.link_id,
        "until": link.expires_at.isoformat(),
    }
    outbox.owe(conn, DOCUMENTS_READY, case.appointment_id, body, now)


def sinks_of(settings: Settings, clock: Callable[[], datetime]) -> dict[Channel, Sink]:
    """Which way notices go; files for a gateway of the operator's where nothing else is set."""
    files = DirectorySink(settings.data / "notices")
    sinks: dict[Channel, Sink] = {Channel.EMAIL: files, Channel.SMS: files}
    if settings.smtp_host is not None:
        sinks[Channel.EMAIL] = SmtpSink(relay_of(settings, settings.smtp_host), clock)
    return sinks


def relay_of(settings: Settings, host: str) -> Relay:
    """Who takes our e-mail."""
    usual = {"starttls": 587, "implicit": 465, "none": 25}
    authority: Path | None = settings.smtp_ca
    secret = settings.smtp_password
    return Relay(
        host=host,
        port=settings.smtp_port or usual[settings.smtp_tls],
        tls=settings.smtp_tls,
        sender=settings.smtp_from or "",
        user=settings.smtp_user,
        password=secret.get_secret_value() if secret else "",
        authority=authority,
    )


def _view(
    conn: Connection, appointment_id: str, now: datetime, *, whole: bool = False
) -> AppointmentView:
    row = by_id(conn, appointment_id)
    return view_of(row, now, *(sitting_of(conn, row) if whole else ()))
