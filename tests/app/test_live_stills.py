"""Whose picture may be held: only what its agent sees at this moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, update

from counter.app.live_stills import LiveStills
from counter.errors import NotAllowedNow
from counter.media.still import Still
from counter.protocol import parties as asks
from counter.signaling.tables import call
from counter.store.executor import Executor
from tests.signaling.talk import Talk


@dataclass
class Media:
    """A media process, and the decoder of its pictures."""

    asked: list[tuple[str, str]] = field(default_factory=list)

    async def still(self, worker: str, owner: str) -> Still:
        self.asked.append((worker, owner))
        return Still(codec="vp8", frame=b"a picture")

    async def jpeg(self, still: Still) -> bytes:
        return still.frame


@pytest.mark.parametrize(
    "kind, off, on",
    [
        (asks.CallHide, {"owner": "terminal:t-1", "hidden": True}, {"hidden": False}),
        (asks.CallHold, {"on": True}, {"on": False}),
    ],
)
async def test_there_is_no_still_of_whom_nobody_sees(
    executor: Executor,
    now: datetime,
    kind: Callable[..., Any],
    off: dict[str, Any],
    on: dict[str, Any],
) -> None:
    talk: Any = None

    def scene(conn: Connection) -> None:
        nonlocal talk
        talk = Talk(conn, now)
        conn.execute(update(call).values(worker="media-0"))

    def ask(conn: Connection, **body: Any) -> None:
        talk.conn = conn
        talk.ask("a-1", kind, **body)

    await executor.write(scene)
    media: Any = Media()
    stills = LiveStills(executor, media, media)
    assert await stills.still("a-1") == b"a picture"
    await executor.write(lambda conn: ask(conn, **off))
    with pytest.raises(NotAllowedNow):
        await stills.still("a-1")
    await executor.write(lambda conn: ask(conn, **off | on))
    assert await stills.still("a-1") == b"a picture"
    assert media.asked == [("media-0", "terminal:t-1")] * 2
