"""A case with papers in a blob store, for tests of folders and hand-overs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from counter.documents.bundle import Book, Leaf
from counter.documents.bundle_pikepdf import bind
from counter.documents.folder import CaseFacts, SignedDocument
from counter.documents.page import PageState
from counter.documents.ports import Blobs
from counter.errors import NotFound
from counter.ids import CaseId, Digest
from tests.documents.leaves import AT, leaf
from tests.documents.letters import letter_jpeg

CASE = CaseId("case-1")
HEAD = "ab" * 32


class PlainBinder:
    """Binds here and now; every second page is text only."""

    async def bind(self, book: Book) -> bytes:
        return bind(book)

    async def bitonal(self, page_jpeg: bytes, dpi: float) -> bytes | None:
        return b"II*\x00" + page_jpeg[:8] if len(page_jpeg) % 2 else None


@dataclass
class Cases:
    """See `counter.documents.folder_ports.CaseSource`; a test changes `known`."""

    known: CaseFacts

    async def facts(self, case_id: CaseId) -> CaseFacts:
        if case_id != self.known.id:
            raise NotFound("no such case")
        return self.known


async def leaves_in(blobs: Blobs, states: Sequence[PageState], first: int = 1) -> tuple[Leaf, ...]:
    """One page for each state, its bytes kept; first: number of the first."""
    found = []
    for seq, state in enumerate(states, start=first):
        page, original = letter_jpeg(seq), b"\xff\xd8\xff original %d" % seq
        found.append(
            leaf(
                seq,
                "identity-card" if seq % 2 else "proof-of-address",
                state=state,
                page_sha256=await blobs.put(page),
                original_sha256=await blobs.put(original),
                decided_by="agent:a-1" if state is not PageState.STORED else None,
                decided_at=AT + timedelta(minutes=seq) if state is not PageState.STORED else None,
            )
        )
    return tuple(found)


async def case_in(blobs: Blobs, **other: Any) -> CaseFacts:
    """A closed case: two accepted pages, one sent back, one never decided, one signed form."""
    states = [PageState.ACCEPTED, PageState.ACCEPTED, PageState.REJECTED, PageState.STORED]
    sealed = SignedDocument(
        ceremony_id="c-1",
        form="certificate_application",
        state="sealed",
        presented_sha256=Digest("d" * 64),
        sealed_sha256=await blobs.put(b"%PDF-1.7 sealed"),
    )
    known: dict[str, Any] = {
        "id": CASE,
        "number": "A013",
        "department": "dsaj",
        "service": "dsaj:certificate",
        "site": "hengqin",
        "language": "pt",
        "appointment_id": None,
        "opened_at": AT,
        "closed_at": AT + timedelta(minutes=20),
        "outcome": "accepted",
        "checklist": ("proof-of-address", "identity-card"),
        "labels": {"identity-card": "Documento de identificação"},
        "leaves": await leaves_in(blobs, states),
        "documents": (sealed,),
        "journal_seq": 41,
        "journal_head": HEAD,
    }
    return CaseFacts(**(known | other))


async def accept_one_more(cases: Cases, blobs: Blobs) -> None:
    """A page came over a link after the case was closed, and was accepted."""
    seq = len(cases.known.leaves) + 1
    (page,) = await leaves_in(blobs, [PageState.ACCEPTED], first=seq)
    cases.known = replace(cases.known, leaves=(*cases.known.leaves, page))


def voided(facts: CaseFacts) -> CaseFacts:
    """The same after its document was taken back."""
    (document,) = facts.documents
    return replace(facts, documents=(replace(document, state="voided", sealed_sha256=None),))


def unsealed(facts: CaseFacts) -> CaseFacts:
    """The same with ink that has no seal yet."""
    (document,) = facts.documents
    return replace(facts, documents=(replace(document, state="signing", sealed_sha256=None),))
