"""A network in which there is nobody else: for browsers, media and whoever listens to the wire.

A scene is an async function of a test module.  It runs in a process of its own, in network, process
and mount namespaces of its own, where this machine is `HERE` and nothing outside can be reached.
What would leave goes to the far end of `OUTSIDE`, where nobody answers.  No privilege is needed
where the kernel lets users make namespaces; all that a scene started ends with it.

    python -m tests.private_network tests.media.scenes:pair '{"seconds": 5}'
"""

import asyncio
import importlib
import inspect
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.servers import NotInstalled
from tools.services import found

HERE = "198.18.0.1"
"Of a range that is for tests and routed nowhere (RFC 2544).  Firefox sends no media to 127.0.0.1."
NEAR, OUTSIDE = "desk0", "out0"
"The two ends of the only cable."
ROOT = Path(__file__).resolve().parents[1]
MARK = "the scene gave: "


class SceneFailed(Exception):
    """A scene did not come to its end; the text is what it said."""


async def play(scene: Callable[..., Awaitable[Any]], *, within_s: float, **options: object) -> Any:
    """What `scene` gives, as JSON.  Raises `SceneFailed`."""
    unshare = found("unshare")
    if unshare is None or found("ip") is None:
        raise NotInstalled("namespaces need: apt-get install util-linux iproute2")
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            *(unshare, *user, "--net", "--mount", "--pid", "--fork"),
            *("--kill-child", "--mount-proc", sys.executable, "-m", "tests.private_network"),
            *(f"{scene.__module__}:{scene.__name__}", json.dumps(options)),
            cwd=ROOT,
            stdout=said,
            stderr=said,
        )
        try:
            async with asyncio.timeout(within_s):
                await process.wait()
        except TimeoutError:
            pass  # told below, with what was said until then
        finally:
            late = process.returncode is None
            if late:
                process.send_signal(signal.SIGKILL)
                await process.wait()
        said.seek(0)
        text = said.read().decode(errors="replace")
    if late:
        raise SceneFailed(f"{scene.__name__} took more than {within_s} s:\n{text[-4000:]}")
    if "unshare failed" in text:
        raise SceneFailed(f"this machine gives us no network of our own: {text.strip()}")
    if process.returncode != 0 or MARK not in text:
        raise SceneFailed(f"{scene.__name__} ended with {process.returncode}:\n{text[-4000:]}")
    return json.loads(text.rpartition(MARK)[2])


def lay_cable() -> None:
    """Bring the network of this process up."""
    for words in (
        "link set lo up",
        f"link add {NEAR} type veth peer name {OUTSIDE}",
        f"address add {HERE}/24 dev {NEAR}",
        f"link set {NEAR} up",
        f"link set {OUTSIDE} up",
        "route add default via 198.18.0.254",
        # Nobody is there, but what is sent shall be seen leaving instead of waiting for an answer.
        f"neighbour add 198.18.0.254 lladdr 02:00:00:00:00:fe dev {NEAR}",
    ):
        ip(words)


def ip(words: str) -> None:
    """Tell the kernel something about the network of this process."""
    program = found("ip")
    assert program is not None
    subprocess.run([program, *words.split()], check=True, capture_output=True)


def mount_over(directory: str) -> None:
    """Give this process and its children an empty `directory` of their own."""
    subprocess.run(["mount", "-t", "tmpfs", "none", directory], check=True, capture_output=True)


def main() -> None:
    """Play one scene; in its own namespaces already."""
    where, options = sys.argv[1:]
    module, _, name = where.partition(":")
    lay_cable()
    scene = getattr(importlib.import_module(module), name)
    assert inspect.iscoroutinefunction(scene), where
    given = asyncio.run(scene(**json.loads(options)))
    print(f"{MARK}{json.dumps(given)}", flush=True)


if __name__ == "__main__":
    main()
