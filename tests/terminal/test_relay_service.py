"""Photographs on their way to a counter that fails in every way it can."""

import asyncio
import hashlib
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from counter.ids import RequestId
from counter.terminal import relay_service
from counter.terminal.journal import Entry, Shot
from counter.terminal.journal_files import FileJournal
from counter.terminal.ports import Denied, LineLost
from counter.terminal.relay_service import RelayService
from counter.terminal.upload import (
    CHUNK_BYTES,
    PAUSES_S,
    Denial,
    Progress,
    State,
    ended_by,
    pause_s,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PHOTOGRAPH = hashlib.shake_256(b"a paper").digest(3 * CHUNK_BYTES + 7)


class PlayedCounter:
    """Takes parts in order; before each answer it does what the test's script says next."""

    def __init__(self, *script: Exception | None) -> None:
        self.script = list(script)
        self.bytes: dict[str, bytearray] = {}
        self.lengths: dict[str, int] = {}
        self.said: list[str] = []
        self.previews: list[bytes] = []

    def _next(self, what: str) -> None:
        self.said.append(what)
        problem = self.script.pop(0) if self.script else None
        if problem is not None:
            raise problem

    async def announce(self, entry: Entry, thumbnail: bytes) -> Progress:
        self._next("announce")
        location = f"/{entry.sha256}"
        self.bytes.setdefault(location, bytearray())
        self.lengths[location] = entry.length
        return self._progress(location)

    async def where(self, location: str) -> Progress:
        self._next("where")
        return self._progress(location)

    async def append(self, location: str, offset: int, chunk: bytes) -> Progress:
        kept = self.bytes[location]
        if offset != len(kept):
            raise Denied(Denial(code="capture_offset", status=409))
        kept += chunk
        await asyncio.sleep(0)
        self._next(f"append {offset}")  # also when it fails, the bytes are there
        return self._progress(location)

    async def preview(self, location: str, page: bytes) -> None:
        self._next("preview")
        self.previews.append(page)

    def _progress(self, location: str) -> Progress:
        here = len(self.bytes[location])
        state: State = "stored" if here == self.lengths[location] else "uploading"
        return Progress(location=location, offset=here, state=state)


def journal(root: Path) -> FileJournal:
    return FileJournal(root / "journal", b"k" * 32, random.Random(3).randbytes)


def shot(number: int = 1, photograph: bytes = PHOTOGRAPH) -> Shot:
    return Shot(
        request_id=RequestId(f"r-{number}"),
        photograph=photograph,
        thumbnail=b"small",
        taken_at=NOW,
    )


async def relayed(
    tmp_path: Path,
    counter: PlayedCounter,
    *shots: Shot,
    clock: Callable[[], datetime] = lambda: NOW,
    ends: int | None = None,
    flatten: relay_service.Flatten | None = None,
) -> list[tuple[str, State, str | None]]:
    """Keep these, and run until so many have ended."""
    kept = journal(tmp_path)
    more = {"flatten": flatten} if flatten else {}
    relay = RelayService(kept, counter, clock=clock, chance=lambda: 0.0, **more)
    ended: asyncio.Queue[tuple[str, State, str | None]] = asyncio.Queue()
    relay.on_end(lambda entry, state, code: ended.put_nowait((entry.request_id, state, code)))
    for one in shots:
        await relay.keep("case-1", one)
    running = asyncio.create_task(relay.run_for_ever())
    wanted = len(shots) if ends is None else ends
    found = [await ended.get() for _ in range(wanted)]
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return found


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_service, "pause_s", lambda failures, chance: 0.0)


async def test_it_is_announced_sent_in_parts_and_forgotten(tmp_path: Path) -> None:
    counter = PlayedCounter()
    assert await relayed(tmp_path, counter, shot()) == [("r-1", "stored", None)]
    sent = [f"append {at}" for at in range(0, len(PHOTOGRAPH), CHUNK_BYTES)]
    assert counter.said == ["announce", *sent]
    assert [bytes(one) for one in counter.bytes.values()] == [PHOTOGRAPH]
    assert await journal(tmp_path).entries() == []


async def test_what_an_earlier_life_kept_is_offered_at_the_start(tmp_path: Path) -> None:
    await journal(tmp_path).keep("case-1", shot())
    assert await relayed(tmp_path, PlayedCounter(), ends=1) == [("r-1", "stored", None)]


@pytest.mark.parametrize("seed", range(20))
async def test_failures_anywhere_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    failures = [
        LineLost("cut"),
        Denied(Denial(code="busy", status=503)),
        Denied(Denial(code="scan_failed", status=503)),
        Denied(Denial(code="chunk_damaged", status=460)),
        Denied(Denial(code="not_signed_in", status=401)),
        Denied(Denial(code="digest_mismatch", status=422)),
        Denied(Denial(code="capture_unknown", status=404)),
        RuntimeError("a mistake of ours"),
    ]
    script = [chance.choice(failures) if chance.random() < 0.5 else None for _ in range(30)]
    counter = PlayedCounter(*script)
    shots = [shot(number, PHOTOGRAPH[:-number]) for number in (1, 2, 3)]
    ended = await relayed(tmp_path, counter, *shots)
    assert sorted(ended) == [(f"r-{number}", "stored", None) for number in (1, 2, 3)]
    kept = {bytes(one) for one in counter.bytes.values()}
    assert kept == {one.photograph for one in shots}
    assert await journal(tmp_path).entries() == []


@pytest.mark.parametrize(
    ("code", "status", "state"),
    [
        ("scan_not_asked", 409, "dropped"),
        ("page_blurred", 422, "refused"),
        ("image_too_large", 413, "refused"),
        ("not_an_image", 415, "refused"),
    ],
)
async def test_a_last_word_ends_it(tmp_path: Path, code: str, status: int, state: State) -> None:
    counter = PlayedCounter(None, Denied(Denial(code=code, status=status)))
    assert await relayed(tmp_path, counter, shot()) == [("r-1", state, code)]
    assert await journal(tmp_path).entries() == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 460, 500, 503])
def test_no_other_no_is_a_reason_to_lose_a_photograph(status: int) -> None:
    assert ended_by(Denial(code="whatever", status=status)) is None


async def test_what_is_too_old_is_forgotten_unsent(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    await kept.keep("case-1", shot(1))
    late = NOW + timedelta(hours=24)
    fresh = Shot(request_id=RequestId("r-2"), photograph=b"x", thumbnail=b"", taken_at=late)
    counter = PlayedCounter()
    assert await relayed(tmp_path, counter, fresh, clock=lambda: late) == [("r-2", "stored", None)]
    assert counter.said == ["announce", "append 0"]


async def test_on_a_slow_line_the_flattened_page_goes_before_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def flatten(photograph: bytes) -> bytes | None:
        return b"page"

    monkeypatch.setattr(relay_service, "SLOW_BYTES_PER_S", float("inf"))
    counter = PlayedCounter()
    await relayed(tmp_path, counter, shot(), flatten=flatten)
    assert counter.previews == [b"page"]
    assert counter.said.index("preview") < len(counter.said) - 1, "before the rest, not after it"


async def test_what_cannot_be_flattened_here_goes_up_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(photograph: bytes) -> bytes | None:
        raise RuntimeError("no page here")

    monkeypatch.setattr(relay_service, "SLOW_BYTES_PER_S", float("inf"))
    counter = PlayedCounter()
    assert await relayed(tmp_path, counter, shot(), flatten=breaks) == [("r-1", "stored", None)]
    assert counter.previews == []


def test_pauses_grow_and_end_growing() -> None:
    assert [pause_s(failures, 0.5) for failures in range(1, 9)] == [*PAUSES_S, 10.0, 10.0]
    assert pause_s(1, 0.0) == PAUSES_S[0] / 2
