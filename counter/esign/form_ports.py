"""What drawing forms needs from outside, departments' own ones too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from counter.esign.forms import Language, OwnForm
from counter.esign.own_forms import FormVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """A page as people see it: the same pixels for citizen, agent and record."""

    page: int
    "From 1."
    image: bytes
    "PNG."
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedForm:
    """A drawn form with empty signature fields."""

    pdf: bytes
    pages: tuple[PageImage, ...]
    template_sha256: str
    "Of its template with all that the template reads and its description, as `form_typst` has it."


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDrawn:
    """A department's own form as its process answered it."""

    pdf: bytes
    "With its empty signature fields."
    pages: tuple[PageImage, ...]


class OwnPress(Protocol):
    """Draws departments' own forms, each in a process that can do nothing else."""

    async def draw(
        self,
        form: OwnForm,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        specimen: bool = False,
    ) -> OwnDrawn:
        """specimen: the pages are photographed, and every text has to stand on the paper.

        Raises `TemplateWrong`, `TemplateUnfit`, `TemplateTooHeavy`.
        """
        ...


class OwnFormsStore(Protocol):
    """Keeps every version of departments' own forms."""

    async def publish(self, new: FormVersion, *, seen: int) -> int:
        """The number of the version.  seen: of the one it was made from; 0: there was none.

        Raises `FormIdTaken`, `FormChanged`.
        """
        ...

    async def retire(
        self, department: str, form: str, version: int, *, by: str, now: datetime
    ) -> None:
        """Offer it no more.  Raises `FormUnknown`, `FormChanged`."""
        ...

    async def versions(self, department: str | None = None) -> Sequence[FormVersion]:
        """Every version, by form and number."""
        ...

    async def mark(self) -> tuple[int, int]:
        """Changes with everything that is published or retired; cheap."""
        ...

    async def tell_unreadable(self, lost: Sequence[FormVersion], now: datetime) -> None:
        """Of all that is published, these cannot be read and are not offered: alerts, no others."""
        ...

    async def tell_desks(self, departments: Sequence[str], now: datetime) -> None:
        """Other forms are offered there from now on: desks show them without being asked."""
        ...
