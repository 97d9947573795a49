"""Whether a page is a sheet that this case has already: a question for the agent, never a refusal.

One form filled in by two people looks the same but for what was written.  So it is not asked how
much two pages have in common, but how little they do not.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Two pages laid onto each other and compared in cells of 4 mm."""

    cells: int
    "With writing on either page."
    differing: int
    "Of these, where something else is written on the other page, or nothing."


CELLS_MIN = 60
"Some lines of writing; fewer do not tell one nearly empty page from another."
DIFFERING_MAX = 2
"A number of seven digits changes three and more; folds and specks were seen to change two."
COMPARED_MAX = 24
"Pages of the case with which a new one is compared, the newest first."


def same_sheet(found: Likeness) -> bool:
    """Whether these are one sheet photographed twice."""
    return found.cells >= CELLS_MIN and found.differing <= DIFFERING_MAX
