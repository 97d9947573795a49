"""The papers of a service in the call: how each stands, and what a desk says of them."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol.message import Ask, Instant, Model, Text

Item = Annotated[Text, Field(min_length=1, max_length=40)]
"Of the checklist of the case's service."
Day = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
"A day on both sides of the border, as ISO 8601 has it."


class ChecklistRow(Model):
    """A paper this service needs."""

    item: str
    label: str
    kind: Literal["original", "copy", "photo"]
    state: Literal["missing", "asked", "stored", "accepted", "rejected", "declined"]
    before: Literal["sent", "ready", "again"] | None = None
    """What became of the photograph that was sent before the visit."""
    original_seen: Instant | None = None
    """When the agent looked at the original."""
    not_needed: bool = False
    """This matter does without."""
    green: bool = False
    """Nothing more is to be done about it."""
    missing: bool = False
    """The case does not close before something is said of it."""


class MissingPaper(Model):
    """What the citizen still has to hand in."""

    label: str
    until: str
    """The last day, in words."""


class PaperDue(Model):
    """What is said of a paper that is missing when the case closes."""

    item: Item
    until: Day | None
    """Last day to hand it in; null: not needed in this matter."""


class PaperOriginal(Ask):
    """I have seen the original of this paper, or take that back."""

    event: ClassVar[str] = "paper.original"
    item: Item
    seen: bool


class PaperNeed(Ask):
    """This matter does without this paper, or needs it after all."""

    event: ClassVar[str] = "paper.need"
    item: Item
    needed: bool


ASKS: tuple[type[Ask], ...] = (PaperOriginal, PaperNeed)
"For the namespace `/agent`."
