"""The process that decodes one file: reads it, answers, ends.

On its input: the limits as a line of JSON, and the file.  On its output: a line of JSON with a
code, or with the kind and the sizes of the pages, and the JPEGs one after the other.
"""

import json
import sys
from io import BytesIO
from typing import Any, BinaryIO

from PIL import Image

from counter.documents.admit import AdmitLimits, sniff_file
from counter.documents.admit_child import jail, pictures, raster, structure
from counter.documents.refusals import FileTooLarge, PhotographRefused
from counter.documents.sniff import FileLimits

QUALITY = 92
"Of what a page is found in later; each drawing anew costs a little."


def main(given: BinaryIO, answer: BinaryIO) -> None:
    """Confined from here on: also the waiting for the file."""
    pictures.load()
    jail.confine()
    words: dict[str, Any] = json.loads(given.readline())
    limits = AdmitLimits(**{**words, "pictures": FileLimits(**words["pictures"])})
    content = given.read()
    try:
        kind, pages = admitted(content, limits)
        said: dict[str, Any] = {"kind": kind, "pages": [page[1:] for page in pages]}
    except PhotographRefused as refused:
        said, pages = {"code": refused.code}, []
    answer.write(json.dumps(said).encode() + b"\n")
    for page in pages:
        answer.write(page[0])
    answer.flush()


def admitted(content: bytes, limits: AdmitLimits) -> tuple[str, list[tuple[bytes, int, int, int]]]:
    """The kind, and of each page its JPEG, the length of that, width and height."""
    kind = sniff_file(content, limits).kind
    pages: list[tuple[bytes, int, int, int]] = []
    if kind == "pdf":
        structure.require_harmless(content, limits)
        drawn = raster.pages_of(content, limits)
    else:
        drawn = iter([pictures.picture_of(content, kind, limits)])
    total = 0
    for picture in drawn:
        jpeg = _jpeg(picture)
        total += len(jpeg)
        if total > limits.output_bytes_max:
            raise FileTooLarge("its pages are too many bytes")
        pages.append((jpeg, len(jpeg), picture.width, picture.height))
    return kind, pages


def _jpeg(picture: Image.Image) -> bytes:
    """The pixels and nothing else: a fresh picture has no metadata and no profile of colours."""
    bare = Image.frombytes("RGB", picture.size, picture.tobytes())
    file = BytesIO()
    bare.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
