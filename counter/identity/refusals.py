"""What identity refuses."""

from counter.errors import NotAllowedNow, Refusal


class WrongPassphrase(Refusal):
    """Name and passphrase do not belong together; which of both is not said."""

    code = "wrong_passphrase"
    status = 401


class TooManyTries(Refusal):
    """This name was tried too often; it rests for a while."""

    code = "too_many_tries"
    status = 429


class EnrolmentUsed(Refusal):
    """The enrolment link is unknown, used or too old."""

    code = "enrolment_used"
    status = 409


class StepNotNow(NotAllowedNow):
    """Another step of the identification comes first, or this one lacks what it looks at."""

    code = "step_not_now"


class StepsMissing(NotAllowedNow):
    """It cannot be decided that this is the holder: a step is open, or failed."""

    code = "steps_missing"


class NotSecond(NotAllowedNow):
    """The second officer must be another one on duty for the department."""

    code = "not_second"


class ProofingOver(NotAllowedNow):
    """This identification was decided or ended already."""

    code = "proofing_over"
