"""Takes a finished recording out of the store, for whoever may open the operator's door.

The counter itself never writes one in the clear; what becomes of the copy is up to who asked.
"""

import base64
import os
from pathlib import Path
from typing import Any

from counter.media.sealed_files import CHUNK_BYTES, SealedReader


def write_out(told: dict[str, Any], to: Path) -> int:
    """Write the recording that the operator's door told of; its size in bytes.

    Raises `FileExistsError`, and `CannotOpen` when the sealed file was changed.
    """
    key = base64.b64decode(told["key"])
    reader = SealedReader(Path(told["path"]), key, told["recording"])
    try:
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while part := reader.read(CHUNK_BYTES):
                file.write(part)
    finally:
        reader.close()
    return reader.size
