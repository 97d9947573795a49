"""How long things may last: rings, leases, wrap-up.

A lease is a promise to be alive that is renewed by beats; whoever lets it run out has left.
"""

from datetime import timedelta
from typing import Final

RING: Final = timedelta(seconds=20)
"How long an offer rings at one agent."
INVITE: Final = timedelta(seconds=30)
"How long somebody is asked into a call; longer, as nobody waits in a queue for it."
AGENT_LEASE: Final = timedelta(seconds=30)
TERMINAL_LEASE: Final = timedelta(seconds=45)
"Longer than a kiosk needs to start its browser again."
AWAY: Final = timedelta(seconds=25)
"Two of the ten-second beats missed: the other side is told that it is alone for now."
WRAPUP: Final = timedelta(seconds=15)
"Pause after a call or a missed offer; the agent may end it sooner."
MISSES: Final = 3
"Offers missed or declined in a row until an agent is paused."
