"""At which site a terminal stands."""

from typing import Any

from counter.app.operations_ports import Booking
from counter.errors import NotFound


async def site_of(booking: Booking, terminal_id: str) -> Any:
    """Its site.  Raises `NotFound` for a terminal that is not in the catalogue."""
    for site in (await booking.catalogue()).sites.values():
        if any(terminal.id == terminal_id for terminal in site.terminals):
            return site
    raise NotFound(f"terminal {terminal_id} is not in the catalogue")
