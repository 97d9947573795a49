"""Who may look at the booking of a department, and who may change it.

Agents look at the departments that they serve; supervisors change those that they oversee.  Of any
other department both are told no more than that it is not theirs.
"""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from booking.catalogue import Catalogue, Department
from counter.errors import NotAllowed
from web.console.admin_ports import AdminDeps
from web.shared.access import principal_of
from web.shared.language import language_of

ADDRESS = "/console/booking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request for the booking of one department."""

    catalogue: Catalogue
    "As it is at this moment."
    department: Department
    language: str
    may_change: bool
    by: str
    "As the journal names who is here."
    now: datetime

    @property
    def address(self) -> str:
        """Where the overview of this department is."""
        return f"{ADDRESS}/{self.department.id}"


async def visit(request: web.Request, deps: AdminDeps) -> Visit:
    """Raises `NotAllowed` for a department that is not theirs, whether there is one or not."""
    principal = principal_of(request)
    wanted = request.match_info["department"]
    if wanted not in await deps.departments(principal.subject):
        raise NotAllowed(f"{request.path}: not a department of {principal.kind}")
    now = deps.now()
    catalogue = await deps.booking.administered(now)
    return Visit(
        catalogue=catalogue,
        department=catalogue.department(wanted),
        language=language_of(request),
        may_change=principal.kind == "supervisor",
        by=f"{principal.kind}:{principal.subject}",
        now=now,
    )
