"""A CUPS of one test's own: its scheduler, its queue `kiosk`, and a file for a printer."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import NotInstalled, free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateCups:
    """It runs."""

    server: str
    "`host:port`."

    async def run(self, *command: str) -> int:
        """One of CUPS's own commands on it; its exit code."""
        done = await asyncio.create_subprocess_exec(
            command[0], "-h", self.server, *command[1:], stderr=asyncio.subprocess.DEVNULL
        )
        return await done.wait()

    async def jobs(self) -> list[str]:
        """Every job that there ever was, oldest first."""
        asked = await asyncio.create_subprocess_exec(
            *("lpstat", "-h", self.server, "-W", "all", "-o", "kiosk"),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await asked.communicate()
        found = [line.split()[0] for line in out.decode().splitlines() if line.strip()]
        return sorted(found, key=lambda job: int(job.rpartition("-")[2]))


@asynccontextmanager
async def private_cups(root: Path) -> AsyncIterator[PrivateCups]:
    """Start it below `root`, and end it."""
    program = shutil.which("cupsd", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise NotInstalled("CUPS is not installed: apt-get install cups")
    port = free_port()
    for name in ("etc", "spool/tmp", "cache", "run", "log"):
        (root / name).mkdir(parents=True)
    root.chmod(0o755)
    (root / "etc" / "cupsd.conf").write_text(
        f"Listen 127.0.0.1:{port}\nBrowsing Off\nDefaultAuthType None\nWebInterface No\n"
        "<Location />\nOrder allow,deny\nAllow all\n</Location>\n"
        "<Policy default>\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n"
    )
    (root / "etc" / "cups-files.conf").write_text(
        f"ServerRoot {root}/etc\nRequestRoot {root}/spool\nTempDir {root}/spool/tmp\n"
        f"CacheDir {root}/cache\nStateDir {root}/run\nAccessLog {root}/log/access\n"
        f"ErrorLog {root}/log/error\nPageLog {root}/log/page\nFileDevice Yes\n"
    )
    child = await asyncio.create_subprocess_exec(
        program,
        "-f",
        "-c",
        str(root / "etc" / "cupsd.conf"),
        "-s",
        str(root / "etc" / "cups-files.conf"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    cups = PrivateCups(server=f"127.0.0.1:{port}")
    try:
        async with asyncio.timeout(60):
            while await cups.run("lpadmin", "-p", "kiosk", "-v", f"file:{root}/paper", "-E"):
                assert child.returncode is None, (root / "log" / "error").read_text()
                await asyncio.sleep(0.1)
        yield cups
    finally:
        child.terminate()
        await child.wait()
