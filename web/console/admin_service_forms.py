"""The two forms of a service: what it is called and what to bring, and its other facts."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from booking.catalogue import (
    LANGUAGES,
    SPEECH,
    Ability,
    Acting,
    ByVideo,
    Fee,
    Paper,
    PaperKind,
    Service,
)
from booking.catalogue_changes import Change, ServiceChange
from booking.catalogue_findings import MOST_PAPERS
from booking.errors import NotInCatalogue
from web.console.admin_access import Visit
from web.console.admin_typed import Reader, Typed
from web.shared.i18n import N_

COMMA = {"zh_Hant": "、", "zh_Hans": "、"}
"Between words of a list, where it is none with a space."
_BETWEEN = re.compile(r"[,;，、；]")
SPARE_PAPERS = 2
"Empty rows below the papers that are there."
_COLUMNS = ("", "-kind", *(f"-{language}" for language in LANGUAGES))


@dataclass(frozen=True, slots=True)
class TextsForm:
    """Names, papers and the place that finishes the matter, in the four languages."""

    name: str = "texts"
    title: str = N_("Texts and papers")
    dated: bool = True

    def typed(self, visit: Visit, of: str) -> Typed:
        service = service_of(visit, of)
        typed: Typed = {}
        for language in LANGUAGES:
            typed[f"names-{language}"] = service.names.get(language, "")
            typed[f"words-{language}"] = COMMA.get(language, ", ").join(
                service.synonyms.get(language, ())
            )
            if service.elsewhere:
                typed[f"elsewhere-{language}"] = service.elsewhere.get(language, "")
        for number, paper in enumerate(service.papers, 1):
            typed[f"paper-{number}"] = paper.id
            typed[f"paper-{number}-kind"] = paper.kind
            for language in LANGUAGES:
                typed[f"paper-{number}-{language}"] = paper.names.get(language, "")
        return typed

    def read(self, visit: Visit, of: str, typed: Typed) -> Change:
        service, reader = service_of(visit, of), Reader(typed)
        after = replace(service, names=reader.texts("names"), papers=_papers(reader))
        after = replace(after, synonyms=_words(reader, service))
        if service.by_video is ByVideo.ENQUIRY:
            after = replace(after, elsewhere=reader.texts("elsewhere"))
        reader.done()
        return ServiceChange(department=service.department, before=service, after=after)


@dataclass(frozen=True, slots=True)
class FactsForm:
    """Fee, days, length, languages, limits, and whether it is offered."""

    name: str = "facts"
    title: str = N_("Fee, length and limits")
    dated: bool = True

    def typed(self, visit: Visit, of: str) -> Typed:
        service = service_of(visit, of)
        fee, weekly, days = service.fee, service.weekly_per_person, service.processing_days
        home = visit.department.territory
        return {
            "fee": f"{Decimal(fee.minor) / 100:.2f}" if fee else "",
            "currency": fee.currency if fee else {"MO": "MOP", "CN": "CNY"}.get(home, "MOP"),
            "processing_days": "" if days is None else str(days),
            "slot_minutes": str(service.slot_minutes),
            "change_until": str(service.change_until_minutes),
            "weekly": "" if weekly is None else str(weekly),
            "offered": "no" if service.withdrawn else "yes",
            **{f"speech-{one}": "yes" for one in service.speech},
            **{f"acts-{one}": "yes" for one in service.acts_for},
            **{f"able-{one}": "yes" for one in service.abilities},
        }

    def read(self, visit: Visit, of: str, typed: Typed) -> Change:
        service, reader = service_of(visit, of), Reader(typed)
        fee = None
        if reader.has("fee"):
            fee = Fee(minor=reader.minor("fee"), currency=reader.text("currency"))
        after = replace(
            service,
            fee=fee,
            processing_days=reader.number_or_none("processing_days"),
            slot_minutes=reader.number("slot_minutes"),
            change_until_minutes=reader.number("change_until"),
            weekly_per_person=reader.number_or_none("weekly"),
            speech=tuple(one for one in SPEECH if reader.has(f"speech-{one}")),
            acts_for=_acts_for(reader, service),
            abilities=frozenset(one for one in Ability if reader.has(f"able-{one}")),
            withdrawn=reader.text("offered") == "no",
        )
        reader.done()
        return ServiceChange(department=service.department, before=service, after=after)


def service_of(visit: Visit, of: str) -> Service:
    """Raises `NotInCatalogue` when the department has no such service."""
    service = visit.catalogue.service(of)
    if service.department != visit.department.id:
        raise NotInCatalogue("no such service of this department")
    return service


def paper_rows(typed: Typed) -> list[int]:
    """Numbers of the rows that the form shows: those with something in them, and spare ones."""
    used = [
        number
        for number in range(1, MOST_PAPERS + 1)
        if any(typed.get(f"paper-{number}-{language}") for language in LANGUAGES)
    ]
    return list(range(1, min(max(used, default=0) + SPARE_PAPERS, MOST_PAPERS) + 1))


def compacted(typed: Typed) -> Typed:
    """The rows of papers without the emptied ones, so that a row is numbered as on the list."""
    kept = [
        {name: typed.get(f"paper-{number}{name}", "") for name in _COLUMNS}
        for number in range(1, MOST_PAPERS + 1)
        if any(typed.get(f"paper-{number}-{language}") for language in LANGUAGES)
    ]
    others = {name: text for name, text in typed.items() if not name.startswith("paper-")}
    rows = {
        f"paper-{number}{name}": text
        for number, row in enumerate(kept, 1)
        for name, text in row.items()
    }
    return {**others, **rows}


def _words(reader: Reader, service: Service) -> dict[str, tuple[str, ...]]:
    """Everyday words, each once, in the order in which they were typed."""
    found = {}
    for language in LANGUAGES:
        parts = _BETWEEN.split(reader.text(f"words-{language}"))
        words = tuple(dict.fromkeys(word.strip() for word in parts if word.strip()))
        if words or language in service.synonyms:
            found[language] = words
    return found


def _acts_for(reader: Reader, service: Service) -> tuple[Acting, ...]:
    """In the order that they have already, if they are the same."""
    chosen = [one for one in Acting if reader.has(f"acts-{one}")]
    same = set(chosen) == set(service.acts_for)
    return service.acts_for if same else tuple(chosen)


def _papers(reader: Reader) -> tuple[Paper, ...]:
    """The rows that have a text; an emptied row takes its paper off the list."""
    found: list[Paper] = []
    kept = {reader.text(f"paper-{number}") for number in range(1, MOST_PAPERS + 1)}
    fresh = (f"own-{number}" for number in range(1, 99) if f"own-{number}" not in kept)
    kinds = {str(kind): kind for kind in PaperKind}
    for number in range(1, MOST_PAPERS + 1):
        names = reader.texts(f"paper-{number}")
        if not any(names.values()):
            continue
        kind = kinds.get(reader.text(f"paper-{number}-kind"), PaperKind.ORIGINAL)
        # Pages that were scanned name their paper by its id, so it stays.
        known = reader.text(f"paper-{number}")[:40]
        own = known if known and all(one.id != known for one in found) else next(fresh)
        found.append(Paper(id=own, kind=kind, names=names))
    return tuple(found)
