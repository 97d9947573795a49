"""A notice: one message to one person, in one language."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be delivered."""

    id: str
    "The same at every attempt, so that a receiver can tell a repeat."
    kind: str
    "Such as `appointment.confirmed`."
    ref: str
    to: str
    "E-mail address or telephone number."
    language: str
    body: dict[str, Any]
