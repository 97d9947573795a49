"""Signing with one's own certificate, on both screens: how far it is, and nothing that opens it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from counter.esign.certificate import TRIES
from counter.esign.demands import SignatureClass, open_means
from counter.esign.forms import Forms
from counter.esign.ports import CeremonyState
from counter.esign.store_certificate import activating_of
from counter.protocol.certificate import CertificateCard
from counter.protocol.screens import CeremonyCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The provider that is set up."""

    name: str
    gives: SignatureClass
    level: Callable[[Connection, str], str]
    "How surely it is known who sits there, by case."


def with_certificates(
    conn: Connection,
    cards: Sequence[CeremonyCard],
    ceremonies: Sequence[CeremonyState],
    forms: Forms,
    offered: Offered | None,
) -> list[CeremonyCard]:
    """The cards, each that is agreed to with what the citizen's certificate can do for it.

    ceremonies: of the same cards, in the same order.
    """
    return [
        card.model_copy(update={"certificate": _card(conn, one, forms, offered)})
        if offered is not None and one.state == "consented"
        else card
        for card, one in zip(cards, ceremonies, strict=True)
    ]


def _card(
    conn: Connection, one: CeremonyState, forms: Forms, offered: Offered
) -> CertificateCard | None:
    means = open_means(
        forms.of(one.form, one.form_version), offered.level(conn, one.case_id), offered.gives
    )
    if "certificate" not in means:
        return None
    found = activating_of(conn, one.ceremony_id)
    stage = found.state if found and found.state in ("chosen", "coded", "locked") else "offered"
    return CertificateCard.model_validate(
        {
            "provider": offered.name,
            "stage": stage,
            "left": found.left if found else TRIES,
            "by_hand": "handwritten" in means,
        }
    )
