"""Why a print did not come out, in words, with what to do."""

from web.shared.i18n import N_

REASONS = {
    "no_printer": N_("This terminal has no printer. Hand the paper over another way."),
    "no_answer": N_("The terminal did not answer in time. Ask again."),
    "printer": N_("The printer is out of order. Call the staff at the terminal."),
    "picture": N_("A page did not load. Ask again."),
    "left": N_("The citizen left before it was printed."),
    "closed": N_("The case was finished before it was printed."),
    "voided": N_("The document does not count any more, so it is not printed."),
    "paper_out": N_("There is no paper in the printer. Call the staff, then ask again."),
    "jam": N_("Paper is stuck in the printer. Call the staff, then ask again."),
    "cover_open": N_("The printer is open. Have it closed, then ask again."),
    "unsure": N_("It may have come out or not. Ask the citizen to look before you print again."),
}
"For the agent."

_STAFF = N_("The printer does not work. The agent tells you what to do.")
_AGAIN = N_("It did not come out. The agent tries again.")
CITIZENS_REASONS = {
    "no_printer": _STAFF,
    "no_answer": _AGAIN,
    "printer": _STAFF,
    "picture": _AGAIN,
    "left": _AGAIN,
    "closed": N_("It was not printed before the visit was over."),
    "voided": N_("This document does not count any more, so it is not printed."),
    "paper_out": N_("There is no paper in the printer. The agent calls the staff."),
    "jam": N_("Paper is stuck in the printer. The agent calls the staff."),
    "cover_open": N_("The printer is open. Please close its cover."),
    "unsure": N_("Please look into the printer and tell the agent whether it came out."),
}
