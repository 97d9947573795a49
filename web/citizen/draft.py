"""What a citizen carries from page to page: the time that is held, and the details so far.

It travels in a sealed cookie of the browser's session, so booking works without JavaScript, on any
node, and leaves nothing on the server.  Two more cookies keep the references of the appointment and
of the place on the waiting list that are being looked at, so that none ever stands in an address.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from booking.appointment import Details, Party
from booking.catalogue import Ability, Acting
from web.citizen.choice import SAME_PLACE, Choice, Journey, as_fields, from_fields
from web.citizen.ports import Deps

DRAFT_LIFE = timedelta(minutes=30)
"Longer than the hold, so that the page can say what has expired and where to go on."
OPEN_LIFE = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A held time, and what was answered about it."""

    reference: str
    choice: Choice
    start: datetime
    expires_at: datetime
    details: Details | None = None

    def with_details(self, details: Details) -> "Draft":
        return replace(self, details=details)

    @property
    def again(self) -> Choice:
        """The choice with what the details want of the counter, for choosing another time."""
        if self.details is None:
            return self.choice
        here = self.choice.site
        others = (SAME_PLACE if one.site == here else one.site for one in self.details.parties)
        return self.choice.but(
            others=tuple(others), step_free=Ability.STEP_FREE in self.details.wish.abilities
        )


def carried(before: Draft | None, journey: Journey) -> Details | None:
    """What was answered about an earlier time, as far as it holds for the one chosen now.

    Who sat at the same place still does; a name belongs to the matter in which it was given.
    """
    if before is None or before.details is None:
        return None
    details, choice = before.details, journey.choice
    if journey.who is not None and details.acting is not journey.who:
        details = replace(details, acting=journey.who, acting_for="", entity_number="")
    parties = tuple(
        replace(one, site=choice.site) if one.site == before.choice.site else one
        for one in details.parties
    )
    return replace(details, speech=choice.speech, parties=parties)


def read_draft(request: web.Request, deps: Deps) -> Draft | None:
    """The draft this browser carries; None when there is none or it is too old."""
    found = _read(request, deps, "draft")
    if found is None or "choice" not in found:
        return None
    details = found["details"]
    return Draft(
        reference=found["reference"],
        choice=from_fields(found["choice"]),
        start=datetime.fromisoformat(found["start"]),
        expires_at=datetime.fromisoformat(found["expires_at"]),
        details=_details(details) if details else None,
    )


def keep_draft(response: web.StreamResponse, deps: Deps, draft: Draft) -> None:
    """Send the draft along with `response`."""
    data: dict[str, Any] = {
        "reference": draft.reference,
        "choice": as_fields(draft.choice),
        "start": draft.start.isoformat(),
        "expires_at": draft.expires_at.isoformat(),
        "details": asdict(draft.details) if draft.details else None,
    }
    _keep(response, deps, "draft", data, DRAFT_LIFE)


def drop_draft(response: web.StreamResponse, deps: Deps) -> None:
    """Forget the draft on this device."""
    response.del_cookie(_name(deps, "draft"), path="/", secure=deps.secure, httponly=True)


def read_open(request: web.Request, deps: Deps) -> str | None:
    """The reference of the appointment that this browser has open."""
    found = _read(request, deps, "appointment")
    return str(found["reference"]) if found else None


def keep_open(response: web.StreamResponse, deps: Deps, reference: str) -> None:
    """Open an appointment in this browser."""
    _keep(response, deps, "appointment", {"reference": reference}, OPEN_LIFE)


def drop_open(response: web.StreamResponse, deps: Deps) -> None:
    """Close the appointment on this device."""
    response.del_cookie(_name(deps, "appointment"), path="/", secure=deps.secure, httponly=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWaiting:
    """A place on the waiting list that this browser has open."""

    reference: str
    choice: Choice | None
    "What was chosen when it was joined from this browser."


def read_waiting(request: web.Request, deps: Deps) -> KeptWaiting | None:
    """The place on the waiting list that this browser has open."""
    found = _read(request, deps, "waiting")
    if found is None:
        return None
    choice = found["choice"]
    return KeptWaiting(
        reference=str(found["reference"]), choice=from_fields(choice) if choice else None
    )


def keep_waiting(
    response: web.StreamResponse, deps: Deps, reference: str, choice: Choice | None = None
) -> None:
    """Open a place on the waiting list in this browser."""
    data = {"reference": reference, "choice": as_fields(choice) if choice else None}
    _keep(response, deps, "waiting", data, OPEN_LIFE)


def drop_waiting(response: web.StreamResponse, deps: Deps) -> None:
    """Close it on this device."""
    response.del_cookie(_name(deps, "waiting"), path="/", secure=deps.secure, httponly=True)


def _details(found: dict[str, Any]) -> Details:
    return Details(
        **{
            **found,
            "needs": tuple(found["needs"]),
            "acting": Acting(found["acting"]),
            "parties": tuple(Party(**party) for party in found["parties"]),
        }
    )


def _read(request: web.Request, deps: Deps, purpose: str) -> dict[str, Any] | None:
    text = request.cookies.get(_name(deps, purpose))
    return deps.sealer.unseal(purpose, text, deps.now()) if text else None


def _keep(
    response: web.StreamResponse, deps: Deps, purpose: str, data: dict[str, Any], life: timedelta
) -> None:
    response.set_cookie(
        _name(deps, purpose),
        deps.sealer.seal(purpose, data, deps.now() + life),
        secure=deps.secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _name(deps: Deps, purpose: str) -> str:
    return f"__Host-{purpose}" if deps.secure else purpose
