"""The working days of both governments, from the `holidays` library.

Macau: the days on which the public service rests are the library's three categories together;
`government` alone lacks Good Friday, which it keeps under `optional`.  Mainland: with the weekend
days that are worked in exchange.  The library answers for years that nobody has announced yet; the
caller says which are.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, cast

import holidays

from booking.calendar import Calendar, DayKind, SpecialDay, Texts

MACAU_LANGUAGES = {"zh_Hant": "zh_MO", "zh_Hans": "zh_CN", "pt": "pt_MO", "en": "en_MO"}
MAINLAND_LANGUAGES = {"zh_Hant": "zh_TW", "zh_Hans": "zh_CN", "en": "en_US"}
AFTERNOON = "（下午）"
NOON = 13 * 60
"Work ends at 13:00 when the afternoon is free."

_PORTUGUESE = {
    "New Year's Day": "Ano Novo",
    "Chinese New Year's Eve": "Véspera do Ano Novo Lunar",
    "Chinese New Year (Spring Festival)": "Ano Novo Lunar",
    "Tomb-Sweeping Day": "Dia de Finados (Cheng Ming)",
    "Labor Day": "Dia do Trabalhador",
    "Dragon Boat Festival": "Festa dos Barcos-Dragão (Tung Ng)",
    "Mid-Autumn Festival": "Festival do Bolo Lunar",
    "National Day": "Dia Nacional",
}
"The library has no Portuguese for the Mainland."
DAY_OFF: Texts = {
    "zh_Hant": "調休",
    "zh_Hans": "调休",
    "pt": "Dia de descanso em troca de um fim-de-semana de trabalho",
    "en": "Day off in exchange for a worked weekend day",
}
MAKE_UP: Texts = {
    "zh_Hant": "調休上班日",
    "zh_Hans": "调休上班日",
    "pt": "Dia de trabalho compensatório",
    "en": "Make-up working day",
}


def macau(years: Iterable[int], published: Iterable[int]) -> Calendar:
    """The calendar of the public service of Macau, for `years`; of those, `published` are sure."""
    wanted = sorted(years)
    names = {ours: _macau_days(wanted, theirs) for ours, theirs in MACAU_LANGUAGES.items()}
    days = {}
    for day, traditional in names["zh_Hant"].items():
        half = traditional.endswith(AFTERNOON)
        days[day] = SpecialDay(
            kind=DayKind.HALF_DAY if half else DayKind.HOLIDAY,
            names={language: found[day] for language, found in names.items()},
            closes_minute=NOON if half else None,
        )
    return Calendar(
        territory="MO", published_years=frozenset(published) & frozenset(wanted), days=days
    )


def mainland(years: Iterable[int], published: Iterable[int]) -> Calendar:
    """The calendar of the Mainland, as `macau`."""
    wanted = sorted(years)
    names = {
        ours: holidays.country_holidays("CN", years=wanted, language=theirs)
        for ours, theirs in MAINLAND_LANGUAGES.items()
    }
    days = {}
    for day, english in names["en"].items():
        plain = english.removesuffix(" (observed)")
        if plain in _PORTUGUESE:
            texts = {
                language: re.sub(r"（補假）|（补假）| \(observed\)", "", found[day])
                for language, found in names.items()
            }
            named: Texts = {**texts, "pt": _PORTUGUESE[plain]}
        else:
            named = DAY_OFF
        days[day] = SpecialDay(kind=DayKind.HOLIDAY, names=named)
    # The stubs do not know this attribute; it is public and documented.
    worked = cast("set[date]", cast(Any, names["en"]).weekend_workdays)
    for day in worked:
        if day.year in wanted:
            days[day] = SpecialDay(kind=DayKind.MAKE_UP, names=MAKE_UP)
    return Calendar(
        territory="CN", published_years=frozenset(published) & frozenset(wanted), days=days
    )


def _macau_days(years: list[int], language: str) -> dict[date, str]:
    """Name by day; where categories name one day differently, the public service's name counts."""
    days: dict[date, str] = {}
    for category in ("public", "optional", "government"):
        days |= holidays.country_holidays("MO", years=years, language=language, categories=category)
    return days
