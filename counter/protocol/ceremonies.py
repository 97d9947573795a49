"""Documents to be read and signed, and the forms they are made from."""

from typing import Literal

from counter.protocol.certificate import CertificateCard
from counter.protocol.filling import FillChoice
from counter.protocol.message import Instant, Model
from counter.protocol.reading import SaidLine

CeremonyState = Literal[
    "presented",
    "consented",
    "signing",
    "sealed",
    "declined",
    "withdrawn",
    "abandoned",
    "expired",
    "voided",
]


class SheetCard(Model):
    """One page of the document to be signed, as an image."""

    number: int
    sha256: str
    """Fetched as `/sheets/{sha256}`."""
    width_px: int
    height_px: int
    seen: bool
    seconds: int = 0
    """How long it was on the citizen's screen, in all."""
    shown: bool = False
    """It is there now."""


class FormField(Model):
    """A field of a form."""

    name: str
    label: str
    required: bool
    value: str
    """What the case already knows, or empty."""
    max_length: int
    choices: list[FillChoice] = []
    """What may be chosen; empty where it is written freely."""


class AgreementCard(Model):
    """What the citizen is asked to agree to."""

    sentence: str
    """In the language of the screen, to be shown as it is."""
    sha256: str
    """Of the sentence, UTF-8."""


class CeremonyCard(Model):
    """A document that is being read or signed, or was signed."""

    ceremony_id: str
    title: str
    state: CeremonyState
    sha256: str
    """Of the document as presented; its first six digits stand on both screens."""
    signed_at: Instant | None = None
    """When the citizen signed."""
    citizen_signed: bool = False
    """The citizen's signature is in the document; the department's follow by themselves."""
    sheets: list[SheetCard]
    signed_sha256: str | None
    """Of the sealed PDF; fetched as `/documents/{sha256}`."""
    reason: str | None = None
    """Why it was declined, abandoned, voided or never made ready."""
    revision: int = 1
    """Rises with each correction."""
    corrected: list[str] = []
    """What the last correction changed, in words; nothing after the consent."""
    read_aloud: Literal["machine", "agent"] | None = None
    """The citizen asked to have it read out, by whom."""
    asks_at: Instant | None = None
    """When the terminal asks whether somebody is there."""
    ends_at: Instant | None = None
    """When it is taken off the screen, if nothing happens."""
    paused: bool = False
    """The call was interrupted; it goes on when the agent says so."""
    may_resume: bool = False
    """The citizen is identified again, as far as he ever was."""
    said: list[SaidLine] = []
    """On the terminal, while it is read: what it says, for reading out and for screen readers."""
    fields: list[FormField] = []
    """On the console, while it can be corrected: what the agent filled in."""
    agreement: AgreementCard | None = None
    """On the terminal, while it is read."""
    certificate: CertificateCard | None = None
    """Once agreed to, where the citizen's own certificate is enough."""
    level: Literal["B_B", "B_T", "B_LT", "B_LTA"] | None = None
    """Of PAdES; for the agent, once something is signed."""
    lasting: str = ""
    """The same in words, with what is still to come."""
    archived_sha256: str | None = None
    """Of the newest revision of the archive, fetched likewise."""


class FormCard(Model):
    """A form that can be presented."""

    form: str
    title: str
    fields: list[FormField] = []
    together: bool = False
    """The citizen has fields as well."""
    begun: bool = False
    """There is a draft, to be opened again."""
    refusal: str | None = None
    """Code of why it can never be presented here."""
