"""The fixtures themselves keep what they promise, and no test falls between two targets."""

import re
from datetime import datetime
from itertools import product
from pathlib import Path

import pytest
from playwright.async_api import Browser
from sqlalchemy import Connection, literal, select, text
from sqlalchemy.engine.interfaces import CacheStats

from counter.store.executor import Executor
from counter.store.sqlite_lane import SqliteLane


def _engine_name(conn: Connection) -> str:
    return conn.dialect.name


def _rows(conn: Connection) -> int:
    return conn.execute(text("SELECT count(*) FROM session_log")).scalar_one()


async def test_an_executor_has_every_table_and_no_rows(executor: Executor) -> None:
    assert await executor.read(_engine_name) in {"sqlite", "postgresql"}
    assert await executor.read(_rows) == 0


async def test_what_one_test_writes_the_next_does_not_see(
    executor: Executor, now: datetime
) -> None:
    from counter.store.session_log import tell

    await executor.write(tell, "agent:a-1", "noted", {}, now)
    assert await executor.read(_rows) == 1


async def test_a_statement_is_compiled_once_for_all_stores_of_a_kind(tmp_path: Path) -> None:
    def look(conn: Connection) -> object:
        return conn.execute(select(literal(7).label("of_this_test"))).context.cache_hit

    found = []

    for name in ("first", "second"):
        lane = SqliteLane(tmp_path / name)
        found.append(await lane.write(look))
        await lane.close()
    assert found == [CacheStats.CACHE_MISS, CacheStats.CACHE_HIT]


async def test_the_browser_has_a_camera_and_a_microphone(chromium: Browser) -> None:
    page = await chromium.new_page()
    # Only a secure context has media devices; a loopback address that is answered here is one.
    await page.route("http://127.0.0.1/*", lambda route: route.fulfill(body="<p>here"))
    await page.goto("http://127.0.0.1/")
    kinds = await page.evaluate(
        "navigator.mediaDevices.getUserMedia({audio: true, video: true})"
        ".then(stream => stream.getTracks().map(track => track.kind).sort())"
    )
    assert kinds == ["audio", "video"]


async def test_a_window_has_nothing_but_its_page(chromium: Browser) -> None:
    page = await chromium.new_page()
    devtools = await chromium.new_browser_cdp_session()
    found = await devtools.send("Target.getTargets", {"filter": [{}]})
    assert [one["type"] for one in found["targetInfos"] if one["type"] != "tab"] == ["page"]
    # Which is said in a list of ours: it stands for all of Playwright's, and so holds that too.
    processes = (await devtools.send("SystemInfo.getProcessInfo"))["processInfo"]
    (pid,) = [one["id"] for one in processes if one["type"] == "browser"]
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    switch = "--disable-features="
    theirs, ours = [
        set(one.removeprefix(switch).split(",")) for one in words if one.startswith(switch)
    ]
    assert theirs < ours
    await page.close()
    await devtools.detach()


MAKEFILE = Path(__file__).parents[1] / "Makefile"


@pytest.mark.parametrize("marks", list(product((False, True), repeat=3)))
def test_each_test_is_run_by_one_target_of_make(marks: tuple[bool, bool, bool]) -> None:
    chosen = re.findall(r'(?:pytest|second_look) .*-m (?:"([^"]+)"|(\w+))', MAKEFILE.read_text())
    assert len(chosen) == 4
    carried = dict(zip(("alone", "pairs", "deep"), marks, strict=True))
    runs = sum(eval(one or other, {}, carried) for one, other in chosen)
    # No test is marked for itself and for pairs; see `pytest_collection_modifyitems`.
    assert runs == (2 if marks == (True, True, False) else 1)


@pytest.mark.one_engine
async def test_what_one_engine_shows_is_left_to_make_deep_on_the_other(
    executor: Executor, request: pytest.FixtureRequest
) -> None:
    on_postgres = await executor.read(_engine_name) == "postgresql"
    assert (request.node.get_closest_marker("deep") is not None) is on_postgres
