"""Why the citizen's own certificate does not sign."""

from counter.errors import NotAllowedNow, Refusal
from counter.esign.signing_refusals import KeyUnavailable


class ActivationRefused(Refusal):
    """The remote service does not take the code that was typed.  Advice: type a new one."""

    code = "activation_refused"
    status = 422


class ActivationPinRefused(ActivationRefused):
    """The remote service does not take the PIN.  Advice: type it again, or sign by hand."""

    code = "activation_pin_refused"


class ActivationEitherRefused(ActivationRefused):
    """The remote service does not say whether PIN or code is wrong.  Advice: type both again."""

    code = "activation_either_refused"


class ActivationLapsed(ActivationRefused):
    """It is too old, or the code is used up, and was no wrong one.  Advice: again, a new code."""

    code = "activation_lapsed"


class ActivationUnanswered(KeyUnavailable):
    """The remote service was given what was typed and did not answer: a code may be used up.

    Nothing is signed yet, and no try was lost.  Advice: type it again, a new code.
    """

    code = "activation_unanswered"


class CredentialUnknown(Refusal):
    """The remote service knows nobody of this name.  Advice: type it again, or sign by hand."""

    code = "credential_unknown"
    status = 422


class CredentialUnfit(Refusal):
    """The citizen's key cannot sign here: off, not bound to the hash (SCAL1), over, not trusted,
    or opened by what is not typed here.

    Advice: sign in another way, or ask where the key was got.
    """

    code = "credential_unfit"
    status = 422


class MeansNotOpen(NotAllowedNow):
    """This form is not signed by these means here.  Advice: choose the other."""

    code = "means_not_open"


class ActivationLocked(Refusal):
    """Three wrong tries.  Advice: sign in another way, or unlock the key at its provider."""

    code = "activation_locked"
    status = 409
