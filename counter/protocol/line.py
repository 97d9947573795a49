"""What terminal and desk alike say of their line, and of going on without pictures."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol.message import Ask, Ident

Count = Annotated[int, Field(ge=0, le=1_000_000)]
Milliseconds = Annotated[int, Field(ge=0, le=600_000)]


class LegReport(Ask):
    """What this page counted on its leg since it last said so; every two seconds of a call.

    Answered with `video_kbps`: the ceiling for the picture that it sends.
    """

    event: ClassVar[str] = "leg.report"
    call_id: Ident
    window_ms: Annotated[int, Field(ge=500, le=600_000)]
    connected: bool
    camera: bool
    """A picture is meant to be sent."""
    microphone: bool
    """Sound is meant to be sent; muted, it sends silence."""
    received: Count
    """RTP packets of sound and picture."""
    lost: Count
    frozen_ms: Milliseconds
    """How long the other side's picture stood still."""
    jitter_buffer_ms: Milliseconds | None
    rtt_ms: Milliseconds | None
    available_kbps: Annotated[int, Field(ge=0, le=10_000_000)] | None
    """What the browser estimates that it may send; null when it does not say."""
    limited_by: Literal["none", "bandwidth", "cpu", "other"]
    """What keeps the picture that is sent from being better."""


class PictureChoose(Ask):
    """Go on by voice, or with pictures again: for both sides, and either may choose."""

    event: ClassVar[str] = "picture.choose"
    call_id: Ident
    picture: bool
