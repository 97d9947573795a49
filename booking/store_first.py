"""The first free time of a morning, chosen here, so that a crowd does not try one after another.

Everybody who picks from a list picks its top, and all but one come back to pick again: a thousand
people make five thousand holds that are refused.  Here each makes one command, which looks at the
claims and goes down the list by itself.
"""

from datetime import datetime

from sqlalchemy import Connection, select

from booking.appointment import State
from booking.errors import BadDetails, HoldExpired, PersonOverlap, SlotTaken
from booking.grains import instant_of
from booking.orders import CatalogueChanged, FirstOrder, HeldAt
from booking.ports import Tell
from booking.store_booking import hold
from booking.store_catalogue_tables import catalogue_version
from booking.store_claims import used
from booking.store_rows import state_of
from booking.tables import appointment


def hold_first(conn: Connection, order: FirstOrder, *, tell: Tell, now: datetime) -> HeldAt:
    """Keep the first that can be had.  The same order again is answered with the same hold.

    Raises `SlotTaken` when none can, and otherwise as `store_booking.hold`.
    """
    before = conn.execute(select(appointment).where(appointment.c.idem == order.idem)).first()
    if before is not None:
        if (before.service, before.site, before.sitting) != (order.service, order.site, None):
            raise BadDetails(("key",))
        if state_of(before, now) is not State.HELD:
            raise HoldExpired(f"the hold of this key is {before.state}")
        return HeldAt(
            appointment_id=before.id,
            reference=before.reference_shown,
            expires_at=before.expires_at,
            start=instant_of(before.first_grain),
        )
    if conn.execute(select(catalogue_version.c.version)).scalar() != order.catalogue_version:
        raise CatalogueChanged
    refusal: SlotTaken | PersonOverlap | None = None
    taken = used(conn, order.resources, order.first_grain, order.last_grain, now)
    for one in order.choose(taken):
        try:
            with conn.begin_nested():
                held = hold(conn, one, tell=tell, now=now)
        except (SlotTaken, PersonOverlap) as lost:
            refusal = refusal or lost
        else:
            return HeldAt(
                appointment_id=held.appointment_id,
                reference=held.reference,
                expires_at=held.expires_at,
                start=instant_of(one.place.first_grain),
            )
    raise refusal or SlotTaken("no time is left then")
