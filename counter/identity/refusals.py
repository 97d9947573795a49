"""What identity refuses."""

from counter.errors import Refusal


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
