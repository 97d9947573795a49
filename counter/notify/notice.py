"""A notice: one message to one person, in one language, and which way it goes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    """How a notice gets to its reader."""

    EMAIL = "email"
    SMS = "sms"


def channel_of(to: str) -> Channel:
    """Which way leads to what somebody gave as contact."""
    return Channel.EMAIL if "@" in to else Channel.SMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a notice says.  It holds no reference and no name: letters are read over shoulders."""

    subject: str
    text: str
    "Plain text, for an e-mail."
    short: str
    "The same in one paragraph, for an SMS."
    calendar: str = ""
    "An .ics file with CRLF line ends; empty: none goes with it."

    @property
    def method(self) -> str:
        """What a calendar does with the entry (RFC 5546)."""
        return "CANCEL" if "\r\nMETHOD:CANCEL\r\n" in self.calendar else "PUBLISH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be delivered."""

    id: str
    "The same at every attempt, so that a receiver can tell a repeat."
    kind: str
    "Such as `appointment.booked`."
    ref: str
    to: str
    "E-mail address or telephone number."
    language: str
    body: dict[str, Any]
    letter: Letter
