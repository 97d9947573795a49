"""The journal of captures as files: `<sitting>/key` and `<sitting>/<seq>-<time>-<id>.page`.

Written beside, synced, renamed, directory synced: after `keep` neither a kill nor a power cut takes
an entry, and a half one is never seen.  AES-256-GCM with a key of the sitting, which lies wrapped
by the machine's key; names are bound, so what is moved does not open.
"""

import asyncio
import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from counter.errors import BadInput
from counter.ids import Digest, RequestId
from counter.terminal.journal import SITTING, Entry, EntryDamaged, Name, Shot, name_of, too_old

log = logging.getLogger(__name__)

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
KEY: Final = "key"
WRITING: Final = ".writing"

P = ParamSpec("P")
T = TypeVar("T")


class FileJournal:
    """See `counter.terminal.ports.Journal`."""

    def __init__(
        self, root: Path, machine_key: bytes, random_bytes: Callable[[int], bytes]
    ) -> None:
        """machine_key: 32 bytes that only this machine has."""
        self._root = root
        self._machine_key = machine_key
        self._random_bytes = random_bytes
        self._alone = threading.Lock()
        "Two at once would both make the key of their sitting, or destroy it under the other."

    async def keep(self, sitting: str, shot: Shot) -> Entry:
        """Keep it; durable when this returns."""
        return await asyncio.to_thread(self._by_itself, self._keep, sitting, shot)

    async def entries(self) -> list[Entry]:
        """All that is kept and opens, in the order in which it was taken."""
        return await asyncio.to_thread(self._by_itself, self._entries)

    async def read(self, entry: Entry) -> tuple[bytes, bytes]:
        """The photograph and its thumbnail.  Raises `EntryDamaged`."""
        return await asyncio.to_thread(self._read, entry)

    async def forget(self, entry: Entry) -> None:
        """Keep it no more; harmless when it is gone."""
        await asyncio.to_thread(self._by_itself, self._forget, entry)

    async def wipe(self, sitting: str) -> int:
        """Destroy the key of a sitting that has nothing left; how many entries it still has."""
        return await asyncio.to_thread(self._by_itself, self._wipe, sitting)

    async def sittings(self) -> list[str]:
        """Of which sittings there is anything."""
        return await asyncio.to_thread(self._sittings)

    async def expire(self, now: datetime) -> int:
        """Forget what is too old, whether it opens or not; how many that were."""
        return await asyncio.to_thread(self._by_itself, self._expire, now)

    def _by_itself(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._alone:
            return work(*args, **kwargs)

    def _keep(self, sitting: str, shot: Shot) -> Entry:
        folder = self._folder(sitting)
        key = self._key(folder, make=True)
        seqs = [name.seq for _, name in self._files()]
        name = Name(
            seq=max(seqs, default=0) + 1,
            taken_at=shot.taken_at,
            entry_id=self._random_bytes(16).hex(),
        )
        head = {
            "request_id": shot.request_id,
            "sha256": hashlib.sha256(shot.photograph).hexdigest(),
            "length": len(shot.photograph),
        }
        written = json.dumps(head).encode()
        content = len(written).to_bytes(4, "big") + written + shot.photograph + shot.thumbnail
        write_durably(folder / str(name), self._seal(key, content, f"{sitting}|{name}"))
        return _entry(name, sitting, head)

    def _entries(self) -> list[Entry]:
        found = []
        for path, name in self._files():
            try:
                head, _, _ = self._open(path, name)
            except EntryDamaged as damaged:
                log.error("%s", damaged)
                continue
            found.append(_entry(name, path.parent.name, head))
        return sorted(found, key=lambda entry: (entry.name.seq, entry.name.taken_at))

    def _read(self, entry: Entry) -> tuple[bytes, bytes]:
        path = self._folder(entry.sitting) / str(entry.name)
        _, photograph, thumbnail = self._open(path, entry.name)
        return photograph, thumbnail

    def _open(self, path: Path, name: Name) -> tuple[dict[str, object], bytes, bytes]:
        what = f"{path.parent.name}|{name}"
        try:
            content = _unseal(self._key(path.parent, make=False), path.read_bytes(), what)
        except FileNotFoundError as gone:
            raise EntryDamaged(f"journal entry {name.seq}: it, or its key, is gone") from gone
        end = 4 + int.from_bytes(content[:4], "big")
        head = json.loads(content[4:end])
        photograph_end = end + head["length"]
        return head, content[end:photograph_end], content[photograph_end:]

    def _forget(self, entry: Entry) -> None:
        folder = self._folder(entry.sitting)
        with suppress(FileNotFoundError):
            (folder / str(entry.name)).unlink()
            sync(folder)

    def _wipe(self, sitting: str) -> int:
        folder = self._folder(sitting)
        if not folder.is_dir():
            return 0
        kept = [name for path, name in self._files() if path.parent == folder]
        if kept:
            return len(kept)
        for path in sorted(folder.iterdir(), key=lambda one: one.name != KEY):  # the key first
            path.unlink()
        folder.rmdir()
        sync(self._root)
        return 0

    def _sittings(self) -> list[str]:
        return [path.name for path in self._root.iterdir()] if self._root.is_dir() else []

    def _expire(self, now: datetime) -> int:
        old = [path for path, name in self._files() if too_old(name, now)]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _files(self) -> list[tuple[Path, Name]]:
        found = []
        for sitting in self._sittings():
            with suppress(FileNotFoundError, NotADirectoryError):  # it was wiped meanwhile
                for path in (self._root / sitting).iterdir():
                    if (name := name_of(path.name)) is not None:
                        found.append((path, name))
        return found

    def _folder(self, sitting: str) -> Path:
        if SITTING.fullmatch(sitting) is None:
            raise BadInput("a sitting is called by letters and digits")
        return self._root / sitting

    def _key(self, folder: Path, *, make: bool) -> bytes:
        path = folder / KEY
        if make and not path.exists():
            if not folder.is_dir():
                folder.mkdir(parents=True, mode=0o700)
                sync(folder.parent)
            fresh = self._random_bytes(KEY_BYTES)
            write_durably(path, self._seal(self._machine_key, fresh, folder.name))
        return _unseal(self._machine_key, path.read_bytes(), folder.name)

    def _seal(self, key: bytes, content: bytes, what: str) -> bytes:
        nonce = self._random_bytes(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, content, what.encode())


def _entry(name: Name, sitting: str, head: dict[str, object]) -> Entry:
    return Entry(
        name=name,
        sitting=sitting,
        request_id=RequestId(str(head["request_id"])),
        sha256=Digest(str(head["sha256"])),
        length=int(str(head["length"])),
    )


def _unseal(key: bytes, sealed: bytes, what: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], what.encode())
    except (InvalidTag, ValueError) as wrong:
        raise EntryDamaged("a journal entry, or a key, does not open") from wrong


def write_durably(path: Path, content: bytes) -> None:
    """Write it whole or not at all; neither a kill nor a power cut takes it afterwards."""
    beside = path.with_name(path.name + WRITING)
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(number, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Make the names in `folder` durable (a rename alone is not, fsync(2))."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
