"""The form "your details": read, checked, and each mistake said beside its field."""

from dataclasses import dataclass
from typing import Any

from multidict import MultiMapping

from booking.appointment import NEEDS, Details, checked
from booking.errors import BadDetails
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

_MISTAKES = {
    "name": N_("Enter your name, as it is on your identity document"),
    "contact": N_("Enter a phone number such as +853 6612 3456, or an e-mail address"),
    "language": N_("Choose a language"),
    "needs": N_("Choose from the list"),
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


def read(form: MultiMapping[Any]) -> DetailsForm:
    """Whatever was sent becomes text of a sane length; `checked` is the rule."""
    typed = Details(
        name=_text(form, "name"),
        contact=_text(form, "contact"),
        language=_text(form, "language"),
        needs=tuple(str(one)[:40] for one in form.getall("needs", [])[: len(NEEDS)]),
    )
    try:
        return DetailsForm(typed=checked(typed))
    except BadDetails as refused:
        return DetailsForm(typed=typed, mistakes=tuple(refused.fields))


def _text(form: MultiMapping[Any], field: str) -> str:
    return str(form.get(field, ""))[:200]
