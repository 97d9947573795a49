"""The folder of a case: which files it holds, what they are called, and the manifest over them.

For other software: `manifest.json` follows `case-folder-1.schema.json`, and names every file by its
SHA-256.  Names of files hold the number of the case and of papers, never of people.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from counter.documents.bundle import Chapter, Leaf, chapters
from counter.documents.page import PageState
from counter.documents.text_layer import layer_of
from counter.ids import CaseId, Digest, PageId

SCHEMA: Final = "remote-video-counter/case-folder/1"
MANIFEST: Final = "manifest.json"
BUNDLE: Final = "bundle.pdf"
Role = Literal["page", "bitonal", "original", "bundle", "signed_document"]

_SIGNS: Final = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"II*\x00", "image/tiff", "tif"),
    (b"MM\x00*", "image/tiff", "tif"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDocument:
    """A document that was presented to the citizen in this case."""

    ceremony_id: str
    form: str
    state: str
    presented_sha256: Digest
    sealed_sha256: Digest | None
    "None: not sealed, or taken back since."
    archived: tuple[Digest, ...] = ()
    "What the archive made of it, newest last."

    @property
    def given_sha256(self) -> Digest | None:
        """What is given out."""
        return self.archived[-1] if self.archived else self.sealed_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the folder says of a case, at one moment."""

    id: CaseId
    number: str
    department: str
    service: str
    site: str
    language: str
    appointment_id: str | None
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    checklist: tuple[str, ...]
    labels: Mapping[str, str]
    "What each paper is called, in the language of the case; others have their own name."
    leaves: tuple[Leaf, ...]
    documents: tuple[SignedDocument, ...]
    journal_seq: int
    journal_head: str
    "Leaf of the newest entry: what the journal is known by at this moment."

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The papers that were accepted."""
        return chapters(self.leaves, self.checklist, lambda item: self.labels.get(item, item))

    @property
    def made_at(self) -> datetime:
        """A moment that stays the same while nothing changes."""
        moments = [self.opened_at, *(leaf.stored_at for leaf in self.leaves)]
        return self.closed_at or max(moments)

    @property
    def sealing(self) -> bool:
        """Whether there is ink that has no seal yet."""
        return any(one.state == "signing" for one in self.documents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """A further folder of a case that was handed over: what was accepted since, and no more."""

    part: int
    "From 2: the folder that was handed over first is 1."
    first_manifest_sha256: Digest
    pages: frozenset[str]
    ceremonies: frozenset[str]
    "What the folders before it hold."

    def of(self, facts: CaseFacts) -> CaseFacts:
        """The same case with nothing that was handed over before."""
        return replace(
            facts,
            leaves=tuple(one for one in facts.leaves if one.page_id not in self.pages),
            documents=tuple(
                one for one in facts.documents if one.ceremony_id not in self.ceremonies
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a folder."""

    path: str
    "Below the folder, with `/`."
    role: Role
    sha256: Digest
    size_bytes: int
    media_type: str
    page_id: PageId | None = None
    ceremony_id: str | None = None
    content: bytes | None = None
    "None: it is kept under its digest."


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """All of it."""

    name: str
    manifest: bytes
    files: tuple[File, ...]
    "Without the manifest."

    @property
    def manifest_sha256(self) -> Digest:
        return Digest(hashlib.sha256(self.manifest).hexdigest())


def folder_name(number: str, case_id: str, part: int = 1) -> str:
    """Such as `A013-9f0c…`: the number for people, the id because numbers begin again each day.

    Supplements end in `-2`, `-3`, …
    """
    name = f"{_plain(number)}-{_plain(case_id)}"
    return name if part == 1 else f"{name}-{part}"


def kind_of(content: bytes) -> tuple[str, str]:
    """Media type and ending, by the first bytes."""
    for sign, media_type, ending in _SIGNS:
        if content.startswith(sign):
            return media_type, ending
    return "application/octet-stream", "bin"


def page_path(at: int, leaf: Leaf, sha256: str, ending: str) -> str:
    """Where a form of a page lies; at: which paper it is, from 1."""
    return f"papers/{at:02d}-{_plain(leaf.item)}/{leaf.seq:03d}-{sha256[:12]}.{ending}"


def original_path(leaf: Leaf, ending: str) -> str:
    """Where the photograph lies as it came up."""
    return f"originals/{leaf.seq:03d}-{leaf.original_sha256[:12]}.{ending}"


def document_path(at: int, document: SignedDocument, sha256: str) -> str:
    """Where a signed document lies; at: which it is, from 1."""
    return f"documents/{at:02d}-{_plain(document.form)}-{sha256[:12]}.pdf"


def manifest_of(
    facts: CaseFacts, files: Sequence[File], supplement: Supplement | None = None
) -> bytes:
    """The manifest as JSON; equal for equal facts and files.

    That of a supplement tells of every page as it is by now, and lists its own files.
    """
    bound = supplement.of(facts) if supplement else facts
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "case": {
            "id": facts.id,
            "number": facts.number,
            "department": facts.department,
            "service": facts.service,
            "site": facts.site,
            "language": facts.language,
            "appointment_id": facts.appointment_id,
            "opened_at": _instant(facts.opened_at),
            "closed_at": _instant(facts.closed_at),
            "outcome": facts.outcome,
        },
        "pages": [_page(leaf) for leaf in facts.leaves],
        "documents": [
            {
                "ceremony_id": one.ceremony_id,
                "form": one.form,
                "state": one.state,
                "presented_sha256": one.presented_sha256,
                "sealed_sha256": one.sealed_sha256,
                "archived_sha256": one.archived[-1] if one.archived else None,
            }
            for one in facts.documents
        ],
        "text_layer": layer_of(bound.chapters),
        "files": [
            {
                "path": file.path,
                "role": file.role,
                "sha256": file.sha256,
                "bytes": file.size_bytes,
                "media_type": file.media_type,
                "page_id": file.page_id,
                "ceremony_id": file.ceremony_id,
            }
            for file in files
        ],
        "journal": {"seq": facts.journal_seq, "head": facts.journal_head},
    }
    if supplement:
        told["supplement"] = {
            "part": supplement.part,
            "first_manifest_sha256": supplement.first_manifest_sha256,
        }
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def accepted_of(facts: CaseFacts) -> int:
    """How many pages are handed on."""
    return sum(leaf.state is PageState.ACCEPTED for leaf in facts.leaves)


def _page(leaf: Leaf) -> dict[str, Any]:
    width_mm, height_mm = leaf.size_mm
    return {
        "page_id": leaf.page_id,
        "item": leaf.item,
        "seq": leaf.seq,
        "state": leaf.state.value,
        "format": leaf.format,
        "width_px": leaf.width_px,
        "height_px": leaf.height_px,
        "width_mm": round(width_mm, 2),
        "height_mm": round(height_mm, 2),
        "page_sha256": leaf.page_sha256,
        "original_sha256": leaf.original_sha256,
        "stored_at": _instant(leaf.stored_at),
        "decided_by": leaf.decided_by,
        "decided_at": _instant(leaf.decided_at),
    }


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if at else None


def _plain(name: str) -> str:
    """Only what every file system takes, and no way up."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:80] or "_"
