"""What a whole document is worth: the worst of what was found, in one word.

Three layers: each signature's cryptography; what was done after it, by strict rules; and equality
with the record (which fields, whose certificates, which bytes).  A stranger's document has the
first two only, and is never called ours: names of fields are anybody's, so without a record it
takes a signature that we trust in one of ours.

Certificates end, and roots are trusted no more; bytes do not change by that.  What was sound while
its timestamps held, and is byte for byte what the record says, is told apart from what somebody has
changed.
"""

from enum import StrEnum

from counter.esign.ticket import ORDERS
from counter.esign.validation import KNOWN_FIELDS, Found, Manifest, SignatureFound, Signer


class Judgement(StrEnum):
    """From bad to good."""

    BROKEN = "broken"
    "A signature does not hold, or something forbidden was done after it."
    STRANGE = "strange"
    "Signatures hold, but are not those of the record: one is missing, or somebody added one."
    APPENDED = "appended"
    "Bytes stand behind what the last signature covers."
    VOIDED = "voided"
    "Genuine, but the department has taken it back since; whatever archive's timestamp was added."
    UNSIGNED = "unsigned"
    "A PDF without any signature."
    UNTRUSTED = "untrusted"
    "Somebody's signatures hold, but nobody whom we trust says whose they are."
    LAPSED = "lapsed"
    "Nothing is wrong but that certificates of its timestamps have ended, and no record knows it."
    CHANGED = "changed"
    "Signatures hold; later changes were made that the signer allowed."
    UNKNOWN = "unknown"
    "Sound by itself, but not a document that this counter gave out."
    UNCOMPARED = "uncompared"
    "Sound by itself; whether it was given out here was not asked: anybody below a root may sign."
    UNROOTED = "unrooted"
    "Exactly what was given out here; nobody whom we trust today says whose its signatures are."
    ENDED = "ended"
    "Exactly what was given out here; certificates of its timestamps have ended meanwhile."
    SOUND = "sound"


WORDS = {
    Judgement.BROKEN: "NOT VALID: changed, or not signed by whom we trust",
    Judgement.STRANGE: "NOT VALID: not the signatures of our forms",
    Judgement.APPENDED: "NOT VALID: something was appended after the last signature",
    Judgement.VOIDED: "TAKEN BACK: signed, and taken back by the department",
    Judgement.UNSIGNED: "NOT SIGNED: there is no signature in it",
    Judgement.UNTRUSTED: "UNKNOWN SIGNER: the signatures hold; nobody we trust says whose they are",
    Judgement.LAPSED: (
        "ENDED: the certificates of its timestamps have ended; nothing else is wrong, and only the"
        " record (--record) tells if it is one of ours"
    ),
    Judgement.CHANGED: "CHANGED: signed; later changes, which the signer allowed, were made",
    Judgement.UNKNOWN: "NOT OURS: the signatures hold, but this file was not given out here",
    Judgement.UNCOMPARED: "NOT COMPARED: the signatures hold; --record tells if it is one of ours",
    Judgement.UNROOTED: (
        "OURS, NO ROOT: exactly what was given out here;"
        " whom we trust today does not say whose its signatures are"
    ),
    Judgement.ENDED: (
        "OURS, ENDED: exactly what was given out here;"
        " the certificates of its timestamps have ended since"
    ),
    Judgement.SOUND: "VALID: signed and sealed, and not changed since",
}
"For whoever asks at the command line."


def worse(one: Judgement, other: Judgement) -> Judgement:
    """Of two about the same thing."""
    return min(one, other, key=list(Judgement).index)


def judge(found: Found, manifest: Manifest | None, *, asked: bool) -> Judgement:
    """The whole document.

    manifest: what the record says about the document that this should be; None: it knows none.
    asked: whether the record was asked at all.
    """
    if not found.signers:
        return Judgement.UNSIGNED
    ours = any(_known(one) and one.field in KNOWN_FIELDS for one in found.signers)
    if manifest is not None or ours:
        return _ours(found, manifest, asked=asked)
    return _foreign(found, asked=asked)


def has_role(one: SignatureFound, found: Found, manifest: Manifest | None) -> bool:
    """Whether its field's name says who signed: only the record knows that, never the name.

    manifest: as of `judge`.
    """
    if manifest is None:
        return False
    if one.kind == "timestamp" or not manifest.signers:
        return found.sha256 in manifest.sha256s
    return Signer(field=one.field, certificate_sha256=one.certificate_sha256) in manifest.signers


def _ours(found: Found, manifest: Manifest | None, *, asked: bool) -> Judgement:
    recorded = manifest is not None and found.sha256 in manifest.sha256s
    # Of what lies in our own record the digest says more than any root.
    kept = recorded and asked
    unproved = [one for one in found.signatures if not (one.sound or one.ended)]
    if unproved and not (kept and all(one.unrooted for one in unproved)):
        return Judgement.BROKEN
    if found.empty_fields or not _as_recorded(found, manifest):
        return Judgement.STRANGE
    last = found.signatures[-1]
    # Proofs may wait for their timestamp; then only the record tells them from anybody's bytes.
    if not last.covers_file and not (recorded and last.changes == "archive"):
        return Judgement.APPENDED
    if manifest is not None and manifest.voided_at is not None and _begins_as(found, manifest):
        return Judgement.VOIDED
    if unproved:
        return Judgement.UNROOTED
    if any(one.ended for one in found.signatures):
        return Judgement.ENDED if kept else Judgement.LAPSED
    if not asked:
        return Judgement.UNCOMPARED
    return Judgement.SOUND if recorded else Judgement.UNKNOWN


def _begins_as(found: Found, manifest: Manifest) -> bool:
    """Whether it is the recorded document, be it with another timestamp behind or in its hole.

    What a signature covers is what was signed: everybody may write into the hole of the last one,
    and behind it, but not into what was there before.
    """
    return not (manifest.sha256s | manifest.beginnings).isdisjoint((found.sha256, *found.covered))


def _known(one: SignatureFound) -> bool:
    """Whether somebody whom we trust says whose it is, or did while certificates lasted."""
    return one.trusted or one.ended is not None


def _as_recorded(found: Found, manifest: Manifest | None) -> bool:
    signed = [one.field for one in found.signers]
    if manifest is not None and manifest.signers:
        expected = [(one.field, one.certificate_sha256) for one in manifest.signers]
        return [(one.field, one.certificate_sha256) for one in found.signers] == expected
    # Nobody to ask, or signed before certificates were recorded: exactly the fields of ours in
    # their order, and the seal has closed it.
    return tuple(signed) in ORDERS


def _foreign(found: Found, *, asked: bool) -> Judgement:
    everything = found.signatures
    if any(not one.holds or one.changes == "forbidden" for one in everything):
        return Judgement.BROKEN
    last = everything[-1]
    if not last.covers_file and last.changes == "none":
        return Judgement.APPENDED
    if not all(_known(one) for one in everything):
        return Judgement.UNTRUSTED
    if any(one.ended for one in everything):
        return Judgement.LAPSED
    if any(one.changes == "allowed" for one in everything):
        return Judgement.CHANGED
    return Judgement.UNKNOWN if asked else Judgement.UNCOMPARED
