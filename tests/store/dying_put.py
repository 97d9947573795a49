"""A node of its own process that is killed between a put and its COMMIT; see test_blobs_collecting.

Called with the directory of the bytes and the store: a file of SQLite, or an address of PostgreSQL.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Connection

from counter.documents.store_bundles import keep
from counter.ids import PageId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.postgres_pool import PostgresPool
from counter.store.sqlite_lane import SqliteLane
from tests.documents.leaves import AT

CONTENT = b"a page that nobody was told of"


def opened(store: str) -> Executor:
    """An executor on the store of this name."""
    return PostgresPool(store) if "@" in store else SqliteLane(Path(store))


async def die(blobs: Path, store: str) -> None:
    """Put, write the row, and come no further."""
    sha256 = await DirectoryBlobs(blobs).put(CONTENT)

    def command(conn: Connection) -> None:
        keep(conn, PageId("page-1"), "words", sha256, AT)
        os.kill(os.getpid(), signal.SIGKILL)

    await opened(store).write(command)


if __name__ == "__main__":
    asyncio.run(die(Path(sys.argv[1]), sys.argv[2]))
