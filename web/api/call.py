"""A call of the API: one row of its table, from which routes and document are made.

Promise: what a call takes, answers and refuses is said once; a call without a scope cannot be
written down.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, Literal, TypeVar

from booking.errors import BookingRefused, UnknownReference
from counter.identity.api_key import ApiKey, Scope
from counter.protocol.message import Model
from web.api.ports import ApiDeps
from web.shared.etag import etag_of

M = TypeVar("M", bound=Model)
LONGEST_PERSON = 64
"As booking says of pseudonyms."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Generic[M]):
    """One request, read and checked."""

    said: M
    "Its body; of a question, what its address and headers say."
    caller: ApiKey
    deps: ApiDeps
    now: datetime
    language: str
    "Of Accept-Language; one of `booking.catalogue.LANGUAGES`."
    key: str = ""
    "Its Idempotency-Key."

    def person(self, token: str) -> str:
        """The pseudonym of a person of this program.

        It ends with the id of the key, so that whose appointment it is is written with the
        appointment itself; it begins with what tells persons apart.
        """
        said = f"person:{self.caller.id}\n{token}".encode()
        drawn = hmac.new(self.deps.secret, said, hashlib.sha256).hexdigest()
        end = f".{self.caller.id}"
        return drawn[: LONGEST_PERSON - len(end)] + end

    async def must_be_mine(self, ref: str) -> None:
        """ref: id of an appointment or an entry.  Raises `UnknownReference` for another key's."""
        person = (await self.deps.booking.contact(ref)).person
        if not person.endswith(f".{self.caller.id}"):
            raise UnknownReference("it was not made with this key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer."""

    body: bytes
    content_type: str = "application/json"
    etag: str = ""
    "Known by it; who has it already is told so."
    headers: dict[str, str] = field(default_factory=dict)


def tagged(content: bytes, for_how_long: str) -> Told:
    """An answer that may be kept.  for_how_long: as `Cache-Control` says it."""
    return Told(body=content, etag=etag_of(content), headers={"Cache-Control": for_how_long})


def told(model: Model) -> Told:
    """An answer that is a model."""
    return Told(body=model.model_dump_json(by_alias=True).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[M]):
    """One thing that a program can ask."""

    name: str
    "Of the operation, for who generates a client."
    method: Literal["GET", "POST"]
    path: str
    "Below `/api/v1`."
    scope: Scope
    does: str
    "One sentence."
    takes: type[M]
    gives: type[Model] | None
    "None: a calendar entry (text/calendar)."
    answer: Callable[[Asked[M]], Awaitable[Told]]
    status: int = 200
    refuses: tuple[type[BookingRefused], ...] = ()
    "Of booking; what every call may refuse is not repeated."
    kept: bool = False
    "The answer has a tag, and may be kept by who asked."


def instant(at: datetime) -> str:
    """As the wire has it: RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat()
