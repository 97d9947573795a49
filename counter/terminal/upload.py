"""How a photograph goes up: in which parts, when again after a failure, and what an answer means.

The counter decides; the terminal only has to go on until it hears an end.
"""

from dataclasses import dataclass
from typing import Final, Literal

CHUNK_BYTES: Final = 256 * 1024
SLOW_BYTES_PER_S: Final = 1_250_000
"10 Mbit/s; on a slower line the flattened page goes first, some 300 KiB instead of some 4 MiB."
PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"Before the next try, by how many failed in a row; the last for all that follow."

State = Literal["captured", "uploading", "stored", "refused", "dropped"]
ENDED: Final = ("stored", "refused", "dropped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the counter says of a photograph."""

    location: str
    "Path of the capture."
    offset: int
    "Bytes that are there."
    state: State
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """An answer that was a no."""

    code: str
    status: int
    "Of HTTP."


def ended_by(denial: Denial) -> State | None:
    """What a no means for the photograph; None: nothing yet, try again.

    A photograph that cannot be read, or that nobody asks for, is not worth keeping.  Whatever else
    goes wrong, also a session that is over, is no reason to lose one.
    """
    if denial.code == "scan_not_asked":
        return "dropped"
    if denial.status in (413, 415, 422) and denial.code != "digest_mismatch":
        return "refused"
    return None


def pause_s(failures: int, chance: float) -> float:
    """How long to wait after so many failures in a row.  chance: 0 to 1, so that all do not come
    back at one moment."""
    return PAUSES_S[min(failures, len(PAUSES_S)) - 1] * (0.5 + chance)
