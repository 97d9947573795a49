"""What desk and terminal ask of a form that they fill in together.

Whose field is written is told by the channel and never by the message.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.errors import NotAllowedNow
from counter.esign import store_drafts
from counter.esign.draft import Draft, require_same, texts_of
from counter.esign.form_refusals import FormRenewed, FormUnknown
from counter.esign.forms import Forms, FormTemplate, require_at_a_distance
from counter.esign.refusals import CeremonyOpen
from counter.esign.store_reading import is_open
from counter.protocol import filling as asks
from counter.protocol.desk import FormPresent
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal, Handler
from counter.store.cases import audiences, require_open
from counter.store.executor import Executor
from web.shared.draft_cards import SIDES, filled

CaseOf = Callable[[GatewayPrincipal], Awaitable[Case]]


def offered(forms: Forms, case: Case, catalogue: Catalogue) -> tuple[FormTemplate, ...]:
    """The forms of a case's service, its own first."""
    side = SIDES[catalogue.department(case.department_id).territory]
    return forms.for_service(side, case.department_id, case.service_id)


async def presented_texts(
    executor: Executor,
    forms: Forms,
    catalogue: Catalogue,
    case: Case,
    ask: FormPresent,
    now: datetime,
) -> tuple[int, dict[str, str]]:
    """The version of the form and exactly what the draft holds, as the agent looked at it.

    It is off the screens now.  Raises `DraftOver`, `DraftChanged`, and `FormRenewed` when it was of
    an older version: both screens show the offered one then.
    """
    draft_id, newest = ask.draft_id or "", forms.of(ask.form)

    def command(conn: Connection) -> tuple[int, dict[str, str]] | None:
        looked_at = newest

        def texts(draft: Draft) -> dict[str, str]:
            nonlocal looked_at
            looked_at = forms.of(draft.form, draft.form_version)
            if looked_at.id != ask.form:
                raise FormUnknown("the draft is of another form")
            fields = filled(conn, case, looked_at, draft, catalogue, now)
            require_same(looked_at, fields, ask.digest or "")
            return texts_of(fields)

        if store_drafts.renew(conn, audiences, case.id, draft_id, newest, now=now):
            return None
        said = store_drafts.take(conn, audiences, case.id, draft_id, texts, now=now)
        return looked_at.version, said

    done = await executor.write(command)
    if done is None:  # after COMMIT: the screens have it
        raise FormRenewed(f"{newest.id} has version {newest.version} now; look again")
    return done


async def bring_back(executor: Executor, case: Case, draft_id: str, now: datetime) -> None:
    """It could not be presented: on both screens again."""
    await executor.write(store_drafts.bring_back, audiences, case.id, draft_id, now=now)


def handlers(
    case_of: CaseOf,
    executor: Executor,
    forms: Forms,
    catalogue: Callable[[], Catalogue],
    clock: Callable[[], datetime],
) -> dict[type[Ask], Handler]:
    """The rows of the gateway's table, for both namespaces."""

    async def begin(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.FormBegin)
        case = await case_of(who)
        form = next((one for one in offered(forms, case, catalogue()) if one.id == ask.form), None)
        if form is None:
            raise FormUnknown(f"service {case.service_id} has no such form")
        require_at_a_distance(form)
        chosen = form

        def command(conn: Connection) -> str:
            require_open(conn, case.id)
            if is_open(conn, case.id):
                raise CeremonyOpen(f"case {case.id} has a form under way; finish it first")
            return store_drafts.begin(
                conn, audiences, ask.key[:40], case.id, chosen, by=who.own, now=clock()
            )

        return {"draft_id": await executor.write(command)}

    async def fill(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.FormFill)
        case = await case_of(who)

        def command(conn: Connection) -> int:
            require_open(conn, case.id)
            if is_open(conn, case.id):
                raise NotAllowedNow(f"case {case.id}: what is being read is not written any more")
            return store_drafts.fill(
                conn,
                audiences,
                case.id,
                ask.draft_id,
                forms.of,
                name=ask.field,
                written=ask.text,
                version=ask.version,
                writes="agent" if who.audience == "/agent" else "citizen",
                now=clock(),
            )

        return {"version": await executor.write(command)}

    async def leave(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.FormLeave)
        case = await case_of(who)
        await executor.write(store_drafts.leave, audiences, case.id, ask.draft_id, now=clock())
        return {}

    return {asks.FormBegin: begin, asks.FormFill: fill, asks.FormLeave: leave}
