"""The C forwarder with the very libsrtp that our media process uses (pylibsrtp's).

    python -m tests.bench.hosted_forward FIRST_PORT CALLS

Python only hands over functions and contexts; all packets are moved by c/forward.c.
"""

import sys
from typing import Any, cast

import pylibsrtp
from cffi import FFI

from tests.bench.engine import REPLAY_WINDOW, context_of
from tests.bench.far_end import PROFILE
from tests.bench.peer_plain import KEY
from tests.bench.programs import build


def main(first_port: int, calls: int) -> int:
    """Forward for ever."""
    ffi: Any = FFI()
    ffi.cdef(
        """
        typedef int (*transform)(void *, void *, int *);
        int forward(int, int, transform, transform, void **, void **);
        """
    )
    forward: Any = ffi.dlopen(str(build("forward.so")))
    library = cast(Any, pylibsrtp)
    functions = [
        ffi.cast(
            "transform",
            int(library.ffi.cast("uintptr_t", library.ffi.addressof(library.lib, name))),
        )
        for name in ("srtp_unprotect", "srtp_protect")
    ]
    sessions = []
    contexts = []
    for direction in (pylibsrtp.Policy.SSRC_ANY_INBOUND, pylibsrtp.Policy.SSRC_ANY_OUTBOUND):
        row = [_session(direction) for _ in range(2 * calls)]
        sessions += row
        contexts.append(
            ffi.new("void *[]", [ffi.cast("void *", context_of(session)) for session in row])
        )
    return int(forward.forward(first_port, calls, *functions, *contexts))


def _session(direction: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(KEY, direction, 0, PROFILE)
    policy.window_size = REPLAY_WINDOW
    return pylibsrtp.Session(policy)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
