"""Goes to jail as the decoder does, and says what it still can."""

import json
import os
import resource
import socket
import sys
from collections.abc import Callable

from counter.documents.admit_child import jail


def tried(what: str, attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError:
        return f"{what} refused"
    return f"{what} allowed"


jail.confine()
sys.stdin.buffer.read()
memory, _ = resource.getrlimit(resource.RLIMIT_AS)
files, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
told = [
    f"memory {memory}",
    f"files {files}",
    f"environment {'kept' if os.environ else 'empty'}",
    tried("socket", socket.socket),
    tried("program", lambda: os.execv("/bin/true", ["true"])),
    tried("signal", lambda: os.kill(os.getppid(), 0)),
    tried("read", lambda: os.open("/etc/passwd", os.O_RDONLY)),
]
sys.stdout.write(json.dumps({"code": " ".join(told)}) + "\n")
