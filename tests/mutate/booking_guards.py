"""The guards of `booking/`, each with the tests that must notice when it is gone.

A guard that no test misses is either tested or deleted.  Gone because something else says the same
already: the state in a move (its version counts every change), and its time limit in the store (it
is worked out from the row of that version and the catalogue of that version).
"""

from typing import Final

from tests.mutate.booking_rules import RULES
from tests.mutate.booking_taking import TAKING

BOOKING: Final = (*TAKING, *RULES)
