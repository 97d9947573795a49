"""By which means a document is signed, on both screens: what is agreed to, how far it has come.

Nothing here opens a key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from counter.esign.certificate import TRIES
from counter.esign.claims_asn1crypto import claims_of
from counter.esign.demands import LEVELS, SignatureClass, open_means, to_agree_to
from counter.esign.forms import Forms
from counter.esign.record_ports import CeremonyState
from counter.esign.store_activation import activating_of
from counter.esign.store_tickets import ticket_of
from counter.esign.ticket import CITIZEN
from counter.protocol.ceremonies import AgreementCard, CeremonyCard
from counter.protocol.certificate import CertificateCard
from web.shared.consent_words import agreed_words, sentence

STAGES = {
    "chosen": "chosen",
    "asked": "asked",
    "coded": "coded",
    "given": "coded",
    "spent": "coded",
    "another": "another",
    "locked": "locked",
}
"What screens show; else it is offered."


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


def with_agreements(
    conn: Connection,
    cards: Sequence[CeremonyCard],
    ceremonies: Sequence[CeremonyState],
    forms: Forms,
    offered: Offered | None,
    tag: str,
) -> list[CeremonyCard]:
    """The cards, each that is being read with the sentence to agree to, in the screen's language.

    ceremonies: of the same cards, in the same order.
    """
    return [
        card.model_copy(update={"agreement": _agreement(conn, one, forms, offered, tag)})
        if one.state == "presented"
        else card
        for card, one in zip(cards, ceremonies, strict=True)
    ]


def _agreement(
    conn: Connection, one: CeremonyState, forms: Forms, offered: Offered | None, tag: str
) -> AgreementCard | None:
    form = forms.known(one.form, one.form_version)
    if form is None:
        return None
    # Without a provider ink is the only means, at whatever level.
    level = offered.level(conn, one.case_id) if offered is not None else LEVELS[0]
    acts = to_agree_to(form, level, offered.gives if offered is not None else None)
    words = agreed_words(acts, tag)
    return AgreementCard(sentence=sentence(acts, tag), sha256=words.text_sha256)


def _card(
    conn: Connection, one: CeremonyState, forms: Forms, offered: Offered
) -> CertificateCard | None:
    form = forms.known(one.form, one.form_version)
    if form is None:  # nobody knows what it demands: it can be taken back only
        return None
    means = open_means(form, offered.level(conn, one.case_id), offered.gives, one.agreed)
    if "certificate" not in means:
        return None
    found = activating_of(conn, one.ceremony_id)
    stage = STAGES.get(found.state, "offered") if found else "offered"
    kept = ticket_of(conn, one.ceremony_id, CITIZEN) if stage in ("asked", "coded") else None
    chain = kept.ticket.chain if kept is not None else None
    return CertificateCard.model_validate(
        {
            "name": claims_of(chain.certificate).name if chain is not None else "",
            "certificate": chain.sha256 if chain is not None else None,
            "provider": offered.name,
            "stage": stage,
            "wants": list(found.wants) if found is not None and stage == "coded" else [],
            "left": found.left if found else TRIES,
            "by_hand": "handwritten" in means,
        }
    )
