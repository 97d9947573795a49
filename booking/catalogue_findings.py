"""What is wrong with a change that a department wants to make, each with its field and its code.

The codes are stable; pages have a sentence for each.  A change without a finding leaves a catalogue
in which every text is there in every language and every slot lies within the hours.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from booking.calendar import Closure, Opening, Texts
from booking.catalogue import LANGUAGES, SPEECH, Catalogue, Department, Release, Service
from booking.catalogue_changes import (
    LATEST,
    Capacity,
    CapacityChange,
    Change,
    ClosureChange,
    HoursChange,
    LaneSpeech,
    ReleaseChange,
    ServiceChange,
    SpeechChange,
    meant,
    today_at,
)

GRAIN_MINUTES = 5
LONGEST_SLOT_MINUTES = 120
LONGEST_TEXT = 160
MOST_PAPERS = 12
MOST_WORDS = 12
"Everyday words for a service, in one language."
LONGEST_WORD = 40
MOST_DAYS = 365
MOST_LANES = 40
MOST_A_DAY = 1000
MOST_A_WEEK = 7
LONGEST_NOTICE_MINUTES = 7 * 24 * 60
HIGHEST_FEE_MINOR = 10_000_000
CURRENCIES = ("MOP", "CNY")
FARTHEST = timedelta(days=731)
"A closure or a release may be of days this far ahead."
MINUTES_A_DAY = 24 * 60


class Mistake(StrEnum):
    """What is wrong; each has a sentence on the page."""

    NOTHING_CHANGED = "nothing_changed"
    UNREADABLE = "unreadable"
    "What was typed is no number, no time or no day."
    TEXT_MISSING = "text_missing"
    TEXT_TOO_LONG = "text_too_long"
    FEE_NEGATIVE = "fee_negative"
    FEE_TOO_HIGH = "fee_too_high"
    CURRENCY_UNKNOWN = "currency_unknown"
    DAYS_OUT_OF_RANGE = "days_out_of_range"
    SLOT_OFF_GRAIN = "slot_off_grain"
    SLOT_OUT_OF_RANGE = "slot_out_of_range"
    SPEECH_MISSING = "speech_missing"
    ACTING_MISSING = "acting_missing"
    ABILITIES_NOWHERE = "abilities_nowhere"
    "No terminal at which it would be given has all of that."
    WORDS_TOO_MANY = "words_too_many"
    WORD_TOO_LONG = "word_too_long"
    NOTICE_OUT_OF_RANGE = "notice_out_of_range"
    WEEKLY_OUT_OF_RANGE = "weekly_out_of_range"
    TOO_MANY_PAPERS = "too_many_papers"
    HOURS_NONE = "hours_none"
    HOURS_REVERSED = "hours_reversed"
    HOURS_OVERLAP = "hours_overlap"
    HOURS_OFF_GRAIN = "hours_off_grain"
    LANES_OUT_OF_RANGE = "lanes_out_of_range"
    QUOTA_OUT_OF_RANGE = "quota_out_of_range"
    DAY_PAST = "day_past"
    DAY_TOO_FAR = "day_too_far"
    RELEASE_PAST = "release_past"
    RELEASE_REVERSED = "release_reversed"
    RELEASE_AFTER_ITS_DAYS = "release_after_its_days"
    RELEASE_OVERLAP = "release_overlap"
    RELEASE_OUT_OF_ORDER = "release_out_of_order"
    RELEASE_LAST = "release_last"
    "Without any, every day opens: that has to be meant."
    FROM_PAST = "from_past"
    FROM_TOO_FAR = "from_too_far"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake, and the field of the form that it is about."""

    field: str
    mistake: Mistake


def findings(
    catalogue: Catalogue,
    change: Change,
    from_at: datetime | None,
    now: datetime,
    *,
    taking_back: bool = False,
) -> tuple[Finding, ...]:
    """Everything that is wrong with the change, in the order of its form; none: it can be made.

    from_at: when it is to take effect; `None`: at once.  taking_back: it gives back what was there,
    so days may be open already.  Raises `NotInCatalogue`.
    """
    found = [*_of(catalogue, change, now), *_of_time(from_at, now)]
    if taking_back and isinstance(change, ReleaseChange):
        past = (Mistake.RELEASE_PAST, Mistake.DAY_PAST)
        found = [one for one in found if one.mistake not in past]
    if taking_back:
        found = [one for one in found if one.mistake is not Mistake.RELEASE_LAST]
    if not found and _changes_nothing(catalogue, change, from_at):
        found = [Finding(field="change", mistake=Mistake.NOTHING_CHANGED)]
    return tuple(found)


def _changes_nothing(catalogue: Catalogue, change: Change, from_at: datetime | None) -> bool:
    there = meant(catalogue, change, from_at)
    return bool(there.before == there.after)


def _of(catalogue: Catalogue, change: Change, now: datetime) -> Iterator[Finding]:
    match change:
        case ServiceChange():
            yield from _of_service(change.after, change.fields)
            if "abilities" in change.fields and not _has_terminal(catalogue, change.after):
                yield Finding(field="able", mistake=Mistake.ABILITIES_NOWHERE)
        case HoursChange():
            yield from _of_hours(change.after)
        case CapacityChange():
            yield from _of_capacity(change.after)
        case SpeechChange():
            yield from _of_lanes(change.after)
        case ClosureChange():
            today = today_at(catalogue.department(change.department), now)
            yield from _of_closure(change.after, change.day, today)
        case ReleaseChange():
            if change.leaves_none(catalogue) and not change.opens_all:
                yield Finding(field="opens_all", mistake=Mistake.RELEASE_LAST)
            yield from _of_release(change.after, catalogue.department(change.department), now)


def _of_time(from_at: datetime | None, now: datetime) -> Iterator[Finding]:
    if from_at is not None and from_at <= now:
        yield Finding(field="from_day", mistake=Mistake.FROM_PAST)
    elif from_at is not None and from_at > now + LATEST:
        yield Finding(field="from_day", mistake=Mistake.FROM_TOO_FAR)


def _texts(field: str, texts: Texts) -> Iterator[Finding]:
    for language in LANGUAGES:
        text = texts.get(language, "")
        if not text.strip():
            yield Finding(field=f"{field}-{language}", mistake=Mistake.TEXT_MISSING)
        elif len(text) > LONGEST_TEXT:
            yield Finding(field=f"{field}-{language}", mistake=Mistake.TEXT_TOO_LONG)


def _within(field: str, value: int, least: int, most: int, mistake: Mistake) -> Iterator[Finding]:
    if not least <= value <= most:
        yield Finding(field=field, mistake=mistake)


def _of_service(service: Service, changed: Sequence[str]) -> Iterator[Finding]:
    """Only what is changed: what was there before is not for this editor to mend."""
    if "names" in changed:
        yield from _texts("names", service.names)
    if "elsewhere" in changed and service.elsewhere:
        yield from _texts("elsewhere", service.elsewhere)
    if "papers" in changed:
        for number, paper in enumerate(service.papers, 1):
            yield from _texts(f"paper-{number}", paper.names)
        if len(service.papers) > MOST_PAPERS:
            yield Finding(field=f"paper-{MOST_PAPERS}-zh_Hant", mistake=Mistake.TOO_MANY_PAPERS)
    if service.fee is not None and "fee" in changed:
        if service.fee.minor < 0:
            yield Finding(field="fee", mistake=Mistake.FEE_NEGATIVE)
        elif service.fee.minor > HIGHEST_FEE_MINOR:
            yield Finding(field="fee", mistake=Mistake.FEE_TOO_HIGH)
        if service.fee.currency not in CURRENCIES:
            yield Finding(field="currency", mistake=Mistake.CURRENCY_UNKNOWN)
    if service.processing_days is not None and "processing_days" in changed:
        days = service.processing_days
        yield from _within("processing_days", days, 0, MOST_DAYS, Mistake.DAYS_OUT_OF_RANGE)
    if "slot_minutes" in changed:
        yield from _of_length(service.slot_minutes)
    if "speech" in changed and (not service.speech or not set(service.speech) <= set(SPEECH)):
        yield Finding(field="speech", mistake=Mistake.SPEECH_MISSING)
    if "acts_for" in changed and not service.acts_for:
        yield Finding(field="acts", mistake=Mistake.ACTING_MISSING)
    if "synonyms" in changed:
        yield from _of_words(service)
    if "change_until_minutes" in changed:
        yield from _within(
            "change_until",
            service.change_until_minutes,
            0,
            LONGEST_NOTICE_MINUTES,
            Mistake.NOTICE_OUT_OF_RANGE,
        )
    if service.weekly_per_person is not None and "weekly_per_person" in changed:
        weekly = service.weekly_per_person
        yield from _within("weekly", weekly, 1, MOST_A_WEEK, Mistake.WEEKLY_OUT_OF_RANGE)


def _of_words(service: Service) -> Iterator[Finding]:
    for language in LANGUAGES:
        words = service.synonyms.get(language, ())
        if len(words) > MOST_WORDS:
            yield Finding(field=f"words-{language}", mistake=Mistake.WORDS_TOO_MANY)
        elif any(len(word) > LONGEST_WORD for word in words):
            yield Finding(field=f"words-{language}", mistake=Mistake.WORD_TOO_LONG)


def _has_terminal(catalogue: Catalogue, service: Service) -> bool:
    """Whether it could be given anywhere, were it offered."""
    offered = replace(service, withdrawn=False)
    services = {**catalogue.services, service.id: offered}
    return bool(replace(catalogue, services=services).sites_for(service.id))


def _of_lanes(speech: LaneSpeech) -> Iterator[Finding]:
    for number, lane in enumerate(speech.lanes, 1):
        if not lane or not set(lane) <= set(SPEECH):
            yield Finding(field=f"lane-{number}", mistake=Mistake.SPEECH_MISSING)


def _of_length(minutes: int) -> Iterator[Finding]:
    if minutes % GRAIN_MINUTES:
        yield Finding(field="slot_minutes", mistake=Mistake.SLOT_OFF_GRAIN)
    elif not GRAIN_MINUTES <= minutes <= LONGEST_SLOT_MINUTES:
        yield Finding(field="slot_minutes", mistake=Mistake.SLOT_OUT_OF_RANGE)


def _of_hours(openings: Sequence[Opening]) -> Iterator[Finding]:
    if not openings:
        yield Finding(field="opens-1-1", mistake=Mistake.HOURS_NONE)
    for weekday in range(1, 8):
        stretches = [
            (one.opens_minute, one.closes_minute) for one in openings if one.weekday == weekday
        ]
        mistake = _of_stretches(stretches)
        if mistake is not None:
            yield Finding(field=f"opens-{weekday}-1", mistake=mistake)


def _of_stretches(stretches: Iterable[tuple[int, int]]) -> Mistake | None:
    """What is wrong with the hours of one day."""
    known = sorted(stretches)
    if any(not 0 <= opens < closes <= MINUTES_A_DAY for opens, closes in known):
        return Mistake.HOURS_REVERSED
    if any(minute % GRAIN_MINUTES for stretch in known for minute in stretch):
        return Mistake.HOURS_OFF_GRAIN
    if any(one[1] > other[0] for one, other in pairwise(known)):
        return Mistake.HOURS_OVERLAP
    return None


def _of_capacity(capacity: Capacity) -> Iterator[Finding]:
    yield from _within("lanes", capacity.lanes, 1, MOST_LANES, Mistake.LANES_OUT_OF_RANGE)
    yield from _within("quota", capacity.daily_quota, 1, MOST_A_DAY, Mistake.QUOTA_OUT_OF_RANGE)


def _of_day(field: str, day: date, today: date) -> Iterator[Finding]:
    if day < today:
        yield Finding(field=field, mistake=Mistake.DAY_PAST)
    elif day > today + FARTHEST:
        yield Finding(field=field, mistake=Mistake.DAY_TOO_FAR)


def _of_closure(closure: Closure | None, day: date, today: date) -> Iterator[Finding]:
    yield from _of_day("day", day, today)
    if closure is None:
        return
    mistake = _of_stretches(closure.openings)
    if mistake is not None:
        yield Finding(field="opens-1", mistake=mistake)
    yield from _texts("reason", closure.names)


def _of_release(
    release: Release | None, department: Department, now: datetime
) -> Iterator[Finding]:
    if release is None:
        return
    today = today_at(department, now)
    yield from _of_day("from_day", release.from_day, today)
    if release.to_day < release.from_day:
        yield Finding(field="to_day", mistake=Mistake.RELEASE_REVERSED)
    elif release.to_day > today + FARTHEST:
        yield Finding(field="to_day", mistake=Mistake.DAY_TOO_FAR)
    if release.opens_at <= now:
        yield Finding(field="opens_day", mistake=Mistake.RELEASE_PAST)
    elif today_at(department, release.opens_at) > release.from_day:
        yield Finding(field="opens_day", mistake=Mistake.RELEASE_AFTER_ITS_DAYS)
    others = [one for one in department.releases if one.id != release.id]
    if any(one.from_day <= release.to_day and release.from_day <= one.to_day for one in others):
        yield Finding(field="from_day", mistake=Mistake.RELEASE_OVERLAP)
    elif any(
        (one.from_day < release.from_day) != (one.opens_at <= release.opens_at)
        and one.opens_at != release.opens_at
        for one in others
    ):
        yield Finding(field="opens_day", mistake=Mistake.RELEASE_OUT_OF_ORDER)
