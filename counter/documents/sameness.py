"""Whether a page is a sheet that this case has already: a question for the agent, never a refusal.

One form filled in by two people looks the same but for what was written.  So it is not asked how
much two pages have in common, but how little they do not.  A fold or a lamp takes writing away from
one of two photographs; only a pen puts other writing in its place.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Two pages laid onto each other and compared in cells of 4 mm."""

    cells: int
    "With writing on either page."
    differing: int
    "Where writing of either page is not on the other."
    changed: int
    "Where each page has writing that the other has not."


CELLS_MIN = 60
"Some lines of writing; fewer do not tell one nearly empty page from another."
DIFFERING_MAX = 7
"Folds and reflections were seen to take six; a word that was added takes nine and more."
CHANGED_MAX = 1
"Two photographs of one sheet were seen to have none, a number of three digits three."
COMPARED_MAX = 24
"Pages of the case with which a new one is compared, the newest first."


def same_sheet(found: Likeness) -> bool:
    """Whether these are one sheet photographed twice."""
    return (
        found.cells >= CELLS_MIN
        and found.differing <= DIFFERING_MAX
        and found.changed <= CHANGED_MAX
    )
