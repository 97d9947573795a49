"""Why a signature or its timestamp could not be made.

After any of these nothing has changed, except where the class says that the ink is kept.
"""

from counter.errors import Refusal


class TimestampUnavailable(Refusal):
    """No time-stamping service answers.

    On presenting and consenting nothing has changed.  After the pen the ink is kept and the seal
    follows by itself: the citizen need not sign again.
    """

    code = "timestamp_unavailable"
    status = 503


class TokenTooLong(Refusal):
    """The timestamp does not fit into the hole that was written for it: the ink is kept.

    The hole is never written again.  Advice: withdraw the form and present it again.
    """

    code = "token_too_long"
    status = 500


class SignatureInvalid(Refusal):
    """What was just made does not pass our own verification; it was thrown away."""

    code = "signature_invalid"
    status = 500


class StampInvalid(SignatureInvalid):
    """The timestamp in it is what does not pass: another service may do better."""


class ClockWrong(Refusal):
    """Our clock and the time-stamping service's differ by more than a minute: an alarm."""

    code = "clock_wrong"
    status = 503


class SignerUnavailable(Refusal):
    """The worker process died or ran out of its time over this work; it is started again."""

    code = "signer_unavailable"
    status = 503


class KeyUnusable(Refusal):
    """The key cannot sign: not the certificate's key, wrong kind, wrong PIN, not there."""

    code = "key_unusable"
    status = 503


class KeyUnavailable(Refusal):
    """Whoever holds the key does not answer, or not with a signature.  Asked again later."""

    code = "key_unavailable"
    status = 503


class KeyMismatch(Refusal):
    """The value is no signature of the certificate that the document names: an alarm."""

    code = "key_mismatch"
    status = 500


class CertificateExpired(Refusal):
    """The certificate of this signature is not valid now: an alarm."""

    code = "certificate_expired"
    status = 503


class PinRefused(KeyUnusable):
    """The token refused its PIN, or has locked it.  It is never tried again by itself."""

    code = "pin_refused"


class CertificateRevoked(Refusal):
    """The certificate of this signature was revoked: nothing is signed with it any more."""

    code = "certificate_revoked"
    status = 503


class RevocationUnknown(Refusal):
    """Whether a certificate was revoked cannot be found out now.  Advice: wait and try again."""

    code = "revocation_unknown"
    status = 503


class EvidenceUnavailable(Exception):
    """An OCSP service or a CRL could not be had; another way is tried.  Shown to nobody."""
