"""The catalogue to begin with, from the files in `booking/seed`.

A file that lacks a text, names a paper nobody describes or gives a fee that is no fee is refused
with the place of the mistake.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from booking.calendar import SATURDAY, Calendar, DayKind, Hours, Opening, SpecialDay, Texts
from booking.calendar_holidays import MAKE_UP, macau, mainland
from booking.catalogue import (
    LANGUAGES,
    SPEECH,
    Ability,
    Acting,
    ByVideo,
    Catalogue,
    Department,
    Fee,
    IdentityLevel,
    Paper,
    PaperKind,
    Service,
    SignatureClass,
    Site,
    Terminal,
)

LANES = 1
"Agents of each department who take bookings at the same time."
DAILY_QUOTA = 8
"""Bookings of each department a day.  The real counters give two a day and ten a week; eight lets a
demonstration go on for longer than two visits.  It is a column: set it per department."""
SLOT_MINUTES = frozenset(range(5, 125, 5))

_HOURS = re.compile(r"([1-7])(?:-([1-7]))? (\d\d):(\d\d)-(\d\d):(\d\d)")
_FEE = re.compile(r"(MOP|CNY) (\d+)\.(\d\d)")


class BadSeed(ValueError):
    """A seed file says something that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """What `booking.store_catalogue.replace` takes."""

    catalogue: Catalogue
    calendars: tuple[Calendar, Calendar]


def seed(years: Iterable[int], *, practice: bool = False) -> Seed:
    """The catalogue of the files, with both calendars of `years`.

    practice: everything is open day and night and on every day, for trying the counter out.
    """
    return _seed(tuple(sorted(years)), practice)


@lru_cache(maxsize=2)
def _seed(wanted: tuple[int, ...], practice: bool) -> Seed:
    places, papers = _file("places"), _papers(_file("papers"))
    published = places["calendar"]["published"]
    hours = {name: _openings(name, lines) for name, lines in places["hours"].items()}
    calendars = {
        "MO": macau(wanted, published["MO"]),
        "CN": mainland(wanted, published["CN"]),
    }
    if practice:
        hours = dict.fromkeys(hours, hours["always"])
        calendars = {
            territory: replace(
                calendar, published_years=frozenset(wanted), days=_weekends_worked(wanted)
            )
            for territory, calendar in calendars.items()
        }
    departments, services = {}, {}
    for name, territory, zone in (
        ("macau", "MO", "Asia/Macau"),
        ("hengqin", "CN", "Asia/Shanghai"),
    ):
        for entry in _file(name)["department"]:
            department = _department(
                entry,
                territory,
                Hours(zone=zone, calendar=calendars[territory], openings=hours[entry["hours"]]),
            )
            departments[department.id] = department
            for offer in entry["service"]:
                offer = {"speech": entry.get("speech", SPEECH), **offer}
                services[offer["id"]] = _service(offer, department.id, papers)
    sites = {
        entry["id"]: _site(entry, hours, calendars, practice=practice) for entry in places["site"]
    }
    return Seed(
        catalogue=Catalogue(version=0, departments=departments, services=services, sites=sites),
        calendars=(calendars["MO"], calendars["CN"]),
    )


def _weekends_worked(years: Iterable[int]) -> dict[date, SpecialDay]:
    """Every Saturday and Sunday of `years` as a make-up day."""
    days = (date(year, 1, 1) + timedelta(days=ahead) for year in years for ahead in range(366))
    return {
        day: SpecialDay(kind=DayKind.MAKE_UP, names=MAKE_UP)
        for day in days
        if day.isoweekday() >= SATURDAY
    }


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads((files("booking") / "seed" / f"{name}.toml").read_text("utf-8"))


def _texts(entry: Mapping[str, Any], where: str, prefix: str = "") -> Texts:
    """The four texts of an entry; all of them, none empty."""
    texts = {language: entry.get(prefix + language, "") for language in LANGUAGES}
    lacking = [language for language, text in texts.items() if not text]
    if lacking:
        raise BadSeed(f"{where}: no text in {', '.join(lacking)}")
    return texts


def _papers(entries: Mapping[str, Any]) -> dict[str, Texts]:
    return {paper: _texts(entry, f"paper {paper}") for paper, entry in entries.items()}


def _openings(name: str, lines: Iterable[str]) -> tuple[Opening, ...]:
    openings = []
    for line in lines:
        read = _HOURS.fullmatch(line)
        if read is None:
            raise BadSeed(f"hours {name}: {line!r} is not like '1-5 09:00-18:00'")
        first, last, *clock = read.groups()
        from_hour, from_minute, to_hour, to_minute = map(int, clock)
        openings += [
            Opening(
                weekday=weekday,
                opens_minute=from_hour * 60 + from_minute,
                closes_minute=to_hour * 60 + to_minute,
            )
            for weekday in range(int(first), int(last or first) + 1)
        ]
    return tuple(openings)


def _department(entry: Mapping[str, Any], territory: str, hours: Hours) -> Department:
    where = f"department {entry['id']}"
    names = _texts(entry, where)
    if "short" in entry:
        # In Chinese the name itself is short; in the other languages people say the letters.
        short: Texts = {**names, "pt": entry["short"], "en": entry["short"]}
    else:
        short = _texts(entry, where, "short_")
    return Department(
        id=entry["id"],
        territory=territory,
        prefix=entry["prefix"],
        names=names,
        short_names=short,
        lanes=entry.get("lanes", LANES),
        daily_quota=entry.get("daily_quota", DAILY_QUOTA),
        hours=hours,
        speech=tuple(_speech(lane, where) for lane in entry.get("lane_speech", ())),
    )


def _service(entry: Mapping[str, Any], department: str, papers: Mapping[str, Texts]) -> Service:
    where = f"service {entry['id']}"
    if entry["minutes"] not in SLOT_MINUTES:
        raise BadSeed(f"{where}: {entry['minutes']} minutes is not a length of slot")
    by_video = ByVideo(entry.get("by_video", ByVideo.COMPLETES))
    if (by_video is ByVideo.ENQUIRY) != ("elsewhere" in entry):
        raise BadSeed(f"{where}: who only answers questions names the place that does it")
    return Service(
        id=entry["id"],
        department=department,
        names=_texts(entry, where),
        papers=tuple(_paper(line, where, papers) for line in entry["papers"]),
        fee=_fee(entry["fee"], where) if "fee" in entry else None,
        processing_days=entry.get("processing_days"),
        slot_minutes=entry["minutes"],
        by_video=by_video,
        identity_level=IdentityLevel(entry.get("identity", IdentityLevel.NONE)),
        signature_class=SignatureClass(entry.get("signature", SignatureClass.NONE)),
        synonyms=_synonyms(entry.get("synonyms", {}), where),
        acts_for=tuple(map(Acting, entry.get("acts_for", [Acting.SELF]))),
        abilities=_abilities(entry.get("needs", ())),
        speech=_speech(entry.get("speech", SPEECH), where),
        elsewhere=_texts(entry["elsewhere"], f"{where}, elsewhere") if "elsewhere" in entry else {},
        change_until_minutes=entry.get("change_until_minutes", 0),
        weekly_per_person=entry.get("weekly_per_person"),
    )


def _synonyms(entry: Mapping[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    """Words by language, each once; a language may have none."""
    foreign = sorted(entry.keys() - set(LANGUAGES))
    if foreign:
        raise BadSeed(f"{where}: {', '.join(foreign)} is not one of our languages")
    return {language: tuple(dict.fromkeys(words)) for language, words in entry.items()}


def _abilities(words: Iterable[str]) -> frozenset[Ability]:
    return frozenset(map(Ability, words))


def _speech(spoken: Iterable[str], where: str) -> tuple[str, ...]:
    """The languages in our order; not none."""
    wanted = set(spoken)
    if not wanted or wanted - set(SPEECH):
        raise BadSeed(f"{where}: speech is one or more of {', '.join(SPEECH)}")
    return tuple(one for one in SPEECH if one in wanted)


def _paper(line: str, where: str, papers: Mapping[str, Texts]) -> Paper:
    paper, _, kind = line.partition(" ")
    if paper not in papers:
        raise BadSeed(f"{where}: nobody describes the paper {paper!r}")
    # One paper may be asked for twice, shown in the original and handed in as a copy.
    return Paper(id=f"{paper}-{kind}", kind=PaperKind(kind), names=papers[paper])


def _fee(text: str, where: str) -> Fee:
    read = _FEE.fullmatch(text)
    if read is None:
        raise BadSeed(f"{where}: {text!r} is not like 'MOP 40.00'")
    currency, whole, minor = read.groups()
    return Fee(minor=int(whole) * 100 + int(minor), currency=currency)


def _site(
    entry: Mapping[str, Any],
    hours: Mapping[str, tuple[Opening, ...]],
    calendars: Mapping[str, Calendar],
    *,
    practice: bool,
) -> Site:
    where = f"site {entry['id']}"
    keeps = entry["keeps_calendar"] and not practice
    lacks = entry.get("lacks", {})
    return Site(
        id=entry["id"],
        territory=entry["territory"],
        names=_texts(entry, where),
        addresses=_texts(entry["address"], f"{where}, address"),
        hours=Hours(
            zone=entry["zone"],
            calendar=calendars[entry["territory"]] if keeps else None,
            openings=hours[entry["hours"]],
        ),
        terminals=tuple(
            Terminal(
                id=f"{entry['id']}-{number}",
                site=entry["id"],
                number=number,
                abilities=frozenset(Ability) - _abilities(lacks.get(str(number), ())),
            )
            for number in range(1, entry["terminals"] + 1)
        ),
        directions=_texts(entry["directions"], f"{where}, directions"),
    )
