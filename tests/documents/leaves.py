"""Pages as bundles see them, for tests."""

from datetime import UTC, datetime
from typing import Any

from counter.documents.bundle import Leaf
from counter.documents.page import PageState
from counter.ids import Digest, PageId

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def leaf(seq: int, item: str = "identity-card", **other: Any) -> Leaf:
    """Page number `seq` of a case, accepted, A4 upright unless said otherwise."""
    known: dict[str, Any] = {
        "page_id": PageId(f"p-{seq}"),
        "item": item,
        "seq": seq,
        "state": PageState.ACCEPTED,
        "format": "a-series",
        "page_sha256": Digest(f"{seq:064x}"),
        "original_sha256": Digest(f"{seq + 4096:064x}"),
        "width_px": 1654,
        "height_px": 2339,
        "stored_at": AT,
    }
    return Leaf(**(known | other))
