"""The words between the counter and a media process: JSON over HTTP.

Legs: `POST /open`, `/answer`, `/restart`, `/close`, `/still`.  Calls: `POST /arrange`, `/end`,
`/legs`, `/record`, `/untape`.
The process: `POST /drain`, `/stop`, `GET /health`, `/calls`, `/counts`.  A refusal is answered with
its status and `{"code": …, "message": …}`.
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, TypeAdapter

from counter.errors import BadInput, Busy, NotAllowedNow, NotFound, Refusal
from counter.media.arrangement import Arrangement, Mode, Party, Role
from counter.media.series import Counted
from counter.media.taping import TapeReport

Name = Annotated[str, Field(min_length=1, max_length=80)]
RecordingName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,40}$")]
"It names a directory, so it is made of these letters only."


class Word(BaseModel):
    """What all words of the control socket have in common."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,  # "yes" is not a boolean
        extra="forbid",  # a misspelt field is an error, not a silence
        hide_input_in_errors=True,  # errors are logged; an answer holds addresses
        use_attribute_docstrings=True,
    )


class LegOffer(Word):
    """A leg that waits for its browser's answer."""

    leg_id: str
    sdp: str


class AnswerAsk(Word):
    """The browser's answer to the offer of this very leg."""

    owner: Name
    leg_id: Name
    sdp: Annotated[str, Field(max_length=64 * 1024)]


class LegAsk(Word):
    """Something about this very leg of its owner."""

    owner: Name
    leg_id: Name


class OwnerAsk(Word):
    """Something about the owner's leg, whichever it is."""

    owner: Name


class CallAsk(Word):
    """Something about one call."""

    call_id: Name


class PartyWord(Word):
    """One who takes part; see `counter.media.arrangement.Party`."""

    owner: Name
    role: Role
    mode: Mode = "full"
    muted: bool = False
    hidden: bool = False


class ArrangeAsk(Word):
    """The whole call as it shall be now; repeated whenever it changes."""

    call_id: Name
    parties: Annotated[list[PartyWord], Field(max_length=16)]
    held: bool = False

    @classmethod
    def of(cls, call_id: str, arrangement: Arrangement) -> "ArrangeAsk":
        """Raises `ValidationError` for a name that is empty or too long."""
        parties = [
            PartyWord(
                owner=party.owner,
                role=party.role,
                mode=party.mode,
                muted=party.muted,
                hidden=party.hidden,
            )
            for party in arrangement.parties
        ]
        return cls(call_id=call_id, parties=parties, held=arrangement.held)

    def arrangement(self) -> Arrangement:
        """Raises `BadInput`."""
        return Arrangement(
            parties=tuple(Party(**party.model_dump()) for party in self.parties), held=self.held
        )


class RecordAsk(Word):
    """Tape this call, or leave it out for a while; repeated as long as it lasts."""

    call_id: Name
    recording_id: RecordingName
    state: Literal["on", "paused"]
    key: Annotated[str, Field(max_length=64, repr=False)]
    """Data key, 32 octets in base64."""


class UntapeAsk(Word):
    """Stop taping for this recording; its dumps are whole when this is answered."""

    recording_id: RecordingName


class RecordReport(Word):
    """How taping goes; see `counter.media.taping.TapeReport`."""

    legs: int
    written_bytes: int
    trouble: str | None

    @classmethod
    def of(cls, report: TapeReport) -> "RecordReport":
        return cls(legs=report.legs, written_bytes=report.written_bytes, trouble=report.trouble)


class LegReport(Word):
    """How one leg does."""

    owner: str
    leg_id: str
    connected: bool
    received_packets: int
    sent_packets: int
    silent_ms: int | None
    "Since the last RTP packet of the leg; None when there was none yet."


class LegCounts(Word):
    """What this end of one leg has counted; see `counter.media.series.Counted`."""

    owner: str
    leg_id: str
    audio_packets: int
    video_packets: int
    octets: int
    lost: int
    jitter_ms: float | None
    rtt_ms: float | None
    silent_ms: int | None
    passed: int
    passed_gaps: int

    @classmethod
    def of(cls, owner: str, counted: Counted) -> "LegCounts":
        """Not validated: it is ours, and hundreds are made at once while media flows."""
        return cls.model_construct(
            owner=owner, **{name: getattr(counted, name) for name in counted.__slots__}
        )

    def counted(self) -> Counted:
        return Counted(**self.model_dump(exclude={"owner"}))


class EncodedStill(Word):
    """A picture that stands alone; see `counter.media.still.Still`."""

    codec: str
    frame: Base64Bytes


class DrainAsk(Word):
    """Begin nothing new, and end with the last call, or at the limit."""

    limit_s: Annotated[int, Field(ge=0, le=86_400)]


class Health(Word):
    """How a media process does; rates and lags are of the last five seconds."""

    calls: int
    legs: int
    packets_per_s: float
    "Datagrams that came in."
    cpu_share: float
    "Of one core."
    lag_p99_ms: float
    lag_worst_ms: float
    "How late the event loop was."
    draining: bool
    udp_port: int
    pid: int
    instance: str
    "Another one after each start."


class Refused(Word):
    """Why nothing was changed."""

    code: str
    message: str


class WorkerGone(Refusal):
    """The media process of this call does not answer; place the call again."""

    code: ClassVar[str] = "media_gone"
    status: ClassVar[int] = 503


class OtherVersion(WorkerGone):
    """Something answers, but in words that are not ours: as good as gone."""


class Draining(Busy):
    """The process begins nothing new; place it elsewhere."""

    code: ClassVar[str] = "draining"


class MediaElsewhere(Refusal):
    """The call goes through a machine that this node does not reach; it goes on there."""

    code: ClassVar[str] = "media_elsewhere"
    status: ClassVar[int] = 503


HEALTH: Final = TypeAdapter(Health)
LEG_OFFER: Final = TypeAdapter(LegOffer)
LEG_COUNTS: Final = TypeAdapter(list[LegCounts])
RECORD_REPORT: Final = TypeAdapter(RecordReport)
ENCODED_STILL: Final = TypeAdapter(EncodedStill)
LEG_REPORTS: Final = TypeAdapter(list[LegReport])
CALLS: Final = TypeAdapter(list[str])
REFUSALS: Final[dict[str, type[Refusal]]] = {
    refusal.code: refusal
    for refusal in (BadInput, Busy, Draining, NotAllowedNow, NotFound, WorkerGone)
}
"What a media process may refuse with."
