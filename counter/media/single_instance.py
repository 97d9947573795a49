"""One process for each control socket, also when two are started in the same moment."""

import fcntl
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from counter.errors import BadInput, NotAllowedNow

MAX_PATH_BYTES: Final = 107
"sizeof(sockaddr_un.sun_path) - 1"
TRIES: Final = 5
"Looks at a lock before it is believed: who only asks (`is_held`) has it for a moment."
PAUSE_SECONDS: Final = 0.02


@contextmanager
def hold_socket_path(path: Path) -> Iterator[None]:
    """Own `path` while the block runs: what a dead process left there is removed.

    The lock goes with the process, however it ends.  Raises `NotAllowedNow` when a living process
    owns the path, `BadInput` when the path is too long for a socket.
    """
    check_socket_path(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _lock_path(path).open("w") as lock:
        if not _locked(lock.fileno()):
            raise NotAllowedNow(f"{path}: another media process serves this socket")
        path.unlink(missing_ok=True)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


class Tenancy:
    """One of those who use the processes of a directory; it ends with who has it, however."""

    def __init__(self, directory: Path) -> None:
        """Waits while another, who was the last, is clearing out."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = (directory / "tenants.lock").open("w")
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def is_last(self) -> bool:
        """Whether nobody else uses them; if so, nobody begins to until this has ended.

        To be asked once, by who is about to leave: afterwards others may think they are the last.
        """
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def end(self) -> None:
        """Harmless when repeated."""
        self._file.close()


def short_directory(directory: Path, *, longest_name: str) -> Path:
    """`directory`, or when sockets in it would have too long a path, one of this user's in /tmp.

    The same directory always leads to the same place, so that processes are found again.
    Raises `NotAllowedNow` when somebody else has that place.
    """
    directory = directory.absolute()
    if len(bytes(directory / longest_name)) <= MAX_PATH_BYTES:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        return directory
    digest = hashlib.sha256(bytes(directory)).hexdigest()[:16]
    place = Path(tempfile.gettempdir()) / f"counter-{os.getuid()}-{digest}"
    place.mkdir(exist_ok=True, mode=0o700)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise NotAllowedNow(f"{place} is not a private directory of this user; remove it")
    return place


def is_held(path: Path) -> bool:
    """Whether a living process owns `path`; unlike a process number, this cannot be mistaken."""
    try:
        with _lock_path(path).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _locked(descriptor: int) -> bool:
    for attempt in range(TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if attempt < TRIES - 1:
                time.sleep(PAUSE_SECONDS)
        else:
            return True
    return False


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def check_socket_path(path: Path) -> None:
    """Raise `BadInput` when the system cannot bind a socket at `path`."""
    if len(bytes(path)) > MAX_PATH_BYTES:
        raise BadInput(f"{path}: longer than {MAX_PATH_BYTES} bytes; choose a shorter directory")
