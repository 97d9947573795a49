"""A service as a row, and back."""

from typing import Any

from booking.catalogue import (
    SPEECH,
    Ability,
    Acting,
    ByVideo,
    Fee,
    IdentityLevel,
    Paper,
    PaperKind,
    Service,
    SignatureClass,
)


def service_of(row: Any) -> Service:
    return Service(
        id=row.id,
        department=row.department,
        names=row.names,
        papers=tuple(
            Paper(id=paper["id"], kind=PaperKind(paper["kind"]), names=paper["names"])
            for paper in row.papers
        ),
        fee=None if row.fee_minor is None else Fee(minor=row.fee_minor, currency=row.currency),
        processing_days=row.processing_days,
        slot_minutes=row.slot_minutes,
        by_video=ByVideo(row.by_video),
        identity_level=IdentityLevel(row.identity_level),
        signature_class=SignatureClass(row.signature_class),
        synonyms={language: tuple(words) for language, words in row.synonyms.items()},
        acts_for=tuple(map(Acting, row.acts_for)),
        abilities=frozenset(map(Ability, row.abilities)),
        speech=tuple(row.speech) or SPEECH,
        elsewhere=row.elsewhere,
        change_until_minutes=row.change_until_minutes,
        weekly_per_person=row.weekly_per_person,
        withdrawn=row.withdrawn,
    )


def service_row(offer: Service) -> dict[str, Any]:
    return {
        "id": offer.id,
        "department": offer.department,
        "names": dict(offer.names),
        "papers": [
            {"id": paper.id, "kind": str(paper.kind), "names": dict(paper.names)}
            for paper in offer.papers
        ],
        "fee_minor": offer.fee.minor if offer.fee else None,
        "currency": offer.fee.currency if offer.fee else None,
        "processing_days": offer.processing_days,
        "slot_minutes": offer.slot_minutes,
        "by_video": offer.by_video,
        "identity_level": offer.identity_level,
        "signature_class": offer.signature_class,
        "synonyms": {language: list(words) for language, words in offer.synonyms.items()},
        "acts_for": list(offer.acts_for),
        "abilities": sorted(offer.abilities),
        "speech": list(offer.speech),
        "elsewhere": dict(offer.elsewhere),
        "change_until_minutes": offer.change_until_minutes,
        "weekly_per_person": offer.weekly_per_person,
        "withdrawn": offer.withdrawn,
    }
