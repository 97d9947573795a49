"""What the commands of an identification ask of other parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from counter.identity.proofing import Level
from counter.store.session_log import Audiences


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The case as identification sees it."""

    case_id: str
    department_id: str
    needed: Level
    call_id: str
    "Of the conversation that is on."
    language: str
    "In which the citizen reads."
    appointment_id: str | None
    pages: tuple[str, ...]
    "Digests of the accepted pages of identity papers."


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What commands ask of other parts, within their own transaction."""

    matter: Callable[[Connection, str, str], Matter]
    """By case and who asks, "" for whoever.

    Raises `NotAllowedNow` for a closed case, one without a conversation, or an agent who does not
    lead it."""
    hold: Callable[[Connection, str], object]
    "By case: nobody else changes it before this transaction ends.  Before any identification."
    serves: Callable[[Connection, str, str, datetime], bool]
    "Whether this agent is signed in and serves this department."
    audiences: Audiences
    read: Callable[[Connection, str], Mapping[str, Any]]
    "By case: what is kept of what was read off the paper; no name and no number."
    forget: Callable[[Connection, str], None]
    "By case: let go of what was read."
