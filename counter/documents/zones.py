"""Which papers of a checklist identify somebody, and what is kept of reading one for a while."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from counter.documents.mrz import Reading
from counter.ids import CaseId, Digest, PageId

_PAPERS: Final = frozenset(
    {
        "bir",
        "old_bir",
        "id",
        "id_all",
        "home_permit",
        "home_permit_or_bir",
        "residence_permit",
        "signed_id",
        "id_or_company",
        "id_or_legal_person",
    }
)
_KINDS: Final = ("original", "copy", "photo")
IDENTITY_ITEMS: Final = frozenset(
    {*(f"{paper}-{kind}" for paper in _PAPERS for kind in _KINDS), "other"}
)
"""Items of checklists whose page may be an identity paper, as `bir-original`; `other` is whatever
was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A page that nobody has looked for a zone on."""

    page_id: PageId
    page_sha256: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """What was found on a page; kept until the identification is over."""

    page_id: PageId
    case_id: CaseId
    reading: Reading | None
    "`None`: there is no zone on it, such as on the front of a card."
    number_hash: str | None
    "Keyed, of the whole number."
    read_at: datetime
