"""What draws departments' own forms: one press for citizens, one for supervisors who try out.

Promise: whatever a supervisor's unfinished template does, no form of a citizen waits for it.
"""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from counter.esign.draw_process import DrawProcesses

CHILD: Final = "counter.app.form_child"
PREVIEW_PATIENCE_S: Final = 30.0
"Start and a busy machine included; a form takes a fraction of a second."


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPresses:
    """Each starts its process when it is first asked."""

    presented: DrawProcesses
    previews: DrawProcesses
    "One at a time."


def open_presses(closing: AsyncExitStack) -> FormPresses:
    """`closing` ends their processes."""
    made = FormPresses(
        presented=DrawProcesses(CHILD),
        previews=DrawProcesses(CHILD, patience_seconds=PREVIEW_PATIENCE_S, at_once=1),
    )
    for press in (made.presented, made.previews):
        closing.push_async_callback(press.close)
    return made
