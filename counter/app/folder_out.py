"""Writes the folder of a case where whoever may open the operator's door wants it."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from counter.documents.folder import MANIFEST
from counter.documents.folder_files import DirectoryShelf
from counter.documents.handover import Frozen
from counter.ids import Digest, NewId
from counter.store.blobs_directory import BlobDamaged


async def write_out(told: dict[str, Any], directory: Path, new_id: NewId) -> Path:
    """Write what the operator's door told of; where it is.

    Raises `FileNotFoundError`, `FolderDiffers`, and `BlobDamaged` for bytes that were changed.
    """
    paths = {sha256: Path(path) for _, sha256, path in told["files"]}
    manifest = Digest(told["manifest_sha256"])
    paths[manifest] = Path(told["manifest"])

    async def read(sha256: str) -> bytes:
        content = await asyncio.to_thread(paths[sha256].read_bytes)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobDamaged(f"blob {sha256[:12]} has other bytes now")
        return content

    frozen = Frozen(
        name=told["name"],
        manifest_sha256=manifest,
        files=(
            *((path, Digest(sha256)) for path, sha256, _ in told["files"]),
            (MANIFEST, manifest),
        ),
    )
    await DirectoryShelf(directory, new_id).put(frozen, read)
    return directory / frozen.name
