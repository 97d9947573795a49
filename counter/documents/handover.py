"""Handing a closed case to the back office: what is handed over is written down once, then done.

Promise: nothing leaves before the case is closed and what was signed is sealed; and however often
the counter dies on the way, there is one folder, and it is the one that was written down.  What is
accepted after that goes in a supplement, a folder of its own; what was handed over never changes.
A document that was taken back before its folder left does not leave; of one that has left, who got
it hears.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from counter.documents.folder import MANIFEST, CaseFacts, Supplement, accepted_of
from counter.ids import Digest

EVENT: Final = "case.handed_over"
VOIDED: Final = "case.document_voided"
ALL: Final = "all"
"In the settings: every department that is not named itself."
PATIENCE: Final = timedelta(minutes=10)
"So long a hand-over waits for words and copies; then it goes without."
PAUSE: Final = timedelta(seconds=15)

T = TypeVar("T")


class FolderDiffers(Exception):
    """A folder of this name is there, with other content: somebody must look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What was written down to be handed over."""

    name: str
    "Of the folder."
    manifest_sha256: Digest
    files: tuple[tuple[str, Digest], ...]
    "Path and digest of each, the manifest among them."
    part: int = 1
    "From 2: a supplement."
    done: bool = False
    "Whether it is where it belongs."


def ready(facts: CaseFacts) -> bool:
    """Whether it may leave: closed, and nothing signed is without its seal."""
    return facts.closed_at is not None and not facts.sealing


def anything(facts: CaseFacts) -> bool:
    """Whether there is something to hand over."""
    return accepted_of(facts) > 0 or any(one.sealed_sha256 for one in facts.documents)


def supplement_to(parts: Sequence[Frozen], manifests: Sequence[bytes]) -> Supplement:
    """What comes after these; manifests: theirs, at least that of the first."""
    files = [file for one in manifests for file in json.loads(one)["files"]]
    return Supplement(
        part=len(parts) + 1,
        first_manifest_sha256=parts[0].manifest_sha256,
        pages=frozenset(file["page_id"] for file in files if file["page_id"]),
        ceremonies=frozenset(file["ceremony_id"] for file in files if file["ceremony_id"]),
    )


def frozen_of(name: str, manifest: bytes, manifest_sha256: Digest, part: int = 1) -> Frozen:
    """Out of the manifest alone, so that what was written down can be read back."""
    listed = json.loads(manifest)["files"]
    return Frozen(
        name=name,
        manifest_sha256=manifest_sha256,
        files=(
            *((file["path"], Digest(file["sha256"])) for file in listed),
            (MANIFEST, manifest_sha256),
        ),
        part=part,
    )


def taken_back(manifest: bytes, facts: CaseFacts) -> tuple[str, ...]:
    """Ceremonies of documents that were written down, and count no more, by id."""
    voided = {one.ceremony_id for one in facts.documents if one.state == "voided"}
    listed = (file["ceremony_id"] for file in json.loads(manifest)["files"])
    return tuple(dict.fromkeys(one for one in listed if one in voided))


def told(facts: CaseFacts, frozen: Frozen, first_manifest_sha256: Digest) -> dict[str, object]:
    """What other programs are told: ids and digests, and nobody's name."""
    body: dict[str, object] = {
        "department": facts.department,
        "service": facts.service,
        "site": facts.site,
        "folder": frozen.name,
        "manifest_sha256": frozen.manifest_sha256,
    }
    if frozen.part > 1:
        body |= {"part": frozen.part, "first_manifest_sha256": first_manifest_sha256}
    return body


def place_for(department: str, places: Mapping[str, T]) -> T | None:
    """Where the cases of a department go; None: nowhere."""
    return places.get(department, places.get(ALL))
