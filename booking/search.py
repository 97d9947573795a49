"""Finding a service by the words people use, in any of our languages at once.

Letters are folded first (simplified, no accents, one case, half width), words are compared whole,
by their beginning and, in Latin script, with small slips of the finger.  Chinese has no blanks, so
it is compared by pairs of letters.  A word that many services have counts for little, a rare one
for much; a word that no service has is not held against anybody.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from math import log

from booking.catalogue import LANGUAGES, Catalogue, Service
from booking.misspelt import Vocabulary

LONGEST = 80
"Letters of a question that are looked at."
MOST_TERMS = 24
MOST_FOUND = 20
ENOUGH = 0.5
"Share of the weight of a question that a service must have."
NEAR = 0.45
"Of the best score; what is further below it is left out."

Simplify = Callable[[str], str]
"Traditional letters as simplified ones, letter by letter."


class Role(StrEnum):
    """Which text of a service was found."""

    NAME = "name"
    SYNONYM = "synonym"
    DEPARTMENT = "department"
    PAPER = "paper"


WEIGHTS = {Role.NAME: 1.0, Role.SYNONYM: 0.95, Role.DEPARTMENT: 0.5, Role.PAPER: 0.2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a service was found: the text that fits best."""

    role: Role
    texts: Mapping[str, str]
    "As the catalogue writes it, in those languages in which it fits."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One service that was found."""

    service: Service
    score: float
    "Above 0; comparable within one answer only."
    reason: Reason


@dataclass(slots=True)
class _Phrase:
    """One folded text, and whose it is."""

    terms: frozenset[str]
    owners: dict[tuple[int, Role], dict[str, str]]
    "Original text by language, by service and role."


_HAN = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_PIECES = re.compile(rf"[{_HAN}]+|(?:(?![{_HAN}])[^\W_])+")


def folded(text: str, simplify: Simplify) -> str:
    """One way of writing for all ways that mean the same."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return simplify(bare)


def terms_of(text: str) -> list[str]:
    """What a folded text is compared by: Latin words and numbers; of Chinese, pairs of letters."""
    terms: dict[str, None] = {}
    for piece in _PIECES.findall(text):
        if _is_latin(piece) or len(piece) == 1:
            terms[piece] = None
        else:
            terms |= dict.fromkeys(piece[at : at + 2] for at in range(len(piece) - 1))
    return list(terms)


def _is_latin(piece: str) -> bool:
    return piece[0] < "\u2e80"


class Index:
    """All texts of one catalogue, ready to be searched.  Built once per version.

    Services and phrases are numbers inside: services in the order of the catalogue.
    """

    def __init__(self, catalogue: Catalogue, simplify: Simplify) -> None:
        self.version = catalogue.version
        self._simplify = simplify
        self._services = [one for one in catalogue.services.values() if not one.withdrawn]
        phrases: dict[str, _Phrase] = {}
        written: dict[str, str] = {}
        "Folded texts by text: names of departments come again and again."
        for at, service in enumerate(self._services):
            for role, language, text in _texts(catalogue, service):
                if text not in written:
                    written[text] = folded(text, simplify)
                phrase = phrases.get(written[text])
                if phrase is None:
                    phrase = _Phrase(terms=frozenset(terms_of(written[text])), owners={})
                    phrases[written[text]] = phrase
                phrase.owners.setdefault((at, role), {}).setdefault(language, text)
        self._phrases = [phrase for phrase in phrases.values() if phrase.terms]
        self._having: dict[str, list[int]] = defaultdict(list)
        "Phrases by term."
        self._worth: dict[str, dict[int, float]] = defaultdict(dict)
        "How much a term says of each service that has it."
        for number, phrase in enumerate(self._phrases):
            for term in {*phrase.terms, *_letters(phrase.terms)}:
                self._having[term].append(number)
                worth = self._worth[term]
                for at, role in phrase.owners:
                    worth[at] = max(worth.get(at, 0.0), WEIGHTS[role])
        self._words = Vocabulary(term for term in self._having if _is_latin(term))

    def search(self, text: str) -> list[Found]:
        """Services that fit, the best first; none when nothing of `text` is known."""
        asked = terms_of(folded(text[:LONGEST], self._simplify))[:MOST_TERMS]
        wanted = 0.0
        scores: dict[int, float] = defaultdict(float)
        shares: dict[int, float] = defaultdict(float)
        "What of the question a service has at all."
        hits: dict[int, tuple[float, float]] = {}
        "By phrase: what of the question it has, and how much of the phrase that is."
        for term in asked:
            meant = self._meant(term)
            worth: dict[int, float] = {}
            fits: dict[int, float] = {}
            for known, fit in meant:
                for at, of_role in self._worth[known].items():
                    if fit * of_role > worth.get(at, 0.0):
                        worth[at] = fit * of_role
                for number in self._having[known]:
                    if fit > fits.get(number, 0.0):
                        fits[number] = fit
            if not worth:
                continue
            weight = log(1 + len(self._services) / len(worth))
            wanted += weight
            for at, how_much in worth.items():
                scores[at] += weight * how_much
                shares[at] += weight
            for number, fit in fits.items():
                part, whole = hits.get(number, (0.0, 0.0))
                hits[number] = part + weight * fit, whole + fit
        enough = {at for at, share in shares.items() if share >= ENOUGH * wanted}
        found = []
        for at, (near, number, role) in self._closest(enough, hits, wanted).items():
            reason = Reason(role=role, texts=self._phrases[number].owners[at, role])
            found.append((scores[at] / wanted + near, at, reason))
        found.sort(key=lambda one: (-one[0], one[1]))
        return [
            Found(service=self._services[at], score=score, reason=reason)
            for score, at, reason in found[:MOST_FOUND]
            if score >= NEAR * found[0][0]
        ]

    def _meant(self, term: str) -> list[tuple[str, float]]:
        """Terms that the catalogue has and somebody may mean by this one, and how well they fit."""
        if _is_latin(term):
            return list(self._words.like(term))
        return [(term, 1.0)] if term in self._having else []

    def _closest(
        self, services: Set[int], hits: Mapping[int, tuple[float, float]], wanted: float
    ) -> dict[int, tuple[float, int, Role]]:
        """Of each service the phrase that fits best: how well, its number and what it is.

        It fits well when much of the question is in it, and little else.
        """
        closest: dict[int, tuple[float, int, Role]] = {}
        for number, (part, whole) in hits.items():
            phrase = self._phrases[number]
            close = part / wanted * (1 + min(whole / len(phrase.terms), 1.0))
            for at, role in phrase.owners:
                if at in services:
                    near = close * WEIGHTS[role]
                    if at not in closest or near > closest[at][0]:
                        closest[at] = (near, number, role)
        return closest


def _letters(terms: Iterable[str]) -> Iterator[str]:
    """The letters of pairs of Chinese ones: one letter is a question too."""
    for term in terms:
        if len(term) == 2 and not _is_latin(term):
            yield from term


def _texts(catalogue: Catalogue, service: Service) -> Iterator[tuple[Role, str, str]]:
    """Every text of a service, with what it is and its language."""
    department = catalogue.department(service.department)
    for language in LANGUAGES:
        yield from _each(Role.NAME, language, [service.names[language]])
        yield from _each(Role.SYNONYM, language, service.synonyms.get(language, ()))
        yield from _each(
            Role.DEPARTMENT,
            language,
            [department.names[language], department.short_names[language]],
        )
        yield from _each(Role.PAPER, language, [paper.names[language] for paper in service.papers])


def _each(role: Role, language: str, texts: Iterable[str]) -> Iterator[tuple[Role, str, str]]:
    return ((role, language, text) for text in texts)
