"""The words between the counter and a media process: JSON over HTTP on a Unix socket.

`POST /join`, `/answer`, `/end`, `/legs`, `/stop` and `GET /health`, `/calls`.  A refusal is
answered with its status and `{"code": …, "message": …}`.
"""

from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from counter.errors import BadInput, Busy, NotAllowedNow, NotFound, Refusal

Name = Annotated[str, Field(min_length=1, max_length=80)]


class Word(BaseModel):
    """What all words of the control socket have in common."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,  # "yes" is not a boolean
        extra="forbid",  # a misspelt field is an error, not a silence
        hide_input_in_errors=True,  # errors are logged; an answer holds addresses
        use_attribute_docstrings=True,
    )


class JoinAsk(Word):
    """Make a new leg; an older one of that name is closed."""

    call_id: Name
    leg: Name


class LegOffer(Word):
    """A leg that waits for its browser's answer."""

    leg_id: str
    sdp: str


class AnswerAsk(Word):
    """The browser's answer to the offer of this very leg."""

    call_id: Name
    leg: Name
    leg_id: Name
    sdp: Annotated[str, Field(max_length=64 * 1024)]


class CallAsk(Word):
    """Something about one call."""

    call_id: Name


class LegReport(Word):
    """How one leg does."""

    leg: str
    leg_id: str
    connected: bool
    received_packets: int
    sent_packets: int
    silent_ms: int | None
    "Since the last RTP packet of the leg; None when there was none yet."


class Health(Word):
    """How a media process does."""

    calls: int
    legs: int
    loop_lag_ms: float
    "The worst delay of the event loop in the last five seconds."
    udp_port: int
    pid: int


class Refused(Word):
    """Why nothing was changed."""

    code: str
    message: str


class WorkerGone(Refusal):
    """The media process of this call does not answer; place the call again."""

    code: ClassVar[str] = "media_gone"
    status: ClassVar[int] = 503


class MediaElsewhere(Refusal):
    """The call goes through a machine that this node does not reach; it goes on there."""

    code: ClassVar[str] = "media_elsewhere"
    status: ClassVar[int] = 503


HEALTH: Final = TypeAdapter(Health)
LEG_OFFER: Final = TypeAdapter(LegOffer)
LEG_REPORTS: Final = TypeAdapter(list[LegReport])
CALLS: Final = TypeAdapter(list[str])
REFUSALS: Final[dict[str, type[Refusal]]] = {
    refusal.code: refusal for refusal in (BadInput, Busy, NotAllowedNow, NotFound, WorkerGone)
}
"What a media process may refuse with."
