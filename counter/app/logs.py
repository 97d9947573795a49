"""The log of a process: one line is one line, and an error is told without its words.

Promise: nobody can write a line of the log (a path may hold any character), and what a library says
of an error, which may be what a citizen wrote, stays out: its kind and its places are kept.
"""

import logging
import traceback
from types import TracebackType

LONGEST = 4096
"Characters of one message."
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_Error = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlainFormatter(logging.Formatter):
    """Escapes control characters; tells errors by kind and place."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        line = super().formatMessage(record)
        if not line.isprintable():
            line = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in line)
        return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"

    def formatException(self, ei: _Error) -> str:  # noqa: N802  the library's name
        told: list[str] = []
        error = ei[1]
        while error is not None and len(told) < 8:
            places = "".join(traceback.format_tb(error.__traceback__))
            told.append(f"{places}{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n… which came of:\n".join(told)


def set_up(*, verbose: bool) -> None:
    """Log to the standard error stream; what is normal only when `verbose`."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter(FORMAT))
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])
