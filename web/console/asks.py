"""What a desk asks of documents and of signing, each for the case on it now."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import cast

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents.checklist_service import ChecklistService
from counter.documents.service import DocumentsService
from counter.errors import BadInput
from counter.esign.draft import require_owner
from counter.esign.form_refusals import FormUnknown
from counter.esign.forms import Forms, Language
from counter.esign.service import EsignService
from counter.ids import CeremonyId, PageId, RequestId
from counter.protocol import desk as asks
from counter.protocol.checklist import PaperNeed, PaperOriginal
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal, Handler
from counter.store.executor import Executor
from web.shared.draft_asks import bring_back, offered, presented_texts
from web.shared.draft_cards import counter_fields
from web.shared.wording import service_or_none

CaseOf = Callable[[GatewayPrincipal], Awaitable[Case]]

OTHER = "other"
"The item of a paper that stands on no checklist."


def handlers(
    case_of: CaseOf,
    documents: DocumentsService,
    checklists: ChecklistService,
    esign: EsignService,
    executor: Executor,
    forms: Forms,
    catalogue: Callable[[], Catalogue],
    clock: Callable[[], datetime],
) -> dict[type[Ask], Handler]:
    """The rows of the gateway's table.

    case_of: the open case of who speaks; raises `NotAllowedNow` when there is none.
    """

    def require_listed(case: Case, item: str, also: tuple[str, ...] = ()) -> None:
        """Raises `BadInput`: it is written into the journal, which is no place for free text."""
        service = service_or_none(catalogue(), case.service_id)
        papers = [paper.id for paper in service.papers] if service else []
        if item not in [*papers, *also]:
            raise BadInput("not an item of this service's checklist")

    async def request_scan(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.ScanRequest)
        case = await case_of(who)
        require_listed(case, ask.item, also=(OTHER,))
        # The ask's key names the request, so a repeated ask is the same request.
        asked = await documents.request_scan(
            case.id,
            item=ask.item,
            by=who.own,
            now=clock(),
            request_id=RequestId(ask.key[:40]),
            retake_of=PageId(ask.retake) if ask.retake else None,
        )
        return {"request_id": asked.request_id}

    async def cancel_scan(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.ScanCancel)
        case = await case_of(who)
        await documents.cancel(case.id, RequestId(ask.request_id), by=who.own, now=clock())
        return {}

    async def decide(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.PageDecide)
        case = await case_of(who)
        await documents.decide(
            case.id, PageId(ask.page_id), accept=ask.accept, by=who.own, now=clock()
        )
        return {}

    async def rotate(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.PageRotate)
        case = await case_of(who)
        page = await documents.turn(
            case.id, PageId(ask.page_id), ask.sha256, ask.quarters, by=who.own, now=clock()
        )
        return {"sha256": page.page_sha256}

    async def original(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, PaperOriginal)
        case = await case_of(who)
        require_listed(case, ask.item)
        await checklists.attest(case.id, ask.item, seen=ask.seen, by=who.own, now=clock())
        return {}

    async def need(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, PaperNeed)
        case = await case_of(who)
        require_listed(case, ask.item)
        await checklists.need(case.id, ask.item, needed=ask.needed, by=who.own, now=clock())
        return {}

    async def present(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.FormPresent)
        case = await case_of(who)
        form = next((one for one in offered(forms, case, catalogue()) if one.id == ask.form), None)
        if form is None:
            raise FormUnknown(f"service {case.service_id} has no such form")
        if ask.draft_id is not None:
            version, data = await presented_texts(executor, forms, catalogue(), case, ask, clock())
        else:
            for name in ask.fields:
                require_owner(form, name, "agent")
            version, data = form.version, {**ask.fields, **counter_fields(case, catalogue())}
        try:
            ceremony_id = await esign.present(
                case.id,
                ask.form,
                data,
                cast(Language, case.language),
                by=who.own,
                now=clock(),
                # As above: a repeated ask is the same ceremony.
                ceremony_id=CeremonyId(ask.key[:40]),
                version=version,
            )
        except Exception:
            if ask.draft_id is not None:
                await bring_back(executor, case, ask.draft_id, clock())
            raise
        return {"ceremony_id": ceremony_id}

    async def withdraw(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CeremonyWithdraw)
        case = await case_of(who)
        await esign.withdraw(case.id, ask.ceremony_id, by=who.own, now=clock())
        return {}

    return {
        asks.ScanRequest: request_scan,
        asks.ScanCancel: cancel_scan,
        asks.PageDecide: decide,
        asks.PageRotate: rotate,
        PaperOriginal: original,
        PaperNeed: need,
        asks.FormPresent: present,
        asks.CeremonyWithdraw: withdraw,
    }
