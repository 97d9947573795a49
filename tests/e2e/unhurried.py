"""`python -m counter`, with more patience: on a busy machine nobody is given up for lost.

Rings, leases and beats are the same rules with longer times, and pages may ask more often; what
ends them is for `tests/signaling`.
"""

import sys

TIMES_LONGER = 10


def main() -> int:
    """Do what the command line says, after the times were made longer."""
    from counter.signaling import device_health, guard_socketio, ring

    times = [(ring, name) for name in ("RING", "INVITE", "AGENT_LEASE", "TERMINAL_LEASE", "AWAY")]
    for module, name in [*times, (device_health, "SILENT")]:
        setattr(module, name, getattr(module, name) * TIMES_LONGER)
    for name in ("RATE_PER_S", "BURST"):
        setattr(guard_socketio, name, getattr(guard_socketio, name) * TIMES_LONGER)
    from counter.__main__ import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())
