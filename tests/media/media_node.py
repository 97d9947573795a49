"""A media process as its own machine runs it: reached over the network, with a proof."""

import asyncio
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from counter.media.control import WorkerGone
from counter.media.control_client import ControlClient
from counter.media.mutual_tls import TlsFiles, tls_of_counter
from counter.media.node_name import node_name
from counter.media.tls_development import counter_files, media_files
from tests.servers import free_port

HOST = "127.0.0.1"
COMMAND = (sys.executable, "-m", "counter", "media")


class MediaNode:
    """A media process as its own machine runs it."""

    def __init__(self, directory: Path, proofs: Path | None = None) -> None:
        """proofs: where the counters' authority is."""
        self.directory = directory
        self.proofs = proofs or directory / "tls"
        self.url = f"https://{HOST}:{free_port()}"
        self.name = node_name(self.url)
        self.files = media_files(self.proofs, HOST, datetime.now(UTC))
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, *options: str) -> None:
        """Return when it answers."""
        files = self.files
        self.process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *("--socket", str(self.directory / "node.sock"), "--ip", HOST),
            *("--listen", self.url.removeprefix("https://")),
            *("--tls-cert", str(files.certificate), "--tls-key", str(files.key)),
            *("--tls-ca", str(files.authority), *options),
        )
        client = self.client()
        try:
            async with asyncio.timeout(60):
                while self.process.returncode is None:
                    with suppress(WorkerGone):
                        await client.health()
                        return
                    await asyncio.sleep(0.05)
            raise AssertionError(f"the node ended with {self.process.returncode}")
        finally:
            await client.close()

    def client(self) -> ControlClient:
        """As a counter that lists it has one."""
        return ControlClient.over_tls(self.url, tls_of_counter(self.proof()))

    def proof(self) -> TlsFiles:
        return counter_files(self.proofs, datetime.now(UTC))

    async def tell(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def ended(self) -> int:
        assert self.process is not None
        async with asyncio.timeout(30):
            return await self.process.wait()

    async def close(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
