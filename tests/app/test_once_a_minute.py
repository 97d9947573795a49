"""What a node does once a minute: who may take long holds up no alarm."""

import asyncio
from typing import Any

import pytest

from counter.app import services
from counter.app.services import Parts


class Rehearsal:
    """Stands for every part of a node; notes what is done, and waits where signatures resume."""

    def __init__(self, done: list[str], name: str = "") -> None:
        self._done = done
        self._name = name

    def __getattr__(self, name: str) -> "Rehearsal":
        return Rehearsal(self._done, f"{self._name}.{name}".removeprefix("."))

    async def __call__(self, *args: Any) -> Any:
        self._done.append(getattr(args[0], "__name__", "") if "write" in self._name else self._name)
        if self._name == "esign.resume":
            await asyncio.Event().wait()


async def test_what_waits_long_for_its_seal_is_told_of_while_a_key_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for away in ("tell_departments", "tell_booking"):
        monkeypatch.setattr(services, away, Rehearsal([], away))
    done: list[str] = []
    parts: Any = Rehearsal(done)
    parts._read_catalogue = parts.catalogue
    minute = asyncio.create_task(Parts.once_a_minute(parts))
    while "esign.resume" not in done:
        assert not minute.done()
        await asyncio.sleep(0)
    minute.cancel()
    assert {"tell_unsealed", "lasting.tell_clock"} <= set(done)
