"""What the page for people of an audit pack is told, with long values."""

from typing import Any


def told_of_a_pack(
    language: str = "zh-Hant",
    *,
    signer: str = "歐陽司徒·陳大文",
    officer: str = "Maria da Conceição Fernandes de Albuquerque Rodrigues e Sousa",
    sentence: str = "本人已閱讀本文件的每一頁，並同意以電子方式簽署。",
    pages: int = 12,
    **other: Any,
) -> dict[str, object]:
    """As `audit_service.summary_of` makes it."""
    at = "2026-11-23T08:00:00+00:00"
    signers = [
        {"field": field, "kind": "signature", "signer": name, "certificate": f"SHA-256 {digest}"}
        for field, name, digest in (
            ("Origin", "Selo", "4d5e6f"),
            ("Citizen", signer, "1a2b3c"),
            ("Agent", officer, "7a8b9c"),
            ("Seal", "Selo", "4d5e6f"),
        )
    ]
    stamps = [
        {"field": f"t{number}", "kind": "timestamp", "signer": "TSA", "certificate": "SHA-256 0d"}
        for number in range(2)
    ]
    steps = ["ok"] * 11 + ["doubt", "skipped"]
    return {
        "language": language,
        "title": "Pedido de alteração da sede da sociedade 商業企業主住所變更申請",
        "case": "A013",
        "form": "hq_business_change_of_the_registered_address",
        "form_version": 12,
        "template_sha256": "b" * 64,
        "drawn_by": "remote-video-counter 0.1.0",
        "made_by": "remote-video-counter 0.2.0",
        "ceremony": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "department": "身份證明局 Direcção dos Serviços de Identificação (dsi)",
        "sealed_at": at,
        "sha256": "a" * 64,
        "level": "B_LTA",
        "voided_at": at,
        "policy": "counter-validation-1",
        "identified": {
            "state": "identified",
            "level": "L3",
            "document": "home_permit",
            "at": at,
            "steps": [{"step": f"s{n}", "verdict": one} for n, one in enumerate(steps)],
            "officers": [{"id": "a-7", "name": officer}, {"id": "a-8", "name": officer}],
            "record_sha256": "e" * 64,
        },
        "agreed": {
            "at": at,
            "text_id": "both-1",
            "language": language,
            "sentence": sentence,
            "sha256": "c" * 64,
        },
        "pages": [
            {"page": page, "seconds": 100 + page, "by_agent": page % 3 == 0}
            for page in range(1, pages + 1)
        ],
        "entries": 34,
        "signers": [{**one, "at": at, "sound": True} for one in (*signers, *stamps)],
        **other,
    }
