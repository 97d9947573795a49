"""Who sends the beginning of a form and then nothing more."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowSender:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def status(self) -> int:
        return int((await self.reader.readline()).split()[1])

    async def page(self) -> str:
        """The rest of the answer, once its status was read."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        (said,) = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")]
        return (await self.reader.readexactly(int(said.split()[1]))).decode()

    def close(self) -> None:
        self.writer.close()


async def drip(
    port: int | None, path: str, address: str, length: int = 100_000, language: str = "en"
) -> SlowSender:
    """address: as our own proxy says it.  length: of the body that never comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Sec-Fetch-Site: same-origin",
        "Accept: text/html",
        f"Accept-Language: {language}",
        f"X-Forwarded-For: {address}",
        "Content-Type: multipart/form-data; boundary=b",
        f"Content-Length: {length}",
        "",
        "--b",
    )
    writer.write("\r\n".join(head).encode())
    await writer.drain()
    return SlowSender(reader=reader, writer=writer)


async def answered(senders: Sequence[SlowSender]) -> list[int]:
    """What the first of them to be answered is told; nobody else is, for nothing more comes."""
    asked = [asyncio.create_task(one.status()) for one in senders]
    async with asyncio.timeout(60):
        done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return [one.result() for one in done]
