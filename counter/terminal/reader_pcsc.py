"""The `CardReader` port on PC/SC.  `pyscard` is an extra: it is built from source, with pcscd."""

import asyncio
import importlib
from typing import Any, Literal

from counter.terminal.ports import CardReader, DeviceFailed


def pcsc_reader() -> CardReader | None:
    """The first reader of this machine; None when `pyscard` is not installed."""
    try:
        system: Any = importlib.import_module("smartcard.System")
        errors: Any = importlib.import_module("smartcard.Exceptions")
    except ImportError:
        return None
    return PcscReader(system, errors)


class PcscReader:
    """See `counter.terminal.ports.CardReader`."""

    def __init__(self, system: Any, errors: Any) -> None:
        """system, errors: `smartcard.System` and `smartcard.Exceptions`."""
        self._system = system
        self._errors = errors

    async def look(self) -> Literal["empty", "card"]:
        return await asyncio.to_thread(self._look)

    def _look(self) -> Literal["empty", "card"]:
        try:
            readers = self._system.readers()
        except Exception as gone:  # the library's own kinds differ by version of the daemon
            raise DeviceFailed("missing", "pcscd does not answer") from gone
        if not readers:
            raise DeviceFailed("missing", "pcscd knows no card reader")
        connection = readers[0].createConnection()
        try:
            connection.connect()
        except self._errors.NoCardException:
            return "empty"
        except self._errors.CardConnectionException as failed:
            raise DeviceFailed("failed", "the card in the reader does not answer") from failed
        connection.disconnect()
        return "card"
