"""Refusals: one class per reason, with a code that pages translate and an HTTP status.

The message is for the log: never a reference, a name, or anything else of a citizen's.
"""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from booking.calendar import ClosedReason
    from booking.catalogue_findings import Finding


class BookingRefused(Exception):
    """Something was asked that cannot be; nothing was changed."""

    code: ClassVar[str] = "booking_refused"
    status: ClassVar[int] = 409


class NotInCatalogue(BookingRefused):
    """No such department, service, site or terminal."""

    code = "not_in_catalogue"
    status = 404


class NotOfferedHere(BookingRefused):
    """The service is not given at this site."""

    code = "not_offered_here"


class NotInThisLanguage(BookingRefused):
    """The service is not given in the language that was asked for."""

    code = "not_in_this_language"


class NotForOthers(BookingRefused):
    """This service is not given to somebody who comes for another."""

    code = "not_for_others"


class BadDetails(BookingRefused):
    """Details that cannot be taken; `fields` names them, in the order of the form."""

    code = "bad_details"
    status = 422

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(f"cannot take: {', '.join(fields)}")
        self.fields = fields


class ClosedDay(BookingRefused):
    """The site or the department is closed on that day; `reason` says which and why."""

    code = "closed_day"

    def __init__(self, reason: "ClosedReason") -> None:
        super().__init__(f"closed: {reason.code} ({reason.where})")
        self.reason = reason


class NotReleased(BookingRefused):
    """The day is in the past or beyond the days that can be booked now."""

    code = "not_released"


class SlotTaken(BookingRefused):
    """No place is left at that time, or no slot starts then."""

    code = "slot_taken"


class NotToBeMoved(BookingRefused):
    """The appointment can stay where it is, so it is its citizen who may move it."""

    code = "not_to_be_moved"


class SlotIsFree(BookingRefused):
    """Nobody need wait: a slot that would do is free; `start` is when it begins."""

    code = "slot_is_free"

    def __init__(self, start: datetime) -> None:
        super().__init__(f"the slot at {start.isoformat()} is free")
        self.start = start


class TooManyWaiting(BookingRefused):
    """This person is already on the waiting list as often as one may be."""

    code = "too_many_waiting"


class PersonOverlap(BookingRefused):
    """This person already has an appointment at that time."""

    code = "person_overlap"


class TooManyAppointments(BookingRefused):
    """This person already has as many coming appointments as one may have."""

    code = "too_many_appointments"


class WeeklyLimit(BookingRefused):
    """This person already has as many appointments for the service as one may in a week."""

    code = "weekly_limit"


class TooManyOfEntity(BookingRefused):
    """The company or association already has as many coming appointments as it may have."""

    code = "too_many_of_entity"


class OnlySameDay(BookingRefused):
    """This person missed several appointments lately, and can book for today only."""

    code = "only_same_day"


class TooLateToChange(BookingRefused):
    """It begins too soon to be changed or given back; `until` is when that could be done."""

    code = "too_late_to_change"

    def __init__(self, until: datetime) -> None:
        super().__init__(f"it could be changed until {until.isoformat()}")
        self.until = until


class UnknownReference(BookingRefused):
    """No appointment has this reference."""

    code = "unknown_reference"
    status = 404


class HoldExpired(BookingRefused):
    """The minutes for which the slot was kept are over."""

    code = "hold_expired"
    status = 410


class NotConfirmed(BookingRefused):
    """The slot is only kept; the booking was not finished."""

    code = "not_confirmed"


class ReferenceUsed(BookingRefused):
    """The appointment of this reference has already begun or is done."""

    code = "reference_used"


class AppointmentCancelled(BookingRefused):
    """The appointment of this reference was cancelled."""

    code = "appointment_cancelled"


class WrongSite(BookingRefused):
    """The appointment is at another site; `site` is where."""

    code = "wrong_site"

    def __init__(self, site: str) -> None:
        super().__init__(f"the appointment is at {site}")
        self.site = site


class TooEarly(BookingRefused):
    """Check-in is not open yet; `start` is when the appointment begins."""

    code = "too_early"

    def __init__(self, start: datetime) -> None:
        super().__init__(f"the appointment begins at {start.isoformat()}")
        self.start = start


class TooLate(BookingRefused):
    """The time to check in is over; `start` is when the appointment began."""

    code = "too_late"

    def __init__(self, start: datetime) -> None:
        super().__init__(f"the appointment began at {start.isoformat()}")
        self.start = start


class BadChange(BookingRefused):
    """A change of the catalogue that cannot be; `findings` says what is wrong with it."""

    code = "bad_change"
    status = 422

    def __init__(self, findings: "tuple[Finding, ...]") -> None:
        super().__init__(f"cannot change: {', '.join(one.mistake for one in findings)}")
        self.findings = findings


class ChangedMeanwhile(BookingRefused):
    """Somebody else changed the same thing since it was looked at."""

    code = "changed_meanwhile"


class CannotTakeBack(BookingRefused):
    """What a change wrote was changed again since, or giving it back makes no sense any more."""

    code = "cannot_take_back"
