"""What the API refuses before booking is asked."""

from counter.errors import BadInput, Busy, NotAllowed, Refusal


class KeyScope(NotAllowed):
    """The key does not have the scope that this call needs."""

    code = "api_key_scope"


class NoIdempotencyKey(Refusal):
    """A request that changes something came without a key of its own."""

    code = "idempotency_key_missing"
    status = 400


class IdempotencyKeyUsed(Refusal):
    """The key of this request was used for another one."""

    code = "idempotency_key_used"
    status = 422


class NotJson(BadInput):
    """The body says that it is something else than JSON."""

    status = 415


class BodyTooLarge(Refusal):
    """The body has more bytes than any request needs."""

    code = "too_large"
    status = 413


class TooMany(Busy):
    """This key has asked more often than it may; `retry_after_s` says when it may again."""

    code = "too_many_requests"
    status = 429

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
