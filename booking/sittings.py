"""What an appointment takes, and a sitting of several, worked out for one command.

Everything here is arithmetic on a catalogue; the claims decide whether it can be had.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from booking import scarce, slots
from booking.appointment import AppointmentView, Details, State, Wish, may_change
from booking.catalogue import Acting, Catalogue, Service, Site
from booking.errors import NotForOthers
from booking.grains import grain_of, grains_of, instant_of, local_day
from booking.orders import ConfirmOrder, Move, MoveOrder, Place
from booking.scarce import Want

CITIZEN = "citizen"


def place(
    catalogue: Catalogue,
    service: Service,
    site: Site,
    start: datetime,
    person: str,
    wish: Wish,
    chance: int,
    now: datetime,
    entity_key: str | None = None,
) -> Place:
    """Where, when, and all that it takes.  Raises what `slots.first_grain` does.

    person: a pseudonym.  chance: a random number, so that two seldom reach for the same unit.
    """
    first = slots.first_grain(catalogue, service, site, start, now)
    return _place(catalogue, service, site, first, person, wish, chance, entity_key)


def whole(view: AppointmentView) -> list[AppointmentView]:
    """The appointments of the sitting, in order; of one service, this one alone."""
    return sorted((view, *view.sitting), key=lambda one: one.start)


def move(
    catalogue: Catalogue,
    reference: str | None,
    parts: Sequence[AppointmentView],
    site_id: str,
    start: datetime,
    person: str,
    chance: int,
    now: datetime,
    by: str = CITIZEN,
) -> MoveOrder:
    """How what is booked goes to `site_id`, one part after another from `start` on.

    parts: as `whole` gives them.  person, chance: as of `place`.  by: who moves it; the limits of
    the citizen bind nobody else.
    Raises `TooLateToChange`, `NotOfferedHere`, `NotInThisLanguage`, `NotInCatalogue` and what
    `slots.first_grain` does.
    """
    moves, at = [], start
    for one in parts:
        service, site = slots.offered(catalogue, one.service, site_id, one.wish)
        if by == CITIZEN:
            may_change(one.start, service.change_until_minutes, now)
        there = place(catalogue, service, site, at, person, one.wish, chance, now, one.entity_key)
        moves.append(Move(appointment_id=one.appointment_id, version=one.version, place=there))
        at = instant_of(there.first_grain + there.grains)
    site = catalogue.site(site_id)
    kept = {local_day(site, now), local_day(site, parts[0].start)}
    return MoveOrder(
        reference=reference,
        person=person,
        moves=tuple(moves),
        same_day=by != CITIZEN or local_day(site, start) in kept,
        by=by,
    )


def confirmation(
    catalogue: Catalogue,
    held: AppointmentView,
    details: Details,
    *,
    chance: int,
) -> ConfirmOrder:
    """How a hold, with its sitting, becomes a booking with these details.

    Raises `NotForOthers`, `NotInThisLanguage`, `NotOfferedHere`, `NotInCatalogue`.
    """
    of_company = details.acting is Acting.REPRESENTATIVE
    entity = entity_pseudonym(details.entity_number) if of_company else None
    retake: list[tuple[str, Place]] = []
    of_entity: list[tuple[str, Place]] = []
    for one in (held, *held.sitting):
        if one.state is not State.HELD:
            continue
        service, site = slots.offered(catalogue, one.service, one.site, details.wish)
        if details.acting not in service.acts_for:
            raise NotForOthers(f"{service.id} is not given to {details.acting}")
        first = grain_of(one.start)
        grains = grain_of(one.end) - first
        if details.wish != one.wish:
            shared = scarce.wants(catalogue, service, site, first, details.wish, grains)
            retake.append(
                (one.appointment_id, _only(catalogue, site, first, grains, shared, chance))
            )
        if entity is not None:
            taken = scarce.of_entity(entity, first, grains)
            of_entity.append(
                (one.appointment_id, _only(catalogue, site, first, grains, taken, chance))
            )
    return ConfirmOrder(
        details=details,
        entity_key=entity,
        retake=tuple(retake),
        entity=tuple(of_entity),
    )


def entity_pseudonym(number: str) -> str:
    """What is kept of a company's registration number: 64 hexadecimal digits."""
    return hashlib.sha256(f"entity:{number}".encode()).hexdigest()


def _place(
    catalogue: Catalogue,
    service: Service,
    site: Site,
    first: int,
    person: str,
    wish: Wish,
    chance: int,
    entity_key: str | None,
) -> Place:
    grains = grains_of(service)
    wanted = [
        *scarce.wants(catalogue, service, site, first, wish),
        *scarce.personal(person, service, site, first),
        *(scarce.of_entity(entity_key, first, grains) if entity_key else ()),
    ]
    return _only(catalogue, site, first, grains, wanted, chance)


def _only(
    catalogue: Catalogue, site: Site, first: int, grains: int, wanted: list[Want], chance: int
) -> Place:
    return Place(
        catalogue_version=catalogue.version,
        site=site.id,
        first_grain=first,
        grains=grains,
        wanted=tuple(wanted),
        start_at=chance,
    )
