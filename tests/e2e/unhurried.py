"""`python -m counter`, with more patience: on a busy machine nobody is given up for lost.

Rings and leases are the same rules with longer times; what ends them is for `tests/signaling`.
"""

import sys

from counter.signaling import ring

TIMES_LONGER = 10

for name in ("RING", "INVITE", "AGENT_LEASE", "TERMINAL_LEASE", "AWAY"):
    setattr(ring, name, getattr(ring, name) * TIMES_LONGER)

if __name__ == "__main__":
    from counter.__main__ import main

    sys.exit(main())
