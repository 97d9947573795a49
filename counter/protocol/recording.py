"""Recording a call: the agent asks, the citizen agrees or not, and either side ends it."""

from typing import ClassVar, Literal

from counter.protocol.message import Ask, Ident, Instant, Model


class RecordingPropose(Ask):
    """May this conversation be recorded?  Nothing is recorded until the citizen agrees."""

    event: ClassVar[str] = "recording.propose"


class RecordingAgree(Ask):
    """Yes, record it."""

    event: ClassVar[str] = "recording.agree"
    recording_id: Ident


class RecordingDecline(Ask):
    """No; the conversation goes on as it was."""

    event: ClassVar[str] = "recording.decline"
    recording_id: Ident


class RecordingPause(Ask):
    """Leave out what comes now, such as a medical paper."""

    event: ClassVar[str] = "recording.pause"
    recording_id: Ident


class RecordingResume(Ask):
    """Go on recording."""

    event: ClassVar[str] = "recording.resume"
    recording_id: Ident


class RecordingStop(Ask):
    """Record no more: of either side, at any time; of the agent, also before it was answered."""

    event: ClassVar[str] = "recording.stop"
    recording_id: Ident


class RecordingCard(Model):
    """How the recording of this call stands, on both screens."""

    recording_id: str
    state: Literal["proposed", "starting", "recording", "paused", "declined", "stopped"]
    """starting: agreed, and the media process was not heard to record yet."""
    since: Instant
    """When it was asked for, or began."""


TERMINAL_ASKS: tuple[type[Ask], ...] = (RecordingAgree, RecordingDecline, RecordingStop)
DESK_ASKS: tuple[type[Ask], ...] = (
    RecordingPropose,
    RecordingPause,
    RecordingResume,
    RecordingStop,
)
