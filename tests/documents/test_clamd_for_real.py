"""The real clamd, with a database of one signature of our own: nothing is fetched for it."""

import getpass
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from counter.documents.check_clamd import ClamdCheck
from counter.documents.refusals import CheckUnavailable, FileInfected
from counter.documents.sample_page import sample_photograph
from tests.servers import NotInstalled, free_port, wait_for_port
from tools.services import found

KNOWN = b"remote-video-counter: what clamd knows"
LIMIT_BYTES = 1024 * 1024


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a clamd of this test process."""
    program = found("clamd")
    if program is None:
        raise NotInstalled("clamd is not installed: apt-get install clamav-daemon")
    folder, port = tmp_path_factory.mktemp("clamd"), free_port()
    database = folder / "database"
    database.mkdir()
    (database / "own.ndb").write_text(f"Counter.Test:0:*:{KNOWN.hex()}\n")
    settings = folder / "clamd.conf"
    settings.write_text(
        f"DatabaseDirectory {database}\n"
        f"TemporaryDirectory {folder}\n"
        f"TCPAddr 127.0.0.1\nTCPSocket {port}\n"
        f"User {getpass.getuser()}\n"
        f"StreamMaxLength {LIMIT_BYTES}\n"
        "Foreground yes\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-c", settings], stdout=log, stderr=log)
        try:
            wait_for_port(port, process, "clamd")
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


async def test_a_photograph_passes_and_what_it_knows_does_not(clamd: str) -> None:
    check = ClamdCheck(clamd)
    await check.check(sample_photograph(1))
    for content in (KNOWN, b"%PDF-1.7\n" + bytes(200_000) + KNOWN):
        with pytest.raises(FileInfected):
            await check.check(content)


async def test_it_looks_into_what_is_packed(clamd: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "paper.txt").write_bytes(KNOWN)
    packed = Path(shutil.make_archive(str(tmp_path / "out"), "zip", tmp_path / "in"))
    content = packed.read_bytes()
    assert KNOWN not in content
    with pytest.raises(FileInfected):
        await ClamdCheck(clamd).check(content)


async def test_what_is_larger_than_it_looks_at_is_not_taken_for_clean(clamd: str) -> None:
    with pytest.raises(CheckUnavailable):
        await ClamdCheck(clamd).check(bytes(2 * LIMIT_BYTES))
