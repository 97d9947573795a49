"""Signing with one's own certificate: how often a code may be wrong, and what comes then."""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

TRIES: Final = 3
"Wrong codes and numbers, for one document, until it is signed in another way."

ActivatingState = Literal[
    "chosen", "asked", "coded", "given", "spent", "another", "locked", "left", "signed"
]
UNDER_WAY: Final[frozenset[ActivatingState]] = frozenset({"chosen", "coded", "given", "spent"})
"It can go on to a signature."
CODED: Final = UNDER_WAY - {"chosen"}
"A code was sent, and whose the certificate is was found to be well."


@dataclass(frozen=True, slots=True, kw_only=True)
class Activating:
    """How far the citizen has come."""

    credential_id: str = field(repr=False)
    "At the provider; empty once it is over."
    state: ActivatingState
    wrong: int

    @property
    def left(self) -> int:
        """How many codes may still be tried."""
        return max(0, TRIES - self.wrong)

    def refused(self) -> "Activating":
        """The code was wrong."""
        after = replace(self, state="coded", wrong=self.wrong + 1)
        return after if after.left else replace(after, state="locked")

    def changed(self) -> "Activating":
        """It was another one's: counted like a wrong code, for each has one sent to somebody."""
        after = self.refused()
        return replace(after, credential_id="", state="another" if after.left else "locked")
