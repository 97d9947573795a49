"""What a citizen carries from page to page: the time that is held, and the details so far.

It travels in a sealed cookie of the browser's session, so booking works without JavaScript, on any
node, and leaves nothing on the server.  A second cookie keeps the reference of the appointment that
is being looked at, so that no reference ever stands in an address.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from booking.appointment import Details
from web.citizen.ports import Deps

DRAFT_LIFE = timedelta(minutes=30)
"Longer than the hold, so that the page can say what has expired and where to go on."
OPEN_LIFE = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A held time, and what was answered about it."""

    reference: str
    service: str
    site: str
    start: datetime
    expires_at: datetime
    details: Details | None = None

    def with_details(self, details: Details) -> "Draft":
        return replace(self, details=details)


def read_draft(request: web.Request, deps: Deps) -> Draft | None:
    """The draft this browser carries; None when there is none or it is too old."""
    found = _read(request, deps, "draft")
    if found is None:
        return None
    details = found["details"]
    return Draft(
        reference=found["reference"],
        service=found["service"],
        site=found["site"],
        start=datetime.fromisoformat(found["start"]),
        expires_at=datetime.fromisoformat(found["expires_at"]),
        details=Details(**{**details, "needs": tuple(details["needs"])}) if details else None,
    )


def keep_draft(response: web.StreamResponse, deps: Deps, draft: Draft) -> None:
    """Send the draft along with `response`."""
    data: dict[str, Any] = {
        "reference": draft.reference,
        "service": draft.service,
        "site": draft.site,
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
