"""What may be printed: nothing that was voided."""

from types import SimpleNamespace
from typing import Any

import pytest

from web.shared import print_cards


@pytest.mark.parametrize(("state", "sheets"), [("sealed", 2), ("voided", 0)])
def test_a_voided_document_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, state: str, sheets: int
) -> None:
    document = SimpleNamespace(sealed_sha256="ab", state=state, sheets=(1, 2))
    monkeypatch.setattr(print_cards, "signing_of", lambda *_: (document,))
    case: Any = SimpleNamespace(id="case-1")
    conn: Any = None
    assert print_cards.sheets_for(conn, case, "document", "ab") == sheets
