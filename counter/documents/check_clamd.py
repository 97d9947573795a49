"""The `VirusCheck` port on clamd: INSTREAM over a Unix socket or TCP, clamd(8).

Its answer is a verdict only when it says so in as many words.  Whatever else happens, the file is
not clean but unchecked; a setting says whether such files are taken.
"""

import asyncio
import logging
import struct

from counter.documents.refusals import CheckUnavailable, FileInfected

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 10.0
PIECE_BYTES = 64 * 1024
ANSWER_BYTES = 4096


class ClamdCheck:
    """See `counter.documents.admit_ports.VirusCheck`."""

    def __init__(
        self, address: str, *, required: bool = True, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        """address: `unix:/path` or `host:port`.  required: refuse what could not be checked."""
        self._address = address
        self._required = required
        self._patience_seconds = patience_seconds

    async def check(self, content: bytes) -> None:
        """Raises `FileInfected`, `CheckUnavailable`."""
        try:
            async with asyncio.timeout(self._patience_seconds):
                said = await self._ask(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            said = b""
        if said.endswith(b" FOUND"):
            # What it found stands in its own log; it is no business of ours whose file it was.
            raise FileInfected("clamd knows it")
        if said == b"stream: OK":
            return
        log.error("clamd at %s gives no verdict; start it, or see its log", self._address)
        if self._required:
            raise CheckUnavailable("clamd gives no verdict")

    async def _ask(self, content: bytes) -> bytes:
        reader, writer = await self._connected()
        try:
            writer.write(b"zINSTREAM\0")
            for at in range(0, len(content), PIECE_BYTES):
                piece = content[at : at + PIECE_BYTES]
                writer.write(struct.pack(">I", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
            return (await reader.readuntil(b"\0"))[:-1]
        finally:
            writer.transport.abort()  # closing would wait for one who has stopped reading

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        scheme, _, path = self._address.partition(":")
        if scheme == "unix":
            return await asyncio.open_unix_connection(path, limit=ANSWER_BYTES)
        host, _, port = self._address.rpartition(":")
        return await asyncio.open_connection(host, int(port), limit=ANSWER_BYTES)
