"""Changes of the catalogue as rules: put in and taken back, and what makes one a bad one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.calendar import Closure, Opening
from booking.catalogue import LANGUAGES, SPEECH, Ability, Acting, Catalogue, Fee, Release, Scheduled
from booking.catalogue_changes import (
    Capacity,
    CapacityChange,
    Change,
    ClosureChange,
    HoursChange,
    LaneSpeech,
    ReleaseChange,
    ServiceChange,
    SpeechChange,
    apply,
    current,
    inverse,
    mark,
    meant,
    rebased,
    stands,
    subject_of,
)
from booking.catalogue_findings import Finding, Mistake, findings
from booking.errors import NotInCatalogue
from booking.seed_toml import seed

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DEPARTMENT, SERVICE = "dsi", "dsi-criminal-record"
WORDS = {language: f"words {language}" for language in LANGUAGES}
texts = st.fixed_dictionaries({one: st.text("abc字", min_size=1, max_size=9) for one in LANGUAGES})
days = st.dates(TODAY, TODAY + timedelta(days=300))


@cache
def catalogue() -> Catalogue:
    found = seed((2026, 2027)).catalogue
    releases = (release("r-1", 10, 16), release("r-2", 17, 23))
    department = replace(found.department(DEPARTMENT), releases=releases)
    hours = replace(department.hours, closures={TODAY: Closure(names=WORDS)})
    changed = replace(department, hours=hours)
    return replace(found, departments={**found.departments, DEPARTMENT: changed})


def release(name: str, first: int, last: int, opens: int = 5) -> Release:
    return Release(
        id=name,
        opens_at=NOW + timedelta(days=opens + first // 17),
        from_day=TODAY + timedelta(days=first),
        to_day=TODAY + timedelta(days=last),
    )


def weekly(*stretches: tuple[int, int, int]) -> tuple[Opening, ...]:
    return tuple(
        Opening(weekday=weekday, opens_minute=opens, closes_minute=closes)
        for weekday, opens, closes in stretches
    )


def of_service(**changed: Any) -> ServiceChange:
    before = catalogue().service(SERVICE)
    return ServiceChange(department=DEPARTMENT, before=before, after=replace(before, **changed))


def of_hours(*stretches: tuple[int, int, int]) -> HoursChange:
    before = catalogue().department(DEPARTMENT).hours.openings
    return HoursChange(department=DEPARTMENT, before=before, after=weekly(*stretches))


def of_capacity(lanes: int, quota: int) -> CapacityChange:
    one = catalogue().department(DEPARTMENT)
    return CapacityChange(
        department=DEPARTMENT,
        before=Capacity(lanes=one.lanes, daily_quota=one.daily_quota),
        after=Capacity(lanes=lanes, daily_quota=quota),
    )


def of_lanes(*lanes: tuple[str, ...]) -> SpeechChange:
    before = LaneSpeech(lanes=catalogue().department(DEPARTMENT).speech)
    return SpeechChange(department=DEPARTMENT, before=before, after=LaneSpeech(lanes=lanes))


def of_closure(day: date, after: Closure | None) -> ClosureChange:
    before = catalogue().department(DEPARTMENT).hours.closures.get(day)
    return ClosureChange(department=DEPARTMENT, day=day, before=before, after=after)


def of_release(after: Release | None, name: str = "r-3") -> ReleaseChange:
    known = {one.id: one for one in catalogue().department(DEPARTMENT).releases}
    return ReleaseChange(department=DEPARTMENT, release=name, before=known.get(name), after=after)


stretches = st.lists(
    st.tuples(st.integers(1, 7), st.integers(0, 143), st.integers(144, 288)),
    min_size=1,
    max_size=7,
    unique_by=lambda one: one[0],
).map(lambda found: [(day, opens * 5, closes * 5) for day, opens, closes in found])
changes = st.one_of(
    st.builds(lambda found: of_hours(*found), stretches),
    st.builds(of_capacity, st.integers(1, 40), st.integers(1, 1000)),
    st.lists(st.sampled_from([("pt",), ("yue", "cmn"), SPEECH]), max_size=4).map(
        lambda lanes: of_lanes(*lanes)
    ),
    st.builds(
        of_closure,
        days,
        st.none() | st.builds(lambda names: Closure(names=names), texts),
    ),
    st.builds(
        of_closure,
        days,
        st.builds(lambda names: Closure(names=names, openings=((540, 720),)), texts),
    ),
    st.builds(
        lambda ahead: of_release(release("r-3", 100 + ahead, 110 + ahead)), st.integers(0, 9)
    ),
    st.sampled_from([of_release(None, "r-1"), of_release(None, "r-2"), of_release(None)]),
    st.builds(
        lambda names, minutes, minor, withdrawn: of_service(
            names=names,
            slot_minutes=minutes * 5,
            fee=None if minor is None else Fee(minor=minor, currency="MOP"),
            withdrawn=withdrawn,
        ),
        texts,
        st.integers(1, 24),
        st.none() | st.integers(0, 9999),
        st.booleans(),
    ),
)


def in_order(one: Catalogue) -> Catalogue:
    """The same catalogue with hours in the order in which the store reads them."""
    departments = {
        name: replace(
            department,
            hours=replace(
                department.hours,
                openings=tuple(
                    sorted(
                        department.hours.openings,
                        key=lambda opening: (opening.weekday, opening.opens_minute),
                    )
                ),
            ),
        )
        for name, department in one.departments.items()
    }
    return replace(one, departments=departments)


@given(changes)
def test_a_change_and_its_inverse_leave_the_catalogue_as_it_was(change: Change) -> None:
    before = in_order(catalogue())
    after = apply(before, change)
    assert stands(after, change)
    assert apply(after, inverse(change)) == before


@given(changes)
def test_the_inverse_of_the_inverse_is_the_change(change: Change) -> None:
    assert inverse(inverse(change)) == change


@given(changes)
def test_the_mark_is_another_one_when_the_thing_was_changed_and_only_then(change: Change) -> None:
    before = in_order(catalogue())
    change = rebased(before, change)
    after = apply(before, change)
    same = current(after, change) == current(before, change)
    assert (mark(after, change) == mark(before, change)) is same


@given(changes)
def test_the_name_of_what_is_changed_fits_its_column(change: Change) -> None:
    assert len(subject_of(change)) <= 60


@given(changes, changes)
def test_changes_of_different_things_do_not_touch_each_other(one: Change, other: Change) -> None:
    if subject_of(one) == subject_of(other):
        return
    start = in_order(catalogue())
    assert apply(apply(start, one), other) == apply(apply(start, other), one)


def test_two_changes_of_one_service_keep_what_the_other_wrote() -> None:
    fee = of_service(fee=Fee(minor=100, currency="MOP"))
    names = of_service(names=WORDS)
    both = apply(apply(catalogue(), fee), names)
    only_names = apply(both, inverse(fee))
    assert only_names.service(SERVICE).names == WORDS
    assert only_names.service(SERVICE).fee == catalogue().service(SERVICE).fee


def test_a_service_of_another_department_is_not_there() -> None:
    foreign = replace(of_service(names=WORDS), department="dsf")
    with pytest.raises(NotInCatalogue):
        apply(catalogue(), foreign)


GOOD: list[Change] = [
    of_service(names=WORDS, slot_minutes=25, speech=("pt",), withdrawn=True),
    of_hours((1, 540, 780), (1, 840, 1440), (7, 0, 5)),
    of_capacity(2, 16),
    of_lanes(("pt", "en"), SPEECH),
    of_service(acts_for=(Acting.RELATIVE,), abilities=frozenset({Ability.STEP_FREE})),
    of_service(synonyms={"en": ("papers",) * 12, "pt": ()}),
    of_closure(TODAY, None),
    of_closure(TODAY + timedelta(days=1), Closure(names=WORDS)),
    of_closure(TODAY + timedelta(days=1), Closure(names=WORDS, openings=((540, 720),))),
    of_release(release("r-3", 24, 30, opens=6)),
    of_release(None, "r-1"),
]


@pytest.mark.parametrize("change", GOOD)
def test_a_good_change_has_no_finding(change: Change) -> None:
    assert findings(catalogue(), change, None, NOW) == ()


NO_PT = {**WORDS, "pt": " "}
LONG = {**WORDS, "en": "x" * 161}
TOMORROW = TODAY + timedelta(days=1)
BAD: list[tuple[Change, str, Mistake]] = [
    (of_service(), "change", Mistake.NOTHING_CHANGED),
    (of_service(names={**WORDS, "zh_Hant": ""}), "names-zh_Hant", Mistake.TEXT_MISSING),
    (of_service(names=NO_PT), "names-pt", Mistake.TEXT_MISSING),
    (of_service(names=LONG), "names-en", Mistake.TEXT_TOO_LONG),
    (of_service(elsewhere=NO_PT), "elsewhere-pt", Mistake.TEXT_MISSING),
    (of_service(fee=Fee(minor=-1, currency="MOP")), "fee", Mistake.FEE_NEGATIVE),
    (of_service(fee=Fee(minor=10**9, currency="MOP")), "fee", Mistake.FEE_TOO_HIGH),
    (of_service(fee=Fee(minor=1, currency="EUR")), "currency", Mistake.CURRENCY_UNKNOWN),
    (of_service(processing_days=-1), "processing_days", Mistake.DAYS_OUT_OF_RANGE),
    (of_service(slot_minutes=12), "slot_minutes", Mistake.SLOT_OFF_GRAIN),
    (of_service(slot_minutes=0), "slot_minutes", Mistake.SLOT_OUT_OF_RANGE),
    (of_service(slot_minutes=125), "slot_minutes", Mistake.SLOT_OUT_OF_RANGE),
    (of_service(speech=()), "speech", Mistake.SPEECH_MISSING),
    (of_service(speech=("fr",)), "speech", Mistake.SPEECH_MISSING),
    (of_service(change_until_minutes=-5), "change_until", Mistake.NOTICE_OUT_OF_RANGE),
    (of_service(weekly_per_person=0), "weekly", Mistake.WEEKLY_OUT_OF_RANGE),
    (of_service(acts_for=()), "acts", Mistake.ACTING_MISSING),
    (of_service(synonyms={"en": ("word",) * 13}), "words-en", Mistake.WORDS_TOO_MANY),
    (of_service(synonyms={"pt": ("x" * 41,)}), "words-pt", Mistake.WORD_TOO_LONG),
    (of_lanes(SPEECH, ()), "lane-2", Mistake.SPEECH_MISSING),
    (of_lanes(("fr",)), "lane-1", Mistake.SPEECH_MISSING),
    (of_lanes(), "change", Mistake.NOTHING_CHANGED),
    (of_hours(), "opens-1-1", Mistake.HOURS_NONE),
    (of_hours((2, 600, 540)), "opens-2-1", Mistake.HOURS_REVERSED),
    (of_hours((2, 600, 600)), "opens-2-1", Mistake.HOURS_REVERSED),
    (of_hours((2, 600, 1445)), "opens-2-1", Mistake.HOURS_REVERSED),
    (of_hours((2, 542, 600)), "opens-2-1", Mistake.HOURS_OFF_GRAIN),
    (of_hours((3, 540, 700), (3, 600, 800)), "opens-3-1", Mistake.HOURS_OVERLAP),
    (of_capacity(0, 8), "lanes", Mistake.LANES_OUT_OF_RANGE),
    (of_capacity(1, 0), "quota", Mistake.QUOTA_OUT_OF_RANGE),
    (of_closure(TODAY - timedelta(days=1), Closure(names=WORDS)), "day", Mistake.DAY_PAST),
    (of_closure(TODAY + timedelta(days=800), Closure(names=WORDS)), "day", Mistake.DAY_TOO_FAR),
    (of_closure(TOMORROW, Closure(names=NO_PT)), "reason-pt", Mistake.TEXT_MISSING),
    (
        of_closure(TOMORROW, Closure(names=WORDS, openings=((600, 540),))),
        "opens-1",
        Mistake.HOURS_REVERSED,
    ),
    (of_closure(TOMORROW, None), "change", Mistake.NOTHING_CHANGED),
    (of_release(release("r-3", -1, 3)), "from_day", Mistake.DAY_PAST),
    (of_release(release("r-3", 40, 39)), "to_day", Mistake.RELEASE_REVERSED),
    (of_release(release("r-3", 40, 800)), "to_day", Mistake.DAY_TOO_FAR),
    (of_release(release("r-3", 40, 50, opens=-9)), "opens_day", Mistake.RELEASE_PAST),
    (of_release(release("r-3", 40, 50, opens=60)), "opens_day", Mistake.RELEASE_AFTER_ITS_DAYS),
    (of_release(release("r-3", 20, 30)), "from_day", Mistake.RELEASE_OVERLAP),
    (of_release(release("r-3", 24, 30, opens=2)), "opens_day", Mistake.RELEASE_OUT_OF_ORDER),
]
CAPACITY = (
    catalogue().department(DEPARTMENT).lanes,
    catalogue().department(DEPARTMENT).daily_quota,
)
ONLY = "r-1"
"A release that is the only one."


def with_one_release() -> Catalogue:
    one = catalogue().department(DEPARTMENT)
    (first, *_) = one.releases
    changed = replace(one, releases=(first,))
    return replace(catalogue(), departments={**catalogue().departments, DEPARTMENT: changed})


def test_what_no_terminal_across_the_border_has_cannot_be_asked_for() -> None:
    change = of_service(abilities=frozenset({Ability.PRINTER}), withdrawn=True)
    assert findings(catalogue(), change, None, NOW) == ()
    bare = {
        site.id: replace(
            site,
            terminals=tuple(
                replace(one, abilities=one.abilities - {Ability.PRINTER})
                if site.territory != "MO"
                else one
                for one in site.terminals
            ),
        )
        for site in catalogue().sites.values()
    }
    found = findings(replace(catalogue(), sites=bare), change, None, NOW)
    assert found == (Finding(field="able", mistake=Mistake.ABILITIES_NOWHERE),)


def test_the_last_release_is_taken_away_only_by_who_means_that_every_day_opens() -> None:
    away = of_release(None, ONLY)
    found = findings(with_one_release(), away, None, NOW)
    assert found == (Finding(field="opens_all", mistake=Mistake.RELEASE_LAST),)
    assert findings(with_one_release(), replace(away, opens_all=True), None, NOW) == ()
    assert findings(with_one_release(), away, None, NOW, taking_back=True) == ()
    assert findings(catalogue(), away, None, NOW) == (), "another one is left"


def test_a_release_of_another_department_is_not_there() -> None:
    for after in (release(ONLY, 30, 40), None):
        foreign = ReleaseChange(department="dsf", release=ONLY, before=None, after=after)
        with pytest.raises(NotInCatalogue):
            findings(catalogue(), foreign, None, NOW)


def waiting(*changes_: Change) -> Catalogue:
    """The changes wait, each a day after the other."""
    scheduled = tuple(
        Scheduled(
            id=number,
            department=DEPARTMENT,
            subject=subject_of(change),
            at=NOW + timedelta(days=number),
            change=change,
        )
        for number, change in enumerate(changes_, 1)
    )
    return replace(catalogue(), scheduled=scheduled)


@pytest.mark.parametrize(
    ("other", "back"),
    [
        (of_capacity(3, 30), of_capacity(*CAPACITY)),
        (of_hours((1, 540, 780)), replace(of_hours(), after=of_hours().before)),
        (of_service(slot_minutes=60), of_service()),
    ],
    ids=["capacity", "hours", "service"],
)
def test_back_to_how_it_is_today_is_a_change_when_another_one_waits_before_it(
    other: Change, back: Change
) -> None:
    waits = waiting(other)
    before, after = NOW + timedelta(hours=23), NOW + timedelta(days=2)
    (nothing,) = findings(waits, back, before, NOW)
    assert nothing.mistake is Mistake.NOTHING_CHANGED
    assert findings(waits, back, after, NOW) == ()
    there = meant(waits, back, after)
    assert there.before == other.after
    assert there.after == current(waits, other)


def test_what_will_be_so_by_then_is_no_change() -> None:
    waits = waiting(of_capacity(3, 30))
    (again,) = findings(waits, of_capacity(3, 30), NOW + timedelta(days=2), NOW)
    assert again.mistake is Mistake.NOTHING_CHANGED


def test_a_change_that_only_a_newer_counter_knows_is_left_to_it() -> None:
    waits = waiting(of_capacity(3, 30))
    (one,) = waits.scheduled
    newer = replace(waits, scheduled=(replace(one, change=None),))
    assert findings(newer, of_capacity(2, 9), NOW + timedelta(days=2), NOW) == ()


@pytest.mark.parametrize(("change", "field", "mistake"), BAD)
def test_a_bad_change_is_told_by_its_field_and_its_code(
    change: Change, field: str, mistake: Mistake
) -> None:
    assert Finding(field=field, mistake=mistake) in findings(catalogue(), change, None, NOW)


def test_every_mistake_is_found_by_a_rule_or_made_by_a_form() -> None:
    found = {mistake for _, _, mistake in BAD}
    elsewhere = {
        Mistake.UNREADABLE,
        Mistake.TOO_MANY_PAPERS,
        Mistake.FROM_PAST,
        Mistake.FROM_TOO_FAR,
        Mistake.RELEASE_LAST,
        Mistake.ABILITIES_NOWHERE,
    }
    assert set(Mistake) == found | elsewhere


def test_a_change_takes_effect_later_than_now_and_within_a_year() -> None:
    change = of_capacity(2, 16)
    for at, mistake in [
        (NOW, Mistake.FROM_PAST),
        (NOW + timedelta(days=367), Mistake.FROM_TOO_FAR),
    ]:
        found = findings(catalogue(), change, at, NOW)
        assert found == (Finding(field="from_day", mistake=mistake),)
    assert findings(catalogue(), change, NOW + timedelta(days=1), NOW) == ()


def test_too_many_papers_are_too_many() -> None:
    (paper, *_) = catalogue().service(SERVICE).papers
    many = tuple(replace(paper, id=f"own-{number}") for number in range(13))
    found = {one.mistake for one in findings(catalogue(), of_service(papers=many), None, NOW)}
    assert found == {Mistake.TOO_MANY_PAPERS}


def test_days_that_were_open_already_can_be_given_back() -> None:
    opened = release("r-3", 24, 30, opens=-9)
    back = of_release(opened)
    assert findings(catalogue(), back, None, NOW) != ()
    found = findings(catalogue(), back, None, NOW, taking_back=True)
    assert Mistake.RELEASE_PAST not in {one.mistake for one in found}


def test_the_languages_of_a_service_are_those_that_exist() -> None:
    assert findings(catalogue(), of_service(speech=SPEECH[:2]), None, NOW) == ()
