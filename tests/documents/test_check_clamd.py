"""clamd as a fake on loopback that speaks its protocol; what it says, and what it fails to say."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from counter.documents.check_clamd import PIECE_BYTES, ClamdCheck
from counter.documents.refusals import CheckUnavailable, FileInfected

EICAR = (
    rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$"
    rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
)
Say = Callable[[bytes], bytes | None]


def verdict(content: bytes) -> bytes:
    """As clamd answers: the reply ends with the octet that the command ended with."""
    return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


class FakeClamd:
    """Takes INSTREAM apart and answers with what it is told to; `None`: hangs."""

    def __init__(self, say: Say = verdict) -> None:
        self.say = say
        self.seen: list[bytes] = []
        self.pieces: list[int] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            content = b""
            while size := struct.unpack(">I", await reader.readexactly(4))[0]:
                content += await reader.readexactly(size)
                self.pieces.append(size)
            self.seen.append(content)
            said = self.say(content)
            if said is None:
                await reader.read()
            else:
                writer.write(said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def on_tcp(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_clean_file_passes_whole_and_in_pieces() -> None:
    clamd, content = FakeClamd(), b"paper" * PIECE_BYTES
    async with clamd.on_tcp() as address:
        await ClamdCheck(address).check(content)
    assert clamd.seen == [content]
    assert max(clamd.pieces) == PIECE_BYTES and len(clamd.pieces) == 5


async def test_the_test_file_of_all_scanners_is_refused_also_where_clamd_is_optional() -> None:
    async with FakeClamd().on_tcp() as address:
        for required in (True, False):
            with pytest.raises(FileInfected):
                await ClamdCheck(address, required=required).check(b"%PDF-1.7\n" + EICAR)


async def test_it_is_reached_by_a_socket_of_this_machine_as_well(tmp_path: Path) -> None:
    path = tmp_path / "clamd.ctl"
    server = await asyncio.start_unix_server(FakeClamd().serve, path)
    async with server:
        await ClamdCheck(f"unix:{path}").check(b"paper")
        with pytest.raises(FileInfected):
            await ClamdCheck(f"unix:{path}").check(EICAR)


@pytest.mark.parametrize(
    "say",
    [
        lambda content: b"INSTREAM size limit exceeded. ERROR\0",
        lambda content: b"stream: OK",
        lambda content: b"",
        lambda content: b"stream: NOT OK\0",
        lambda content: b"x" * 100_000,
        lambda content: None,
    ],
    ids=["limit", "cut off", "nothing", "other words", "too much", "hangs"],
)
async def test_without_a_verdict_a_file_is_refused_unless_the_setting_says_otherwise(
    say: Say,
) -> None:
    async with FakeClamd(say).on_tcp() as address:
        with pytest.raises(CheckUnavailable):
            await ClamdCheck(address, patience_seconds=0.5).check(b"paper")
        await ClamdCheck(address, required=False, patience_seconds=0.5).check(b"paper")


async def test_a_scanner_that_is_not_there_gives_no_verdict(tmp_path: Path) -> None:
    for address in (f"unix:{tmp_path}/none", "127.0.0.1:1"):
        with pytest.raises(CheckUnavailable):
            await ClamdCheck(address).check(b"paper")
        await ClamdCheck(address, required=False).check(b"paper")


async def test_a_scanner_that_stops_reading_holds_nobody_up() -> None:
    ended = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1024)
    async with server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        check = ClamdCheck(address, patience_seconds=0.2)
        try:
            async with asyncio.timeout(10):
                with pytest.raises(CheckUnavailable):
                    await check.check(bytes(32 * 1024 * 1024))
        finally:
            ended.set()
