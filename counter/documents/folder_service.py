"""Makes PDFs and folders of cases: gathers what was accepted, binds it, lists it.

Nothing here decides who may have them; who calls has asked.
"""

import hashlib

from counter.documents.bundle import Book, Chapter, Leaf, Part, Picture
from counter.documents.bundle_refusals import NothingToBind
from counter.documents.folder import (
    BUNDLE,
    CaseFacts,
    File,
    Folder,
    Supplement,
    document_path,
    folder_name,
    kind_of,
    manifest_of,
    original_path,
    page_path,
)
from counter.documents.folder_ports import Binder, CaseSource
from counter.documents.ports import Blobs
from counter.errors import NotFound
from counter.ids import CaseId, Digest


class FolderService:
    """One method per use case."""

    def __init__(self, cases: CaseSource, blobs: Blobs, binder: Binder) -> None:
        self._cases = cases
        self._blobs = blobs
        self._binder = binder

    async def facts(self, case_id: CaseId) -> CaseFacts:
        """What there is of a case now.  Raises `NotFound`."""
        return await self._cases.facts(case_id)

    async def pdf(self, case_id: CaseId, item: str | None = None) -> bytes:
        """One paper, or all papers of the case, as one PDF.

        Raises `NotFound`, `NothingToBind`, `BindingFailed`.
        """
        facts = await self._cases.facts(case_id)
        chosen = [one for one in facts.chapters if item in (None, one.item)]
        if not chosen:
            raise NothingToBind(f"case {case_id}: no accepted page of {item or 'any paper'}")
        return await self._bind(facts, chosen)

    async def document(self, case_id: CaseId, ceremony_id: str) -> bytes:
        """A signed document of the case, as long as it lasts by now.  Raises `NotFound`."""
        for one in (await self._cases.facts(case_id)).documents:
            if one.ceremony_id == ceremony_id and one.given_sha256:
                return await self._blobs.get(one.given_sha256)
        raise NotFound(f"case {case_id} has no sealed document {ceremony_id}")

    async def folder(self, case_id: CaseId, *, originals: bool) -> Folder:
        """The folder as it is now.

        originals: with the photographs as they came up, which no browser should open.
        Raises `NotFound`, `BindingFailed`.
        """
        return await self.folder_of(await self._cases.facts(case_id), originals=originals)

    async def folder_of(
        self, facts: CaseFacts, *, originals: bool, supplement: Supplement | None = None
    ) -> Folder:
        """The same, of facts that were read before; or what they add to folders before it."""
        files: list[File] = []
        bound = supplement.of(facts) if supplement else facts
        for at, chapter in enumerate(bound.chapters, start=1):
            for leaf in chapter.leaves:
                files += await self._forms(at, leaf, originals=originals)
        if bound.chapters:
            files.append(_bundle(await self._bind(bound, bound.chapters)))
        for at, document in enumerate(bound.documents, start=1):
            if sha256 := document.given_sha256:
                files.append(
                    File(
                        path=document_path(at, document, sha256),
                        role="signed_document",
                        sha256=sha256,
                        size_bytes=len(await self._blobs.get(sha256)),
                        media_type="application/pdf",
                        ceremony_id=document.ceremony_id,
                    )
                )
        return Folder(
            name=folder_name(facts.number, facts.id, supplement.part if supplement else 1),
            manifest=manifest_of(facts, files, supplement),
            files=tuple(files),
        )

    async def keep(self, folder: Folder) -> Digest:
        """Have every byte of it under its digest; that of the manifest."""
        for file in folder.files:
            if file.content is not None:
                await self._blobs.put(file.content)
        return await self._blobs.put(folder.manifest)

    async def content(self, file: File) -> bytes:
        """The bytes of a file of a folder, checked against its digest."""
        return file.content if file.content is not None else await self._blobs.get(file.sha256)

    async def _forms(self, at: int, leaf: Leaf, *, originals: bool) -> list[File]:
        """The files of one page."""
        found: list[File] = []
        page = await self._blobs.get(leaf.page_sha256)
        media_type, ending = kind_of(page)
        found.append(
            File(
                path=page_path(at, leaf, leaf.page_sha256, ending),
                role="page",
                sha256=leaf.page_sha256,
                size_bytes=len(page),
                media_type=media_type,
                page_id=leaf.page_id,
            )
        )
        if leaf.bitonal_sha256:
            found.append(
                File(
                    path=page_path(at, leaf, leaf.bitonal_sha256, "tif"),
                    role="bitonal",
                    sha256=leaf.bitonal_sha256,
                    size_bytes=len(await self._blobs.get(leaf.bitonal_sha256)),
                    media_type="image/tiff",
                    page_id=leaf.page_id,
                )
            )
        if originals:
            original = await self._blobs.get(leaf.original_sha256)
            media_type, ending = kind_of(original)
            found.append(
                File(
                    path=original_path(leaf, ending),
                    role="original",
                    sha256=leaf.original_sha256,
                    size_bytes=len(original),
                    media_type=media_type,
                    page_id=leaf.page_id,
                )
            )
        return found

    async def _bind(self, facts: CaseFacts, chosen: tuple[Chapter, ...] | list[Chapter]) -> bytes:
        parts = [
            Part(
                title=chapter.label,
                pictures=tuple([await self._picture(leaf) for leaf in chapter.leaves]),
            )
            for chapter in chosen
        ]
        return await self._binder.bind(
            Book(
                title=f"{facts.number} · {facts.opened_at:%Y-%m-%d}",
                language=facts.language,
                made_at=facts.made_at,
                parts=tuple(parts),
            )
        )

    async def _picture(self, leaf: Leaf) -> Picture:
        words = leaf.text_sha256
        return Picture(
            image=await self._blobs.get(leaf.page_sha256),
            size_mm=leaf.size_mm,
            text=await self._blobs.get(words) if words else None,
        )


def _bundle(pdf: bytes) -> File:
    return File(
        path=BUNDLE,
        role="bundle",
        sha256=Digest(hashlib.sha256(pdf).hexdigest()),
        size_bytes=len(pdf),
        media_type="application/pdf",
        content=pdf,
    )
