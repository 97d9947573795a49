"""What the process that decodes may still do: compute, and answer on the pipe it has.

It ends when the counter ends; it has no environment, bounded memory and time, and writes no file.
Where the kernel offers it (Linux on x86-64 and 64-bit ARM), it opens no socket, starts no program,
signals nobody (seccomp), and reads nothing but programs, libraries and fonts (Landlock).
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

MEMORY_BYTES: Final = 1536 * 1024**2
"Address space, libraries included."
CPU_SECONDS: Final = 20
READABLE: Final = ("/usr", "/lib", "/lib64", "/etc/fonts", "/dev/urandom")
"""Beside this Python and these sources: libraries, the fonts that PDFs name without bringing, and
what decryption wants before it says that there is a password."""

_PDEATHSIG, _NO_NEW_PRIVS, _SECCOMP = 1, 38, 22
"Options of prctl(2)."
_MODE_FILTER: Final = 2
_LOAD, _IF_EQUAL, _IF_LEAST, _ANSWER = 0x20, 0x15, 0x35, 0x06
"Instructions of BPF: load a word, jump when equal, jump when at least, return."
_OTHER_KIND: Final = 0x40000000
"From here on x86-64 has the same calls once more, by numbers of their own (x32)."
_NUMBER_AT, _MACHINE_AT = 0, 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1
"Go on; or fail with EPERM."
_FORBIDDEN: Final = {
    # socket, connect, bind, execve, execveat, ptrace, io_uring_setup, unshare, mount, kill, tkill,
    # tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal, process_vm_readv,
    # process_vm_writev
    "x86_64": (
        0xC000003E,
        (41, 42, 49, 59, 322, 101, 425, 272, 165, 62, 200, 234, 129, 297, 424, 310, 311),
    ),
    "aarch64": (
        0xC00000B7,
        (198, 203, 200, 221, 281, 117, 425, 97, 40, 129, 130, 131, 138, 240, 424, 270, 271),
    ),
}
_LANDLOCK: Final = (444, 445, 446)
"Numbers of its three system calls, the same on every machine."
_EVERY_ACCESS: Final = (1 << 13) - 1
_READ_FILE, _READ_DIRECTORY = 1 << 2, 1 << 3


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def confine(
    *,
    memory_bytes: int = MEMORY_BYTES,
    cpu_seconds: int = CPU_SECONDS,
    readable: Iterable[str] | None = None,
    open_files: int | None = None,
) -> None:
    """Give up everything that decoding does not need.

    readable: all that may be read from here on; without it what the module says.
    open_files: how many may be open at a time, pipes included; without it as many as before.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the counter, which ends us
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.environ.clear()  # noqa: TID251  it is emptied, not read
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu_seconds),
    ):
        resource.setrlimit(limit, (value, value))
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    sources = str(Path(__file__).resolve().parents[3])
    places = {*READABLE, sys.prefix, sys.base_prefix, sources} if readable is None else readable
    _read_only(libc, places)
    if open_files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    _filter(libc)


def _read_only(libc: ctypes.CDLL, places: Iterable[str]) -> None:
    """Nothing else of the disk is reached; a kernel without Landlock is left as it is."""
    create, add, restrict = _LANDLOCK
    asked = ctypes.create_string_buffer(struct.pack("=Q", _EVERY_ACCESS), 8)
    rules = libc.syscall(create, asked, 8, 0)
    if rules < 0:
        return
    for place in places:
        try:
            opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        read = _READ_FILE | (_READ_DIRECTORY if os.path.isdir(place) else 0)
        rule = ctypes.create_string_buffer(struct.pack("=Qi", read, opened), 12)
        libc.syscall(add, rules, 1, rule, 0)
        os.close(opened)
    libc.syscall(restrict, rules, 0)
    os.close(rules)


def _filter(libc: ctypes.CDLL) -> None:
    """No sockets, no other programs; a kernel or machine that cannot is left as it is."""
    known = _FORBIDDEN.get(platform.machine())
    if known is None:
        return
    machine, numbers = known
    left = len(numbers)
    program = [
        struct.pack("=HBBI", _LOAD, 0, 0, _MACHINE_AT),
        struct.pack("=HBBI", _IF_EQUAL, 1, 0, machine),
        struct.pack("=HBBI", _ANSWER, 0, 0, _REFUSE),  # a call of the 32-bit kind
        struct.pack("=HBBI", _LOAD, 0, 0, _NUMBER_AT),
        struct.pack("=HBBI", _IF_LEAST, left + 1, 0, _OTHER_KIND),
        *(struct.pack("=HBBI", _IF_EQUAL, left - at, 0, one) for at, one in enumerate(numbers)),
        struct.pack("=HBBI", _ANSWER, 0, 0, _ALLOW),
        struct.pack("=HBBI", _ANSWER, 0, 0, _REFUSE),
    ]
    instructions = ctypes.create_string_buffer(b"".join(program))
    loaded = _Program(len(program), ctypes.cast(instructions, ctypes.c_void_p))
    libc.prctl(_SECCOMP, _MODE_FILTER, ctypes.byref(loaded), 0, 0)
