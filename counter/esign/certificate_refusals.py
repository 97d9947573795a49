"""Why the citizen's own certificate does not sign."""

from counter.errors import NotAllowedNow, Refusal
from counter.esign.signing_refusals import KeyUnavailable


class ActivationRefused(Refusal):
    """The remote service does not take the code that was typed.  Advice: type a new one."""

    code = "activation_refused"
    status = 422


class ActivationLapsed(ActivationRefused):
    """The code is too old, or used up, and was no wrong one.  Advice: a new one."""

    code = "activation_lapsed"


class ActivationUnanswered(KeyUnavailable):
    """The remote service was given the code and did not answer: it may have used it up.

    Nothing is signed yet, and no try was lost.  Advice: a new code.
    """

    code = "activation_unanswered"


class CredentialUnknown(Refusal):
    """The remote service knows nobody of this name.  Advice: type it again, or sign by hand."""

    code = "credential_unknown"
    status = 422


class CredentialUnfit(Refusal):
    """The citizen's key cannot sign here: off, not bound to the hash (SCAL1), over, not trusted.

    Advice: sign in another way, or ask where the key was got.
    """

    code = "credential_unfit"
    status = 422


class MeansNotOpen(NotAllowedNow):
    """This form is not signed by these means here.  Advice: choose the other."""

    code = "means_not_open"


class ActivationLocked(Refusal):
    """Three wrong codes.  Advice: sign in another way, or unlock the key at its provider."""

    code = "activation_locked"
    status = 409
