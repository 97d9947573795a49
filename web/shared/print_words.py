"""Why a print did not come out, in words, with what to do."""

from web.shared.i18n import N_

REASONS = {
    "no_printer": N_("This terminal has no printer. Hand the paper over another way."),
    "no_answer": N_("The terminal did not answer in time. Ask again."),
    "printer": N_("The printer is out of order. Call the staff at the terminal."),
    "picture": N_("A page did not load. Ask again."),
    "left": N_("The citizen left before it was printed."),
}
