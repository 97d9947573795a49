"""What a whole document is worth: the worst of what was found, in one word.

Three layers: each signature's cryptography and what was changed after it (in its verdict), whether
exactly our fields are signed, and whether these bytes are the ones that were given out.
"""

from collections.abc import Sequence
from enum import StrEnum

from counter.esign.ports import Verdict
from counter.esign.ticket import ORDERS


class Judgement(StrEnum):
    """From bad to good."""

    BROKEN = "broken"
    "A signature does not hold, or something forbidden was done after it."
    STRANGE = "strange"
    "Signatures hold, but not in the fields of our forms: one is missing, or somebody added one."
    APPENDED = "appended"
    "Bytes stand behind what the last signature covers."
    UNKNOWN = "unknown"
    "Sound by itself, but not a document that this counter gave out."
    UNCOMPARED = "uncompared"
    "Sound by itself; whether it was given out here was not asked: anybody below a root may sign."
    SOUND = "sound"


WORDS = {
    Judgement.BROKEN: "NOT VALID: changed, or not signed by whom we trust",
    Judgement.STRANGE: "NOT VALID: not the signatures of our forms",
    Judgement.APPENDED: "NOT VALID: something was appended after the last signature",
    Judgement.UNKNOWN: "NOT OURS: the signatures hold, but this file was not given out here",
    Judgement.UNCOMPARED: "NOT COMPARED: the signatures hold; --record tells if it is one of ours",
    Judgement.SOUND: "VALID: signed and sealed, and not changed since",
}
"For whoever asks at the command line."


def judge(verdicts: Sequence[Verdict], *, given_out: bool | None) -> Judgement:
    """The whole document.  given_out: whether the record knows these bytes; None: not asked."""
    if any(not verdict.sound for verdict in verdicts):
        return Judgement.BROKEN
    if tuple(verdict.field for verdict in verdicts) not in ORDERS:
        return Judgement.STRANGE
    if not verdicts[-1].covers_file:
        return Judgement.APPENDED
    if given_out is None:
        return Judgement.UNCOMPARED
    return Judgement.SOUND if given_out else Judgement.UNKNOWN
