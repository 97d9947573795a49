"""Why a day cannot be booked is said in words that name who is closed, in every language."""

from datetime import UTC, date, datetime, timedelta

import pytest

from booking.calendar import ClosedReason, Why, why_closed
from booking.seed_toml import seed
from booking.slots import DayAvailability
from web.citizen.reasons import in_words, rows
from web.shared.i18n import LANGUAGES

CATALOGUE = seed([2026]).catalogue
SATURDAY = date(2026, 10, 10)
"The Mainland works, for a day off in its golden week."
STORM = {"zh_Hant": "颱風", "zh_Hans": "台风", "pt": "Tufão", "en": "Typhoon"}


def reason_of(department: str, site: str, day: date) -> ClosedReason:
    reason = why_closed(CATALOGUE.department(department).hours, CATALOGUE.site(site).hours, day)
    assert reason is not None
    return reason


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh_Hant", "這個星期六橫琴上班，澳門休息"),
        ("zh_Hans", "这个星期六横琴上班，澳门休息"),
        ("pt", "Neste sábado Hengqin trabalha e Macau não"),
        ("en", "Hengqin works this Saturday, Macau does not"),
    ],
)
def test_a_saturday_that_only_hengqin_works_is_said_as_that(language: str, words: str) -> None:
    for department, site in (("dsi", "hengqin-centre"), ("hq_tax", "macau-morais")):
        assert in_words(reason_of(department, site, SATURDAY), language, SATURDAY) == words


def test_a_sunday_and_a_day_that_is_not_named_have_words_too() -> None:
    sunday = date(2026, 9, 20)
    reason = reason_of("dsi", "hengqin-centre", sunday)
    assert in_words(reason, "en", sunday) == "Hengqin works this Sunday, Macau does not"
    assert in_words(reason, "en") == "Hengqin works on this day, Macau does not"


def test_where_nobody_makes_up_for_anything_it_is_a_weekend() -> None:
    day = date(2026, 11, 28)
    assert in_words(reason_of("dsi", "hengqin-centre", day), "en", day) == "Weekend: closed"
    # Open day and night, so only the department rests.
    alone = reason_of("dsi", "hengqin-neighbourhood", SATURDAY)
    assert in_words(alone, "en", SATURDAY) == "Weekend: the department is closed"


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("both", "Closed on this day: Typhoon"),
        ("department", "The department is closed on this day: Typhoon"),
        ("site", "This place is closed on this day: Typhoon"),
    ],
)
def test_a_closure_is_said_with_its_name(where: str, words: str) -> None:
    reason = ClosedReason(code=Why.CLOSURE, where=where, names=STORM)  # type: ignore[arg-type]
    assert in_words(reason, "en") == words
    assert "颱風" in in_words(reason, "zh_Hant")


def test_a_day_that_opens_later_says_when_by_the_clock_here() -> None:
    opens = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    reason = ClosedReason(code=Why.OPENS_LATER, where="both")
    said = in_words(reason, "en", date(2026, 12, 20), opens)
    assert said == "Opens for booking on Tue 1 December at 09:00"
    assert "12月1日" in in_words(reason, "zh_Hant", date(2026, 12, 20), opens)
    assert in_words(reason, "en") == "Not open for booking yet"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("where", ["both", "department", "site"])
@pytest.mark.parametrize("code", Why)
def test_every_reason_has_words_in_every_language(code: Why, where: str, language: str) -> None:
    reason = ClosedReason(code=code, where=where, names=STORM)  # type: ignore[arg-type]
    said = in_words(reason, language, SATURDAY)
    assert said and "%(" not in said
    english = in_words(reason, "en", SATURDAY)
    assert said != english or language == "en"


def test_neighbours_that_are_closed_for_the_same_reason_are_one_row() -> None:
    opens = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    later = ClosedReason(code=Why.OPENS_LATER, where="both")
    first = date(2026, 12, 7)
    days = [
        DayAvailability(day=first + timedelta(days=n), free=0, reason=later, opens_at=opens)
        for n in range(5)
    ]
    others = [
        DayAvailability(
            day=first + timedelta(days=5 + n),
            free=0,
            reason=later,
            opens_at=opens + timedelta(days=7),
        )
        for n in range(2)
    ]
    assert [(row.first.day, row.last.day) for row in rows([*days, *others], "en")] == [
        (7, 11),
        (12, 13),
    ]
