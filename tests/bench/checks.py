"""ICE connectivity checks of a far end (RFC 8445): asked, answered, and nothing more."""

from typing import Final

from aioice import stun

CANDIDATE_PRIORITY: Final = 1_862_270_975
"Of a peer-reflexive candidate (RFC 8445, section 5.1.2.1)."
HOSTILE: Final = (ValueError, KeyError, IndexError)


def check(*, username: str, password: str, controlling: bool, tie_breaker: int) -> bytes:
    """A check; a controlling end nominates with it at once."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = username
    message.attributes["PRIORITY"] = CANDIDATE_PRIORITY
    if controlling:
        message.attributes["ICE-CONTROLLING"] = tie_breaker
        message.attributes["USE-CANDIDATE"] = None
    else:
        message.attributes["ICE-CONTROLLED"] = tie_breaker
    message.add_message_integrity(password.encode())
    return bytes(message)


def answer_check(data: bytes, sender: tuple[str, int], password: str) -> bytes | None:
    """The answer to a check for the end of that password; None when it is no such check."""
    message = _read(data)
    if message is None or message.message_class != stun.Class.REQUEST:
        return None
    if not message.check_message_integrity(password.encode()):
        return None
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
    answer.attributes["XOR-MAPPED-ADDRESS"] = sender
    answer.add_message_integrity(password.encode())
    return bytes(answer)


def is_success(data: bytes) -> bool:
    """Whether this is the answer to a check."""
    message = _read(data)
    return message is not None and message.message_class == stun.Class.RESPONSE


def nominates(data: bytes) -> bool:
    """Whether this check says that its path is to be used."""
    message = _read(data)
    return message is not None and "USE-CANDIDATE" in message.attributes


def _read(data: bytes) -> stun.Message | None:
    try:
        return stun.parse_message(data)
    except HOSTILE:
        return None
