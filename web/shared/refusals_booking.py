"""Sentences for booking.  See `web.shared.refusals`."""

from web.shared.i18n import N_

# fmt: off
BOOKING: dict[str, tuple[str, str]] = {
    "slot_taken": (
        N_("Somebody else has just taken this time"),
        N_("Choose another time. We show what is still free.")),
    "not_to_be_moved": (
        N_("This appointment can stay where it is"),
        N_("It was moved already, or its time is given again. Look at the list once more.")),
    "closed_day": (
        N_("The counter is closed on this day"),
        N_("Choose another day.")),
    "not_released": (
        N_("This day cannot be booked yet"),
        N_("Choose an earlier day, or come back later.")),
    "not_offered_here": (
        N_("This place does not offer this service"),
        N_("Choose one of the places listed for this service.")),
    "not_in_catalogue": (
        N_("This service is not in the list"),
        N_("Choose a department and a service from the first page.")),
    "hold_expired": (
        N_("We could not keep your time any longer"),
        N_("Times are kept for 10 minutes. Choose a time again; nothing was booked.")),
    "bad_change": (
        N_("This change cannot be made as it is"),
        N_("Go back, correct the marked fields and look at it once more.")),
    "changed_meanwhile": (
        N_("Somebody else changed this while you were writing"),
        N_("What you wrote is kept. Compare it with what is there now, then go on.")),
    "cannot_take_back": (
        N_("This change cannot be taken back"),
        N_("It was changed again since, or its day is over. Make a new change instead.")),
    "unknown_reference": (
        N_("We do not know this appointment number"),
        N_("Check it against your confirmation: 20 letters and digits in four groups.")),
    "reference_used": (
        N_("This appointment number was already used"),
        N_("You are already checked in. If you were not, ask a member of staff.")),
    "appointment_cancelled": (
        N_("This appointment was cancelled"),
        N_("Book a new time if you still need the service.")),
    "wrong_site": (
        N_("Your appointment is at another place"),
        N_("Go to the place named in your confirmation, or ask a member of staff here.")),
    "too_early": (
        N_("You are early"),
        N_("You can check in from 30 minutes before your appointment.")),
    "too_late": (
        N_("The time of your appointment has passed"),
        N_("Take a ticket for today, or book a new time.")),
    "person_overlap": (
        N_("You already have an appointment at this time"),
        N_("Choose another time, or cancel the other appointment first.")),
    "too_many_appointments": (
        N_("You already have three open appointments"),
        N_("Cancel one that you no longer need, then book again.")),
    "weekly_limit": (
        N_("You already have as many appointments for this service as one may have in a week"),
        N_("Choose a day in another week, or cancel one that you no longer need.")),
    "too_many_of_entity": (
        N_("This company or association has no appointment left to book"),
        N_("Cancel one that it no longer needs, or choose a time at which fewer of you come.")),
    "slot_is_free": (
        N_("You need not wait: a time that suits you is free"),
        N_("Choose it from the list and book it now.")),
    "too_many_waiting": (
        N_("You are already on the waiting list three times"),
        N_("Leave one of these places, then join again.")),
    "only_same_day": (
        N_("You missed several appointments lately, so you can book for today only"),
        N_("Choose a time today, or take a ticket at the terminal.")),
    "too_late_to_change": (
        N_("Your appointment begins too soon to be changed here"),
        N_("Come as booked, or call the department.")),
    "not_in_this_language": (
        N_("This service is not given in the language you chose"),
        N_("Choose another language, or bring somebody who can interpret for you.")),
    "not_for_others": (
        N_("This service is given only to the person it is for"),
        N_("The person it is for has to come in person.")),
    "bad_details": (
        N_("Something is missing in your details"),
        N_("Go back and complete the marked fields.")),
}
# fmt: on
