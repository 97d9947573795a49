"""What was chosen so far, as it stands in the address, and which question comes next.

Nothing personal is in it: in whose matter (`for`), which language is spoken (`speak`), the place
(`site`), further services of the same sitting (`also`), where others sit (`with`), and whether the
place must be free of steps (`step_free`).  So going back, reloading and changing the language keep
it, and a link can be sent to somebody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiDict, MultiMapping

from booking.appointment import MOST_PARTIES, Wish, abilities_for
from booking.catalogue import (
    SPEECH,
    SPOKEN_BY_READERS,
    Acting,
    Catalogue,
    Department,
    Service,
    Site,
)
from booking.grains import GRAIN, grains_of
from booking.service import MOST_IN_A_SITTING

SAME_PLACE = "same"
"In `with`: beside whoever books, wherever that will be."
LAST_QUESTIONS = ("day", "time", "details", "check")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Answers that stand in the address; whether they can be had, `Journey` says."""

    service: str
    also: tuple[str, ...] = ()
    "Services that follow in the same seat."
    acting: Acting | None = None
    "None: not asked yet."
    speech: str = ""
    "One of `SPEECH`; empty: what readers of the page speak."
    site: str = ""
    others: tuple[str, ...] = ()
    "Site of each other person who takes part, or `SAME_PLACE`."
    step_free: bool = False

    @property
    def services(self) -> tuple[str, ...]:
        """All of the sitting, in order."""
        return (self.service, *self.also)

    def wish(self, language: str) -> Wish:
        """What is wanted of the counter.  language: of the page."""
        here = tuple(self.site if one == SAME_PLACE else one for one in self.others)
        return Wish(
            speech=self.speech or SPOKEN_BY_READERS[language],
            abilities=abilities_for(["step_free"] if self.step_free else []),
            others=tuple(sorted(here)),
        )

    def fields(self) -> list[tuple[str, str]]:
        """Name and value of everything that was chosen, in the order of the questions."""
        return [
            *(("also", one) for one in self.also),
            *([("for", str(self.acting))] if self.acting else []),
            *([("speak", self.speech)] if self.speech else []),
            *([("site", self.site)] if self.site else []),
            *(("with", one) for one in self.others),
            *([("step_free", "1")] if self.step_free else []),
        ]

    def at(self, step: str, **more: str) -> str:
        """The address of a question, with everything chosen so far."""
        query = urlencode([*self.fields(), *more.items()])
        return f"/services/{self.service}/{step}" + (f"?{query}" if query else "")

    def but(self, **changes: Any) -> "Choice":
        """The same with some answers changed."""
        return replace(self, **changes)


def read_choice(service: str, query: MultiMapping[str]) -> Choice:
    """What an address says; an answer that is none counts as not given.

    Names of services and places are looked up later, by who knows the catalogue.
    """
    acting = query.get("for", "")
    speech = query.get("speak", "")
    return Choice(
        service=service,
        also=tuple(dict.fromkeys(query.getall("also", [])))[: MOST_IN_A_SITTING - 1],
        acting=Acting(acting) if acting in set(Acting) else None,
        speech=speech if speech in SPEECH else "",
        site=query.get("site", ""),
        others=tuple(query.getall("with", []))[:MOST_PARTIES],
        step_free=query.get("step_free") == "1",
    )


def chosen_in(request: web.Request) -> Choice:
    """The choice of a page below `/services/{service}`."""
    return read_choice(request.match_info["service"], request.query)


def as_fields(choice: Choice) -> dict[str, Any]:
    """For a cookie; `from_fields` reads it back."""
    return {"service": choice.service, "query": choice.fields()}


def from_fields(found: Mapping[str, Any]) -> Choice:
    """The choice that `as_fields` wrote."""
    return read_choice(found["service"], MultiDict([tuple(one) for one in found["query"]]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One department of a sitting, and when."""

    service: Service
    department: Department
    start: datetime
    "On the wall of the site."
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A choice against the catalogue: what may be answered, and what is asked of this one."""

    choice: Choice
    catalogue: Catalogue
    language: str
    "Of the page."

    @property
    def services(self) -> list[Service]:
        """Of the sitting, in order.  Raises `NotInCatalogue`."""
        return [self.catalogue.service(one) for one in self.choice.services]

    @property
    def service(self) -> Service:
        """The first, after which the pages are named.  Raises `NotInCatalogue`."""
        return self.catalogue.service(self.choice.service)

    @property
    def department(self) -> Department:
        return self.catalogue.department(self.service.department)

    @property
    def acting(self) -> list[Acting]:
        """In whose matter all of the services may be asked for."""
        return [one for one in Acting if all(one in each.acts_for for each in self.services)]

    @property
    def sites(self) -> list[Site]:
        """Where all of them are given."""
        able = abilities_for(["step_free"] if self.choice.step_free else [])
        given = [
            {
                site.id
                for site in self.catalogue.sites_for(one.id)
                if site.terminals_with(one.abilities | able)
            }
            for one in self.services
        ]
        return [
            site for site in self.catalogue.sites.values() if all(site.id in some for some in given)
        ]

    @property
    def spoken(self) -> list[str]:
        """What every one of the departments speaks."""
        return [one for one in SPEECH if all(self._speaks(each, one) for each in self.services)]

    @property
    def asks_who(self) -> bool:
        return len(self.acting) > 1

    @property
    def asks_speech(self) -> bool:
        """Only where it matters: not everybody there speaks everything."""
        for one in self.services:
            lanes = self.catalogue.department(one.department).speech
            if {*one.speech} != {*SPEECH} or any({*SPEECH} - {*lane} for lane in lanes):
                return True
        return False

    @property
    def steps(self) -> list[str]:
        """The questions of this booking, in order."""
        return [
            *(["who"] if self.asks_who else []),
            "place",
            *(["speech"] if self.asks_speech else []),
            *LAST_QUESTIONS,
        ]

    @property
    def unanswered(self) -> str | None:
        """The first question before the day that has no answer that can be had.

        Who does not say otherwise comes in their own matter, and speaks what they read.
        """
        if self.who not in self.acting:
            return "who"
        if self.site is None:
            return "place"
        if self.asks_speech and self.choice.wish(self.language).speech not in self.spoken:
            return "speech"
        return None

    @property
    def who(self) -> Acting | None:
        """In whose matter; the only answer there is, where there is only one."""
        allowed = self.acting
        if self.choice.acting is None:
            return allowed[0] if len(allowed) == 1 else Acting.SELF
        return self.choice.acting

    @property
    def site(self) -> Site | None:
        """Where, if all of it is given there."""
        return next((one for one in self.sites if one.id == self.choice.site), None)

    def parts(self, start: datetime) -> list[Part]:
        """The sitting from `start` on; what each takes is rounded up to whole grains."""
        found: list[Part] = []
        for service in self.services:
            end = start + grains_of(service) * GRAIN
            department = self.catalogue.department(service.department)
            found.append(Part(service=service, department=department, start=start, end=end))
            start = end
        return found

    def _speaks(self, service: Service, speech: str) -> bool:
        department = self.catalogue.department(service.department)
        return speech in service.speech and bool(department.lanes_that_speak(speech))
