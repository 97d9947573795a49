"""A notice in words: what, when, where, what to bring, and where to go on.

It holds no reference and no name.  What it is about is looked up in the catalogue of today, so that
a place that has moved is named where it is now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.appointment import CHECK_IN_FROM, CHECK_IN_UNTIL
from booking.catalogue import Catalogue, PaperKind, Service, Site
from counter.documents.advance import AGAIN_OWED, Reason
from counter.documents.later import last_day
from counter.notify.notice import Letter
from web.shared.i18n import N_, TAGS, Words, texts_for
from web.shared.wording import paper_label

FIRST_BOOKED = 2
"The version of an appointment that was booked and never moved: it was held before."

SENT_BACK = "case.paper_sent_back"
"Papers are missing because what came over a link would not do."

HEADLINES = {
    "appointment.booked": N_("Your appointment is confirmed"),
    "appointment.changed": N_("Your appointment was changed"),
    "appointment.cancelled": N_("Your appointment is cancelled"),
    "appointment.noshow": N_("You missed your appointment"),
    "appointment.reminder": N_("Reminder of your appointment"),
    "appointment.soon": N_("Your appointment is soon"),
    "waitlist.offered": N_("A time has become free for you"),
    "case.papers_missing": N_("Papers are missing for your matter"),
    SENT_BACK: N_("Please send a paper again"),
    "case.documents_ready": N_("Your signed documents are ready"),
    AGAIN_OWED: N_("Please photograph a paper again"),
}
OTHER = N_("News of your appointment")
WHAT_NEXT = {
    "appointment.changed": N_("The earlier time does not hold any more."),
    "appointment.cancelled": N_("The time is free for somebody else. You can book a new one."),
    "appointment.noshow": N_(
        "Nobody checked in, so the time was given to somebody else. You can book a new one."
    ),
    "case.documents_ready": N_(
        "Save them while the link works. You also find them where your appointment is."
    ),
    "case.papers_missing": N_("Have the papers ready and book a new time, or send them."),
    SENT_BACK: N_(
        "The department could not use what you sent. Send it again over the new link, or bring it: "
        "book a new time."
    ),
}
WHY_AGAIN = {
    Reason.UNREADABLE: N_(
        "The staff could not read it. Open your appointment in the app and photograph it again."
    ),
    Reason.INCOMPLETE: N_(
        "A part of it is missing. Open your appointment in the app and photograph it again."
    ),
    Reason.WRONG_PAPER: N_(
        "This was another paper than the one that is needed. Open your appointment in the app and "
        "photograph the right one."
    ),
    Reason.OUT_OF_DATE: N_(
        "The paper is no longer valid. Open your appointment in the app and photograph a valid one."
    ),
}
KEPT_UNTIL = N_("We keep it for you until %(time)s. Open the app to take it.")
UPLOAD = N_("%(paper)s: send it until the end of %(day)s, without an account: %(link)s")
ZONE = ZoneInfo("Asia/Macau")
"Of Macau and Hengqin alike."
OF_SOME_PAPERS = {
    "case.papers_missing": N_("What is missing"),
    SENT_BACK: N_("What to send again"),
    AGAIN_OWED: N_("What to photograph again"),
}
"Notices of single papers, with what stands above these."
COMING = frozenset(
    {"appointment.booked", "appointment.changed", "appointment.reminder", "appointment.soon"}
)
"Notices of an appointment that is still to come."
PAPER_KINDS = {
    PaperKind.ORIGINAL: N_("Original"),
    PaperKind.COPY: N_("Copy"),
    PaperKind.PHOTO: N_("Photo"),
}
LAST_REMINDER_MINUTES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a notice is about, in one language; empty where nobody knows it any more."""

    headline: str
    what_next: str
    service: str
    department: str
    when: str
    visit: tuple[str, ...]
    "Of a visit to several departments each with its time, service and name; empty otherwise."
    site: str
    address: str
    directions: str
    papers: tuple[str, ...]
    "What to bring, or what is missing."
    above_papers: str
    "What stands above them."
    coming: bool
    "It is of an appointment that is still to come."


def said_kind(kind: str, body: Mapping[str, Any]) -> str:
    """The kind as people see it: a booking that was moved is a change."""
    if kind == "appointment.booked" and int(body.get("version", FIRST_BOOKED)) > FIRST_BOOKED:
        return "appointment.changed"
    if kind == "appointment.reminder" and body.get("ahead_minutes") == LAST_REMINDER_MINUTES:
        return "appointment.soon"
    if kind == "case.papers_missing" and body.get("again"):
        return SENT_BACK
    return kind


def facts_of(kind: str, body: Mapping[str, Any], catalogue: Catalogue, language: str) -> Facts:
    """Everything a notice of `kind` has to say.  body: as the outbox keeps it."""
    said = said_kind(kind, body)
    words, texts = Words(language), texts_for(language)
    service = catalogue.services.get(body.get("service", ""))
    department = catalogue.departments.get(body.get("department", ""))
    site = catalogue.sites.get(body.get("site", ""))
    when = ""
    if site and "start" in body:
        start = datetime.fromisoformat(body["start"])
        when = words.moment(start.astimezone(ZoneInfo(site.hours.zone)))
    papers: tuple[str, ...] = ()
    parts = body.get("parts", ())
    if said in COMING:
        asked = [part["service"] for part in parts] or [body.get("service", "")]
        found = [catalogue.services[one] for one in asked if one in catalogue.services]
        papers = tuple(
            dict.fromkeys(
                line
                for one in found
                for line in _papers(one, language, [paper.id for paper in one.papers])
            )
        )
    elif said in OF_SOME_PAPERS:
        missing = body.get("papers", ())
        until = body.get("until", {})
        papers = _papers(service, language, missing, until) if service else ()
    return Facts(
        headline=texts.gettext(HEADLINES.get(said, OTHER)),
        what_next=_what_next(said, body, site, language),
        service=words.pick(service.names) if service else "",
        department=words.pick(department.names) if department else "",
        when=when,
        visit=tuple(_part(part, catalogue, site, language) for part in parts) if site else (),
        site=words.pick(site.names) if site else "",
        address=words.pick(site.addresses) if site else "",
        directions=words.pick(site.directions) if site else "",
        papers=papers,
        above_papers=texts.gettext(OF_SOME_PAPERS.get(said, N_("What to bring"))),
        coming=said in COMING,
    )


def letter_of(
    facts: Facts,
    language: str,
    *,
    link: str,
    calendar: str = "",
    uploads: Sequence[str] = (),
) -> Letter:
    """The letter that says it.

    link: where to go on in the app.  calendar: an .ics file.  uploads: what may be sent, and where.
    """
    texts = texts_for(language)
    alone = [
        (texts.gettext(N_("Service")), facts.service),
        (texts.gettext(N_("Department")), facts.department),
    ]
    rows = [
        *([] if facts.visit else alone),
        (texts.gettext(N_("Time")), facts.when),
        (texts.gettext(N_("Place")), facts.site),
        (texts.gettext(N_("Address")), facts.address),
        (texts.gettext(N_("How to get there")), facts.directions),
    ]
    parts = [facts.headline]
    if facts.what_next:
        parts.append(facts.what_next)
    named = [_row(name, value, language) for name, value in rows if value]
    if named:
        parts.append("\n".join(named))
    if facts.visit:
        title = texts.gettext(N_("One after the other, in the same seat"))
        parts.append("\n".join([title, *(f"- {part}" for part in facts.visit)]))
    if facts.papers:
        parts.append("\n".join([facts.above_papers, *(f"- {paper}" for paper in facts.papers)]))
    parts += uploads
    if facts.coming:
        parts.append(_check_in(language))
        parts.append(_filled(N_("To change or cancel it: %(link)s"), language, link=link))
    else:
        parts.append(_filled(N_("Open the app: %(link)s"), language, link=link))
    parts.append(texts.gettext(N_("This message was sent by itself. Please do not answer it.")))
    subject = facts.headline
    what = facts.service
    if facts.visit:
        what = _filled(N_("%(number)s departments"), language, number=str(len(facts.visit)))
    if what:
        subject = _row(facts.headline, what, language)
    comma = "，" if language.startswith("zh") else ", "
    short = comma.join(part for part in (facts.headline, what, facts.when, facts.site) if part)
    return Letter(
        subject=" ".join(subject.split()),
        text="\n\n".join(parts) + "\n",
        short=f"{short} {link}",
        calendar=calendar,
    )


def uploads_of(
    body: Mapping[str, Any],
    catalogue: Catalogue,
    language: str,
    address: Callable[[str], str],
) -> tuple[str, ...]:
    """A line for each paper that may be sent over a link: which, until when, and where."""
    service = catalogue.services.get(body.get("service", ""))
    words, lines = Words(language), []
    for link in body.get("links", ()):
        day = last_day(datetime.fromisoformat(link["until"]), ZONE)
        lines.append(
            _filled(
                UPLOAD,
                language,
                paper=paper_label(service, link["item"], TAGS[language]),
                day=words.day(day),
                link=address(link["id"]),
            )
        )
    return tuple(lines)


def _what_next(said: str, body: Mapping[str, Any], site: Site | None, language: str) -> str:
    if said == "waitlist.offered" and site and "expires_at" in body:
        until = datetime.fromisoformat(body["expires_at"])
        at = Words(language).time(until.astimezone(ZoneInfo(site.hours.zone)))
        return _filled(KEPT_UNTIL, language, time=at)
    why = WHY_AGAIN.get(body.get("reason", "")) if said == AGAIN_OWED else None
    if why is not None:
        return texts_for(language).gettext(why)
    return texts_for(language).gettext(WHAT_NEXT[said]) if said in WHAT_NEXT else ""


def _part(part: Mapping[str, Any], catalogue: Catalogue, site: Site, language: str) -> str:
    """One department of a visit, in a line."""
    words = Words(language)
    service = catalogue.services.get(part["service"])
    department = catalogue.departments.get(part["department"])
    start = datetime.fromisoformat(part["start"]).astimezone(ZoneInfo(site.hours.zone))
    names = [words.pick(one.names) for one in (service, department) if one]
    comma = "，" if language.startswith("zh") else ", "
    return " ".join([words.time(start), comma.join(names)])


def _papers(
    service: Service,
    language: str,
    wanted: Sequence[str],
    until: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """until: by paper, the last day to hand it in, as ISO 8601 has it."""
    words, texts = Words(language), texts_for(language)
    kinds = {kind: texts.gettext(source) for kind, source in PAPER_KINDS.items()}
    opening, closing = ("（", "）") if language.startswith("zh") else (" (", ")")
    return tuple(
        f"{words.pick(paper.names)}{opening}{kinds[paper.kind]}{closing}"
        + _by((until or {}).get(paper.id), language)
        for paper in service.papers
        if paper.id in wanted
    )


def _by(until: str | None, language: str) -> str:
    if until is None:
        return ""
    day = Words(language).day(date.fromisoformat(until))
    return (": " if not language.startswith("zh") else "：") + _filled(
        N_("by %(day)s"), language, day=day
    )


def _check_in(language: str) -> str:
    return _filled(
        N_("Check in at the place from %(early)s minutes before until %(late)s minutes after it."),
        language,
        early=_minutes(CHECK_IN_FROM.total_seconds()),
        late=_minutes(CHECK_IN_UNTIL.total_seconds()),
    )


def _minutes(seconds: float) -> str:
    return str(int(seconds) // 60)


def _row(name: str, value: str, language: str) -> str:
    return f"{name}：{value}" if language.startswith("zh") else f"{name}: {value}"


def _filled(source: str, language: str, **values: str) -> str:
    text = texts_for(language).gettext(source)
    for name, value in values.items():
        text = text.replace(f"%({name})s", value)
    return text
