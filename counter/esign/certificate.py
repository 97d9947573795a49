"""Signing with one's own certificate: how often a code may be wrong, and what comes then."""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

TRIES: Final = 3
"Wrong PINs, codes and numbers, for one document, until it is signed in another way."

Wanted = Literal["pin", "code", "own_code"]
"What the citizen types: his PIN, the code that was sent to him, the one that his own device shows."

ActivatingState = Literal[
    "chosen", "asked", "coded", "given", "spent", "another", "locked", "left", "signed"
]
UNDER_WAY: Final[frozenset[ActivatingState]] = frozenset({"chosen", "coded", "given", "spent"})
"It can go on to a signature."
CODED: Final = UNDER_WAY - {"chosen"}
"Whose the certificate is was found to be well; a code was sent, if it wants one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Activating:
    """How far the citizen has come."""

    credential_id: str = field(repr=False)
    "At the provider; empty once it is over."
    state: ActivatingState
    wrong: int
    wants: tuple[Wanted, ...] = ("code",)
    "Once it is coded: in this order."

    @property
    def left(self) -> int:
        """How many tries are left."""
        return max(0, TRIES - self.wrong)

    @property
    def with_code(self) -> bool:
        """Whether something is typed that is good once: a PIN alone is not."""
        return any(one != "pin" for one in self.wants)

    def refused(self, *, pin: bool = False) -> "Activating":
        """What was typed was wrong.

        pin: it was the PIN; then nobody knows whether the code is used up, as after a lost answer.
        """
        state: ActivatingState = "given" if pin and self.with_code else "coded"
        after = replace(self, state=state, wrong=self.wrong + 1)
        return after if after.left else replace(after, state="locked")

    def used_up(self) -> "Activating":
        """The code opens nothing any more: a new one is sent first, where they are sent."""
        return replace(self, state="spent" if "code" in self.wants else "coded")

    def changed(self) -> "Activating":
        """It was another one's: counted like a wrong code, for each has one sent to somebody."""
        after = self.refused()
        return replace(after, credential_id="", state="another" if after.left else "locked")
