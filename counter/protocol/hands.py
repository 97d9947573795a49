"""Remote hands: how the agent wants the terminal, what became of it, and what the citizen says."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from counter.protocol.message import Ask, Ident, Instant, Language, Model, Sha256

HandName = Literal[
    "camera", "crop", "gain", "volume", "text_size", "language", "page", "show", "light"
]
Made = Literal["camera", "crop", "gain", "volume"]
"Hands that the terminal's page makes so and reports."
Share = Annotated[float, Field(ge=0, le=1)]
"Of the width or the height, from the left or the top."


class Crop(Model):
    """A part of the picture, at least a fifth of it each way."""

    x: Share
    y: Share
    width: Annotated[float, Field(ge=0.2, le=1)]
    height: Annotated[float, Field(ge=0.2, le=1)]

    @model_validator(mode="after")
    def _inside(self) -> "Crop":
        if self.x + self.width > 1.0001 or self.y + self.height > 1.0001:
            raise ValueError("it lies outside the picture")
        return self


class HandCamera(Ask):
    """Which camera the terminal sends."""

    event: ClassVar[str] = "hand.camera"
    camera: Literal["face", "document"]


class HandCrop(Ask):
    """Send this part of the picture; null: the whole."""

    event: ClassVar[str] = "hand.crop"
    crop: Crop | None


class HandGain(Ask):
    """How loud the citizen's microphone is."""

    event: ClassVar[str] = "hand.gain"
    percent: Annotated[int, Field(ge=50, le=300)]


class HandVolume(Ask):
    """How loud the terminal plays us; never silent."""

    event: ClassVar[str] = "hand.volume"
    percent: Annotated[int, Field(ge=10, le=100)]


class HandLight(Ask):
    """How bright the lamp over the papers is; 0: off."""

    event: ClassVar[str] = "hand.light"
    percent: Annotated[int, Field(ge=0, le=100)]


class HandTextSize(Ask):
    """How large the terminal writes."""

    event: ClassVar[str] = "hand.text_size"
    text_size: Literal["A", "A+", "A++"]


class HandLanguage(Ask):
    """In which language the terminal speaks."""

    event: ClassVar[str] = "hand.language"
    language: Language


class HandPage(Ask):
    """Turn the presented document to this page."""

    event: ClassVar[str] = "hand.page"
    ceremony_id: Ident
    number: Annotated[int, Field(ge=1, le=500)]


class HandShow(Ask):
    """Lay this stored page before us both; null: put it away."""

    event: ClassVar[str] = "hand.show"
    sha256: Sha256 | None


class HandsAsk(Ask):
    """The citizen stopped my hands: may I again?"""

    event: ClassVar[str] = "hands.ask"


class HandsStop(Ask):
    """The agent shall leave this machine alone."""

    event: ClassVar[str] = "hands.stop"


class HandsAnswer(Ask):
    """The agent may again, or still not."""

    event: ClassVar[str] = "hands.answer"
    allow: bool


class HandReport(Ask):
    """The terminal is so now, or cannot be."""

    event: ClassVar[str] = "hand.report"
    hand: Made
    rev: Annotated[int, Field(ge=0)]
    """Of the wish that this answers."""
    cannot: Literal["no_document_camera", "no_camera", "no_microphone", "failed"] | None


class PageTurn(Ask):
    """The citizen turned the presented document to this page."""

    event: ClassVar[str] = "page.turn"
    ceremony_id: Ident
    number: Annotated[int, Field(ge=1, le=500)]


class HandState(Model):
    """What became of a wish."""

    hand: HandName
    rev: int
    state: Literal["asked", "done", "cannot"]
    cannot: str | None


class HandUsed(Model):
    """One use, in the screen's language."""

    seq: int
    text: str
    at: Instant


class PageTurned(Model):
    """Which page of a presented document is shown."""

    ceremony_id: str
    number: int
    by: Literal["agent", "citizen"]
    rev: int


class HandsCard(Model):
    """The agent's hands on the terminal, on both screens."""

    permission: Literal["allowed", "stopped", "asked"]
    camera: Literal["face", "document"]
    crop: Crop | None
    gain: int
    volume: int
    text_size: Literal["A", "A+", "A++"]
    language: Language
    page: PageTurned | None
    show: Sha256 | None
    """Of the stored page that lies before both."""
    light: int | None = None
    """Per cent of the lamp over the papers; null: there is none."""
    light_level: bool = False
    """It can be more than on and off."""
    states: list[HandState]
    did: list[HandUsed]
    """Newest first."""


DESK_ASKS: tuple[type[Ask], ...] = (
    HandCamera,
    HandCrop,
    HandGain,
    HandVolume,
    HandLight,
    HandTextSize,
    HandLanguage,
    HandPage,
    HandShow,
    HandsAsk,
)
TERMINAL_ASKS: tuple[type[Ask], ...] = (HandsStop, HandsAnswer, HandReport, PageTurn)
