"""The line of a terminal's program: what passes by itself is asked again with the same key."""

import asyncio
from itertools import count
from typing import Any

import pytest

from counter.errors import StoreUnavailable
from counter.terminal.line_socketio import SHORTLY_TRIES, Line
from counter.terminal.ports import Refused


class PlayedLine(Line):
    """Its counter answers what it is told to."""

    def __init__(self, *codes: str | None) -> None:
        keys = count()
        super().__init__("http://counter", "/device", "secret", lambda: f"k-{next(keys)}")
        self.codes = list(codes)
        self.asked: list[str] = []
        self._socket.call = self._answer

    async def _answer(self, _event: str, message: dict[str, Any], **_how: Any) -> dict[str, Any]:
        self.asked.append(message["key"])
        code = self.codes.pop(0)
        return {"ok": True} if code is None else {"ok": False, "code": code}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_seconds: float) -> None:
        return None

    monkeypatch.setattr(asyncio, "sleep", at_once)


async def test_a_trouble_that_passes_is_asked_again_with_the_same_key() -> None:
    line = PlayedLine("busy", "store_unavailable", None)
    assert await line.ask("print.report", {}) == {"ok": True}
    assert line.asked == ["k-0"] * 3


async def test_one_that_does_not_pass_is_no_refusal() -> None:
    line = PlayedLine(*["busy"] * (SHORTLY_TRIES + 1))
    with pytest.raises(StoreUnavailable):
        await line.ask("print.report", {})
    assert line.codes == []


async def test_a_refusal_is_not_asked_again() -> None:
    line = PlayedLine("not_found")
    with pytest.raises(Refused) as refused:
        await line.ask("print.report", {})
    assert (refused.value.reason, line.asked) == ("not_found", ["k-0"])


async def test_a_busy_counter_has_time_to_let_a_line_in() -> None:
    """The library gives up after a second."""
    line, given = PlayedLine(), {}

    async def connect(_address: str, **how: Any) -> None:
        given.update(how)

    line._socket.connect = connect
    await line.open()
    assert given["wait_timeout"] >= 20
