"""Filling in a form together: what desk and terminal ask, and what both show of it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol.message import Ask, Ident, Model, Text


class FormBegin(Ask):
    """Put this form on both screens to be filled in; what was written before is there again."""

    event: ClassVar[str] = "form.begin"
    form: Ident


class FormLeave(Ask):
    """Take it off both screens; what was written is kept."""

    event: ClassVar[str] = "form.leave"
    draft_id: Ident


class FormFill(Ask):
    """What stands in a field now.  Each side writes its own fields; the channel says whose."""

    event: ClassVar[str] = "form.fill"
    draft_id: Ident
    field: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    text: Annotated[Text, Field(max_length=600)]
    version: Annotated[int, Field(ge=0, le=1_000_000)]
    """Of the field as the writer has seen it; answered with the new one."""


class FillChoice(Model):
    """One of the answers that a field offers."""

    id: str
    name: str


class FillField(Model):
    """A field as it stands."""

    name: str
    label: str
    owner: Literal["agent", "citizen", "counter"]
    kind: Literal["text", "date", "choice", "yes_no", "number", "phone", "id_number"]
    lines: bool
    required: bool
    max_length: int
    choices: list[FillChoice]
    text: str
    shown: str
    """The text as people read it: a choice by its name."""
    whole: bool
    """Of a number: without cents."""
    minimum: int
    """Of a number: the least that is right."""
    version: int
    """0: nobody has written it; what stands there is known from elsewhere."""
    source: Literal["identity", "booking", "counter", "typed", "none"]
    problem: str | None
    """Code of what is wrong with it."""
    lost: str = ""
    """The characters that cannot be printed."""


class DraftCard(Model):
    """A form that is being filled in."""

    draft_id: str
    form: str
    title: str
    fields: list[FillField]
    digest: str
    """Of all texts; the agent presents exactly these."""
    complete: bool
    """Nothing is wrong any more."""


DESK_ASKS: tuple[type[Ask], ...] = (FormBegin, FormLeave, FormFill)
TERMINAL_ASKS: tuple[type[Ask], ...] = (FormFill,)
