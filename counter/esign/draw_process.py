"""The `OwnPress` port: one form, one process, which is thrown away after it.

What a department's template does to its process it does to nobody else's form.  The next process
is started and warmed while nobody waits; it gives up everything before it is told what to draw.
"""

import asyncio
import json
import logging
from asyncio import StreamReader
from datetime import datetime
from typing import Any

from counter.esign.form_ports import OwnDrawn, PageImage
from counter.esign.form_refusals import TemplateTooHeavy, TemplateUnfit, TemplateWrong
from counter.esign.forms import Language, OwnForm
from counter.esign.own_forms import PAGES_MAX
from counter.fresh_process import AT_ONCE, FreshProcesses

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
"By the clock, start of a process and a busy machine included."
BYTES_MAX = 20 * 1024 * 1024
"Of the document, and of one picture of a page."

_BROKEN = (OSError, asyncio.IncompleteReadError, ValueError, KeyError, TypeError, AttributeError)
"What comes of a process that died or answers nonsense."


class DrawProcesses:
    """See `counter.esign.form_ports.OwnPress`.  `close` it when the counter stops."""

    def __init__(
        self, module: str, *, patience_seconds: float = PATIENCE_SECONDS, at_once: int = AT_ONCE
    ) -> None:
        """module: what the processes run."""
        self._processes = FreshProcesses(module, patience_seconds=patience_seconds, at_once=at_once)

    def warm(self) -> None:
        """Start the process that the first form will be drawn in."""
        self._processes.warm()

    async def draw(
        self,
        form: OwnForm,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        specimen: bool = False,
    ) -> OwnDrawn:
        asked = {
            "form": form.model_dump(by_alias=True),
            "data": data,
            "language": language,
            "now": now.isoformat(),
            "specimen": specimen,
        }
        try:
            return await self._processes.ask(json.dumps(asked).encode() + b"\n", read=_drawn)
        except TimeoutError as error:
            raise TemplateTooHeavy("it took too long and was ended") from error
        except _BROKEN as error:
            log.warning("form %s %s: its process ended over it", form.id, form.version)
            raise TemplateTooHeavy("its process ended over it") from error

    async def close(self) -> None:
        """End the process that waits; what is being drawn is lost."""
        await self._processes.close()


async def _drawn(output: StreamReader) -> OwnDrawn:
    said: dict[str, Any] = json.loads(await output.readline())
    if said.get("code") == TemplateWrong.code:
        raise TemplateWrong(str(said["diagnostic"]))
    if said.get("code") == TemplateUnfit.code:
        raise TemplateUnfit(str(said["why"]), str(said["about"]))
    sizes = [(int(size), int(width), int(height)) for size, width, height in said["pages"]]
    length = int(said["pdf"])
    if len(sizes) > PAGES_MAX or max([length, *(one[0] for one in sizes)]) > BYTES_MAX:
        raise ValueError("more than was asked for")
    pdf = await output.readexactly(length)
    pages = [
        PageImage(
            page=number, image=await output.readexactly(size), width_px=width, height_px=height
        )
        for number, (size, width, height) in enumerate(sizes, 1)
    ]
    return OwnDrawn(pdf=pdf, pages=tuple(pages))
