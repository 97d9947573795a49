"""What an agent says about the certificate that a citizen has chosen."""

from collections.abc import Awaitable, Callable, Mapping

from counter.case import Case
from counter.esign.certificate_refusals import MeansNotOpen
from counter.esign.certificate_service import CertificateService
from counter.protocol import certificate as asks
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal, Handler

CaseOf = Callable[[GatewayPrincipal], Awaitable[Case]]


def handlers(case_of: CaseOf, certificates: CertificateService | None) -> dict[type[Ask], Handler]:
    """The rows of the gateway's table.

    case_of: the open case of who speaks; raises `NotAllowedNow` when there is none.
    certificates: None: no provider is set up, and all is refused with `MeansNotOpen`.
    """

    async def confirm(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CertificateConfirm)
        case = await case_of(who)
        if certificates is None:
            raise MeansNotOpen("no provider of citizens' certificates is set up")
        if ask.same:
            await certificates.confirm(case.id, ask.ceremony_id, ask.certificate, by=who.own)
        else:
            await certificates.deny(case.id, ask.ceremony_id, by=who.own)
        return {}

    return {asks.CertificateConfirm: confirm}
