"""What a citizen asks who signs with his own certificate: for the case that sits there now."""

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

    def own() -> CertificateService:
        if certificates is None:
            raise MeansNotOpen("no provider of citizens' certificates is set up")
        return certificates

    async def choose(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CertificateChoose)
        case = await case_of(who)
        await own().choose(case.id, ask.ceremony_id, ask.sha256, ask.user)
        return {}

    async def code(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CertificateCode)
        case = await case_of(who)
        signed = await own().sign(case.id, ask.ceremony_id, ask.sha256, ask.code, pin=ask.pin)
        return {"sha256": signed.sha256}

    async def send(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CertificateSend)
        case = await case_of(who)
        await own().send_again(case.id, ask.ceremony_id)
        return {}

    async def another(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CertificateAnother)
        case = await case_of(who)
        await own().another(case.id, ask.ceremony_id)
        return {}

    async def leave(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CertificateLeave)
        case = await case_of(who)
        await own().leave(case.id, ask.ceremony_id)
        return {}

    return {
        asks.CertificateChoose: choose,
        asks.CertificateCode: code,
        asks.CertificateSend: send,
        asks.CertificateAnother: another,
        asks.CertificateLeave: leave,
    }
