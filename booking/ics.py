"""An appointment as a calendar entry (RFC 5545), for the citizen's own calendar.

It says which service and where, and nothing of who: calendars are shared and sent about.  UID stays
and SEQUENCE grows, so that a changed appointment replaces the entry instead of doubling it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from booking.appointment import AppointmentView, State
from booking.catalogue import Catalogue

PRODUCT = "-//Remote Video Counter//Booking//EN"
FOLD_BYTES = 75
REMIND = "-PT2H"


def calendar_entry(
    view: AppointmentView,
    catalogue: Catalogue,
    *,
    language: str,
    domain: str,
    now: datetime,
) -> str:
    """The text of an .ics file, with CRLF line ends: an entry for each appointment of the sitting.

    language: of the names in it.  domain: of whoever runs the counter; makes the UID unique.
    """
    whole = sorted((view, *view.sitting), key=lambda one: one.start)
    zone = catalogue.site(view.site).hours.zone
    cancelled = all(one.state is State.CANCELLED for one in whole)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        f"METHOD:{'CANCEL' if cancelled else 'PUBLISH'}",
        *_zone(zone, view.start),
    ]
    for one in whole:
        lines += _event(one, catalogue, language=language, domain=domain, now=now)
    lines += ["END:VCALENDAR"]
    return "".join(part + "\r\n" for line in lines for part in _folded(line))


def _event(
    view: AppointmentView, catalogue: Catalogue, *, language: str, domain: str, now: datetime
) -> list[str]:
    site = catalogue.site(view.site)
    zone = site.hours.zone
    service = catalogue.service(view.service).names[language]
    department = catalogue.department(view.department).names[language]
    place = f"{site.names[language]}, {site.addresses[language]}"
    cancelled = view.state is State.CANCELLED
    lines = [
        "BEGIN:VEVENT",
        f"UID:{view.appointment_id}@{domain}",
        f"SEQUENCE:{view.version}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;TZID={zone}:{_wall(view.start, zone)}",
        f"DTEND;TZID={zone}:{_wall(view.end, zone)}",
        f"SUMMARY;LANGUAGE={language.replace('_', '-')}:{_text(service)}",
        f"DESCRIPTION;LANGUAGE={language.replace('_', '-')}:{_text(department)}",
        f"LOCATION;LANGUAGE={language.replace('_', '-')}:{_text(place)}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
    ]
    if not cancelled:
        lines += [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_text(service)}",
            f"TRIGGER:{REMIND}",
            "END:VALARM",
        ]
    return [*lines, "END:VEVENT"]


def _zone(zone: str, at: datetime) -> Iterable[str]:
    """A VTIMEZONE with the offset in force; our zones have no summer time to describe."""
    offset = at.astimezone(ZoneInfo(zone)).strftime("%z")
    return (
        "BEGIN:VTIMEZONE",
        f"TZID:{zone}",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        f"TZOFFSETFROM:{offset}",
        f"TZOFFSETTO:{offset}",
        "END:STANDARD",
        "END:VTIMEZONE",
    )


def _wall(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"


def _text(text: str) -> str:
    """Escape as RFC 5545, section 3.3.11, says."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def _folded(line: str) -> Iterable[str]:
    """Cut into lines of at most 75 bytes of UTF-8, never inside a character (section 3.1)."""
    start, size, room = 0, 0, FOLD_BYTES
    for at, letter in enumerate(line):
        width = len(letter.encode())
        if size + width > room:
            yield (" " if start else "") + line[start:at]
            # The blank that continues a line counts as one of its bytes.
            start, size, room = at, 0, FOLD_BYTES - 1
        size += width
    yield (" " if start else "") + line[start:]
