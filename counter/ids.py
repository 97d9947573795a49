"""One name per kind of identifier, so that a ticket is never passed where a case is meant.

All are opaque strings of at most 40 characters; who makes them is handed in (`NewId`), so that
tests can make their own.
"""

from collections.abc import Callable
from typing import NewType

SiteId = NewType("SiteId", str)
TerminalId = NewType("TerminalId", str)
DepartmentId = NewType("DepartmentId", str)
ServiceId = NewType("ServiceId", str)
AgentId = NewType("AgentId", str)
TicketId = NewType("TicketId", str)
PairingId = NewType("PairingId", str)
CallId = NewType("CallId", str)
CaseId = NewType("CaseId", str)
PageId = NewType("PageId", str)
RequestId = NewType("RequestId", str)
DocumentId = NewType("DocumentId", str)
CeremonyId = NewType("CeremonyId", str)
AppointmentId = NewType("AppointmentId", str)

Digest = NewType("Digest", str)
"SHA-256 in lower-case hexadecimal, 64 characters."

NewId = Callable[[], str]
"Makes the next identifier; random in the product, counted in tests."
