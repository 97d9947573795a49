"""The form "your details": read, checked, and each mistake said beside its field."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from multidict import MultiMapping

from booking.appointment import MOST_PARTIES, NEEDS, Details, Party, checked
from booking.catalogue import Acting
from booking.errors import BadDetails
from web.citizen.choice import SAME_PLACE
from web.citizen.draft import Draft
from web.shared.i18n import N_, texts_for

NEED_WORDS = {
    "elderly": N_("I am elderly and may need more time"),
    "pregnant": N_("I am pregnant"),
    "step_free": N_("I use a wheelchair or cannot climb stairs"),
    "hearing": N_("I do not hear well"),
    "sight": N_("I do not see well"),
    "reading_help": N_("I need help with reading or writing"),
    "companion": N_("Somebody will come with me"),
}
assert tuple(NEED_WORDS) == NEEDS

FOR_WHOM = {
    Acting.RELATIVE: N_("Name of your relative"),
    Acting.SOCIAL_WORKER: N_("Name of the person you help"),
    Acting.REPRESENTATIVE: N_("Name of the company or association"),
}
"The question of who is acted for; nothing is asked of who comes for themselves."

_MISTAKES = {
    "name": N_("Enter your name, as it is on your identity document"),
    "contact": N_("Enter a phone number such as +853 6612 3456, or an e-mail address"),
    "language": N_("Choose a language"),
    "needs": N_("Choose from the list"),
    "acting_for": N_("Enter the name of the person, company or association you come for"),
    "entity_number": N_("Enter the registration number: letters and digits, for example 12345 SO"),
    "parties": N_("Enter the name of each person who takes part, and choose where they sit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsForm:
    """What was typed, and what is wrong with it."""

    typed: Details
    mistakes: tuple[str, ...] = ()
    "Fields, in the order of the form."

    def messages(self, language: str) -> dict[str, str]:
        """Field -> sentence."""
        texts = texts_for(language)
        return {field: texts.gettext(_MISTAKES[field]) for field in self.mistakes}

    def summary(self, language: str) -> list[dict[str, str]]:
        """The same for the error summary, each with a link into its field."""
        return [
            {"text": text, "href": f"#{field}"} for field, text in self.messages(language).items()
        ]

    def seats(self, site: str) -> list[tuple[str, str]]:
        """Name and place of each other person, as many as may take part; `SAME_PLACE` at `site`."""
        known = [
            (one.name, SAME_PLACE if one.site == site else one.site) for one in self.typed.parties
        ]
        return [*known, *[("", SAME_PLACE)] * (MOST_PARTIES - len(known))][:MOST_PARTIES]


def read(
    form: MultiMapping[Any], draft: Draft, acting: Acting, sites: Container[str]
) -> DetailsForm:
    """Whatever was sent becomes text of a sane length; `checked` is the rule.

    acting: in whose matter, as the address says.  sites: where others may sit.
    """
    typed = Details(
        name=_text(form, "name"),
        contact=_text(form, "contact"),
        language=_text(form, "language"),
        needs=tuple(str(one)[:40] for one in form.getall("needs", [])[: len(NEEDS)]),
        speech=draft.choice.speech,
        acting=acting,
        acting_for=_text(form, "acting_for"),
        entity_number=_text(form, "entity_number"),
        parties=_parties(form, draft.choice.site),
    )
    mistakes: tuple[str, ...] = ()
    try:
        typed = checked(typed)
    except BadDetails as refused:
        mistakes = refused.fields
    if "parties" not in mistakes and not all(one.site in sites for one in typed.parties):
        mistakes = (*mistakes, "parties")
    return DetailsForm(typed=typed, mistakes=tuple(one for one in _MISTAKES if one in mistakes))


def complete(details: Details) -> bool:
    """Whether nothing is missing; answers may come from an earlier choice."""
    try:
        checked(details)
    except BadDetails:
        return False
    return True


def _parties(form: MultiMapping[Any], here: str) -> tuple[Party, ...]:
    """Who was named; a row without a name is nobody."""
    found = []
    for number in range(1, MOST_PARTIES + 1):
        name = _text(form, f"party-{number}").strip()
        site = _text(form, f"party-{number}-site")
        if name:
            found.append(Party(name=name, site=here if site in ("", SAME_PLACE) else site))
    return tuple(found)


def _text(form: MultiMapping[Any], field: str) -> str:
    return str(form.get(field, ""))[:200]
