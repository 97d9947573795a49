"""Takes a still of one leg: asks for a key frame and waits until its packets have come."""

import asyncio
from typing import Final

from counter.errors import Busy, NotAllowedNow
from counter.media.ports import AskKeyFrame
from counter.media.routing import Hop
from counter.media.still import Still, StillTap

WITHIN_SECONDS: Final = 3.0
LOOK_SECONDS: Final = 0.02
ASK_EVERY: Final = 50
"Looks between requests for a key frame: the first can be lost."


async def take_still(
    hop: Hop, owner: str, ask_key_frame: AskKeyFrame, *, within_seconds: float = WITHIN_SECONDS
) -> Still:
    """A whole picture of what the leg shows now, as its browser encoded it.

    owner: for the log.  Raises `NotAllowedNow` when no picture comes, `Busy` when one is being
    taken: a key frame costs everybody's picture some sharpness.
    """
    if isinstance(hop.tap, StillTap):
        raise Busy(f"a still of {owner} is being taken")
    if hop.stream("video") is None:
        raise NotAllowedNow(f"{owner} sends no picture")
    tap = hop.tap = StillTap(hop.tap)
    try:
        for look in range(round(within_seconds / LOOK_SECONDS)):
            if look % ASK_EVERY == 0:
                ask_key_frame(hop)
            await asyncio.sleep(LOOK_SECONDS)
            if tap.found is not None:
                return tap.found
        raise NotAllowedNow(f"no whole picture of {owner} came within {within_seconds} s")
    finally:
        if hop.tap is tap:  # else taping began or ended meanwhile
            hop.tap = tap.inner
