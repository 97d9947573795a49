"""What a terminal, and the program beside its page, ask of documents and of signing.

Each for the case that sits there now.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from counter.case import Case
from counter.documents.service import DocumentsService
from counter.esign.refusals import ConsentWordsChanged
from counter.esign.service import EsignService
from counter.ids import RequestId
from counter.protocol import device as device_asks
from counter.protocol import terminal as asks
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal, Handler
from counter.signaling.store_screens import terminal_view
from counter.store.executor import Executor
from web.shared.consent_words import agreed_words

SHOT_CODES = {
    "dark": "camera_dark",
    "jam": "paper_jam",
    "paper_out": "scanner_empty",
    "cover_open": "scanner_empty",
}
"What a citizen can do something about; anything else is `device_failed`."

CaseOf = Callable[[GatewayPrincipal], Awaitable[Case]]


def handlers(
    case_of: CaseOf,
    documents: DocumentsService,
    esign: EsignService,
    executor: Executor,
    clock: Callable[[], datetime],
) -> dict[type[Ask], Handler]:
    """The rows of the gateway's table.

    case_of: the open case of who speaks; raises `NotAllowedNow` when there is none.
    """

    async def consent(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CeremonyConsent)
        case = await case_of(who)
        # Of the screen: a case has the language of its booking, whatever the terminal speaks now.
        shown = await executor.read(terminal_view, case.terminal_id)
        words = agreed_words(await esign.to_agree_to(case.id, ask.ceremony_id), shown.language)
        if ask.text_sha256 != words.text_sha256:
            raise ConsentWordsChanged(
                f"case {case.id}: the screen says {words.text_id} in {shown.language} now"
            )
        await esign.consent(case.id, ask.ceremony_id, ask.sha256, clock(), words)
        return {}

    async def sign(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CeremonySign)
        case = await case_of(who)
        strokes = [
            [(point.x, point.y, point.t_ms, point.pressure) for point in stroke]
            for stroke in ask.strokes
        ]
        signed = await esign.sign(case.id, ask.ceremony_id, ask.sha256, strokes, clock())
        return {"sha256": signed.sha256}

    async def decline(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CeremonyDecline)
        case = await case_of(who)
        await esign.decline(case.id, ask.ceremony_id, clock(), ask.reason)
        return {}

    async def no_paper(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.ScanDecline)
        case = await case_of(who)
        request = RequestId(ask.request_id)
        await documents.decline(case.id, request, by=who.own, now=clock())
        return {}

    async def take_shot(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.ShotTake)
        case = await case_of(who)
        request = RequestId(ask.request_id)
        await documents.take_shot(case.id, request, by=who.own, now=clock())
        return {}

    async def shot_failed(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, device_asks.ShotFail)
        case = await case_of(who)
        code = SHOT_CODES.get(ask.fault, "device_failed")
        await documents.fail_shot(case.id, RequestId(ask.request_id), code=code, now=clock())
        return {}

    return {
        asks.ShotTake: take_shot,
        device_asks.ShotFail: shot_failed,
        asks.CeremonyConsent: consent,
        asks.CeremonySign: sign,
        asks.CeremonyDecline: decline,
        asks.ScanDecline: no_paper,
    }
