"""A change in words: what it is of, what was there before, what is there after."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from booking.calendar import Closure, Opening
from booking.capacity import Misfit, ToMove
from booking.catalogue import (
    SPEECH,
    Ability,
    Acting,
    Catalogue,
    Department,
    Fee,
    PaperKind,
    Release,
    Service,
)
from booking.catalogue_changes import (
    CapacityChange,
    Change,
    ChangeRecord,
    ClosureChange,
    HoursChange,
    LaneSpeech,
    ReleaseChange,
    ServiceChange,
    SpeechChange,
)
from web.console.admin_typed import clock
from web.shared.i18n import LANGUAGES, N_, NAMES, Words, texts_for

MONDAY = date(2026, 11, 23)
SPOKEN = {"yue": "廣東話", "cmn": "普通话", "pt": "Português", "en": "English"}
KINDS = {
    PaperKind.ORIGINAL: N_("Original"),
    PaperKind.COPY: N_("Copy"),
    PaperKind.PHOTO: N_("Photo"),
}
WHY = {
    Misfit.NO_UNIT: N_("Nobody is free to receive it then"),
    Misfit.CLOSED: N_("Closed at that time"),
    Misfit.NOT_GIVEN: N_("The service is not given any more"),
}
AS_USUAL = N_("As usual")
CLOSED = N_("Closed")
NOTHING = N_("Not stated")
FIELDS = {
    "fee": N_("Fee"),
    "processing_days": N_("Working days until the result"),
    "slot_minutes": N_("Minutes of one appointment"),
    "speech": N_("Languages spoken"),
    "change_until_minutes": N_("Minutes before the start until which it can be changed"),
    "weekly_per_person": N_("Appointments a week for each person"),
    "acts_for": N_("Who may come"),
    "abilities": N_("What the terminal needs"),
    "withdrawn": N_("Offered"),
}
ACTING = {
    Acting.SELF: N_("Whoever it is about"),
    Acting.RELATIVE: N_("A relative"),
    Acting.SOCIAL_WORKER: N_("A social worker"),
    Acting.REPRESENTATIVE: N_("Whoever represents a company or an association"),
}
ABLE = {
    Ability.SCANNER: N_("A scanner"),
    Ability.PRINTER: N_("A printer"),
    Ability.STEP_FREE: N_("A place without steps"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that a change is of."""

    what: str
    before: str
    after: str
    lang: str = ""
    "Of the two texts, when they are citizens' texts in one language."


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRow:
    """An appointment that would have to move."""

    when: str
    service: str
    site: str
    why: str
    appointment_id: str
    whom: str = ""


def title_of(change: Change, catalogue: Catalogue, language: str) -> str:
    """What is changed, in one line."""
    texts, words = texts_for(language), Words(language)
    match change:
        case ServiceChange():
            return words.pick(change.after.names)
        case HoursChange():
            return texts.gettext(N_("Weekly hours"))
        case CapacityChange():
            return texts.gettext(N_("How many can be booked"))
        case SpeechChange():
            return texts.gettext(N_("Languages of each agent"))
        case ClosureChange():
            return words.day(change.day)
        case ReleaseChange():
            known = change.after or change.before
            said = texts.gettext(N_("Opening days for booking"))
            return f"{said}: {_days(known, words)}" if known else said


def rows_of(change: Change, department: Department, language: str) -> list[Row]:
    """Everything that is different after it."""
    return list(_rows(change, department, language))


def _rows(change: Change, department: Department, language: str) -> Iterator[Row]:
    texts, words = texts_for(language), Words(language)
    match change:
        case ServiceChange():
            yield from _of_service(change, language)
        case HoursChange():
            for weekday in range(1, 8):
                before = weekday_hours(change.before, weekday, language)
                after = weekday_hours(change.after, weekday, language)
                if before != after:
                    day = MONDAY + timedelta(days=weekday - 1)
                    yield Row(what=words.weekday(day), before=before, after=after)
        case CapacityChange():
            before_, after_ = change.before, change.after
            if before_.lanes != after_.lanes:
                yield Row(
                    what=texts.gettext(N_("At the same time")),
                    before=str(before_.lanes),
                    after=str(after_.lanes),
                )
            if before_.daily_quota != after_.daily_quota:
                yield Row(
                    what=texts.gettext(N_("On one day")),
                    before=str(before_.daily_quota),
                    after=str(after_.daily_quota),
                )
        case SpeechChange():
            for number in range(1, department.lanes + 1):
                was, became = _lane(change.before, number), _lane(change.after, number)
                if was != became:
                    agent = texts.gettext(N_("Agent %(number)s"))
                    what = agent.replace("%(number)s", str(number))
                    yield Row(what=what, before=was, after=became)
        case ClosureChange():
            yield Row(
                what=texts.gettext(N_("Hours on this day")),
                before=closure_hours(change.before, language),
                after=closure_hours(change.after, language),
            )
            yield from _texts(
                texts.gettext(N_("Reason")),
                change.before.names if change.before else {},
                change.after.names if change.after else {},
            )
        case ReleaseChange():
            yield Row(
                what=texts.gettext(N_("Days")),
                before=_days(change.before, words) if change.before else "–",
                after=_days(change.after, words) if change.after else "–",
            )
            yield Row(
                what=texts.gettext(N_("Can be booked from")),
                before=_opens(change.before, department, words),
                after=_opens(change.after, department, words),
            )


def _lane(speech: LaneSpeech, number: int) -> str:
    """What one agent speaks."""
    lane = speech.lanes[number - 1] if number <= len(speech.lanes) else SPEECH
    return ", ".join(SPOKEN[one] for one in lane) or "–"


def _of_service(change: ServiceChange, language: str) -> Iterator[Row]:
    texts = texts_for(language)
    before, after = change.before, change.after
    if "names" in change.fields:
        yield from _texts(texts.gettext(N_("What it is called")), before.names, after.names)
    if "papers" in change.fields:
        for own in LANGUAGES:
            was, became = _papers(before, own), _papers(after, own)
            if was != became:
                what = f"{texts.gettext(N_('What to bring'))} ({NAMES[own]})"
                yield Row(what=what, before=was, after=became, lang=own)
    if "synonyms" in change.fields:
        what = texts.gettext(N_("Everyday words"))
        yield from _texts(what, _joined(before), _joined(after))
    if "elsewhere" in change.fields:
        what = texts.gettext(N_("Where it is finished"))
        yield from _texts(what, before.elsewhere, after.elsewhere)
    for field, what in FIELDS.items():
        if field in change.fields:
            yield Row(
                what=texts.gettext(what),
                before=_fact(before, field, language),
                after=_fact(after, field, language),
            )


def _fact(service: Service, field: str, language: str) -> str:
    texts, value = texts_for(language), getattr(service, field)
    if field == "withdrawn":
        return texts.gettext(N_("No, withdrawn") if value else N_("Yes"))
    if value is None:
        return texts.gettext(NOTHING)
    if isinstance(value, Fee):
        return Words(language).money(Decimal(value.minor) / 100, value.currency)
    if field in ("acts_for", "abilities"):
        named = ACTING if field == "acts_for" else ABLE
        return ", ".join(texts.gettext(said) for one, said in named.items() if one in value) or "–"
    if field == "speech":
        return ", ".join(SPOKEN[one] for one in value)
    return str(value)


def _joined(service: Service) -> dict[str, str]:
    return {language: ", ".join(words) for language, words in service.synonyms.items()}


def _papers(service: Service, own: str) -> str:
    """The checklist in one language, as one line."""
    kinds = texts_for(own)
    return "; ".join(
        f"{paper.names.get(own, '')} ({kinds.gettext(KINDS[paper.kind])})"
        for paper in service.papers
    )


def _texts(what: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Row]:
    for own in LANGUAGES:
        was, became = before.get(own, ""), after.get(own, "")
        if was != became:
            name = f"{what} ({NAMES[own]})"
            yield Row(what=name, before=was or "–", after=became or "–", lang=own)


def weekday_hours(openings: Iterable[Opening], weekday: int, language: str) -> str:
    """`09:00–13:00, 14:30–17:45`, or that it is closed."""
    stretches = [
        (one.opens_minute, one.closes_minute) for one in openings if one.weekday == weekday
    ]
    return _hours(sorted(stretches)) or texts_for(language).gettext(CLOSED)


def closure_hours(closure: Closure | None, language: str) -> str:
    """The hours of a day that is not like its weekday."""
    if closure is None:
        return texts_for(language).gettext(AS_USUAL)
    return _hours(closure.openings) or texts_for(language).gettext(CLOSED)


def _hours(stretches: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"{clock(opens)}–{clock(closes)}" for opens, closes in stretches)


def _days(release: Release, words: Words) -> str:
    return f"{words.day(release.from_day)} – {words.day(release.to_day)}"


def _opens(release: Release | None, department: Department, words: Words) -> str:
    return moment_at(release.opens_at, department, words.language) if release else "–"


def moment_at(at: datetime, department: Department, language: str) -> str:
    """An instant, by the clock of the department."""
    return Words(language).moment(at.astimezone(ZoneInfo(department.hours.zone)))


def when_of(record: ChangeRecord, department: Department, language: str) -> str:
    """From when a change holds, or that it does not."""
    texts = texts_for(language)
    if record.withdrawn_at is not None:
        return texts.gettext(N_("Taken back before it took effect"))
    at = moment_at(record.effective_at, department, language)
    return texts.gettext(N_("From %(moment)s")).replace("%(moment)s", at)


def moves_of(found: Iterable[ToMove], catalogue: Catalogue, language: str) -> list[MoveRow]:
    """Appointments in words, each at the clock of its site."""
    words, texts, rows = Words(language), texts_for(language), []
    for one in found:
        service, site = catalogue.services.get(one.service), catalogue.sites.get(one.site)
        zone = site.hours.zone if site else catalogue.department(one.department).hours.zone
        whom = f"{one.contact.name}, {one.contact.contact}".strip(", ") if one.contact else ""
        rows.append(
            MoveRow(
                when=words.moment(one.start.astimezone(ZoneInfo(zone))),
                service=words.pick(service.names) if service else one.service,
                site=words.pick(site.names) if site else one.site,
                why=texts.gettext(WHY[one.why]),
                appointment_id=one.appointment_id,
                whom=whom,
            )
        )
    return rows
