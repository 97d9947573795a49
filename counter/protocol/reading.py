"""Reading a document before signing it: what the two screens ask, and what they show of it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol.message import Ask, Ident, Language, Model, Text

DeclineReason = Literal["think", "data_wrong", "not_understood", "cannot_write", "other"]
VoidReason = Literal["data_wrong", "wrong_person", "citizen_asked", "signed_twice", "other"]


class PageShown(Ask):
    """Page `number` of the document is on the screen now; its time begins."""

    event: ClassVar[str] = "page.shown"
    ceremony_id: Ident
    number: Annotated[int, Field(ge=1, le=500)]
    still: bool = False
    """It was there before: said every 10 s, by itself."""


class PageHidden(Ask):
    """No page of the document is on the screen any more."""

    event: ClassVar[str] = "page.hidden"
    ceremony_id: Ident


class CeremonyHere(Ask):
    """I am still here: somebody touched the screen while reading or signing."""

    event: ClassVar[str] = "ceremony.here"
    ceremony_id: Ident


class CeremonyAloud(Ask):
    """Read it out to me."""

    event: ClassVar[str] = "ceremony.aloud"
    ceremony_id: Ident
    by: Literal["machine", "agent"]
    """Who does: the agent, where the machine has no voice for the language."""
    language: Language


class FormCorrect(Ask):
    """Change these fields of the document that is being read; it is drawn and read anew."""

    event: ClassVar[str] = "form.correct"
    ceremony_id: Ident
    fields: dict[Annotated[Text, Field(max_length=40)], Annotated[Text, Field(max_length=500)]]


class CeremonyResume(Ask):
    """Go on with a document whose call was interrupted: I know again who sits there."""

    event: ClassVar[str] = "ceremony.resume"
    ceremony_id: Ident


class CeremonyVoid(Ask):
    """What was signed does not count."""

    event: ClassVar[str] = "ceremony.void"
    ceremony_id: Ident
    reason: VoidReason


class SaidLine(Model):
    """A piece of what the document says, in the screen's language, to be read out."""

    label: str
    """Empty for a sentence of the form itself."""
    text: str
    """A field as it was filled in, or the sentence; empty for an empty field."""


TERMINAL_ASKS: tuple[type[Ask], ...] = (PageShown, PageHidden, CeremonyHere, CeremonyAloud)
DESK_ASKS: tuple[type[Ask], ...] = (FormCorrect, CeremonyResume, CeremonyVoid)
