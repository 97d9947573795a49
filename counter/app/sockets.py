"""Who may speak over the sockets, what is done of what they ask, and the screens they see."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from aiohttp import web
from sqlalchemy import Connection

from counter.app.clock import clock
from counter.app.pointing import Pointing
from counter.app.pointing import handlers as pointing_handlers
from counter.app.services import Parts
from counter.protocol.message import Language, Model
from counter.signaling.gateway_socketio import Audience, Doors
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.service import handlers as signaling_handlers
from counter.signaling.store_asks import COMMANDS, current_epoch, follows
from web.console import asks as console_asks
from web.console import certificate_asks as console_certificate_asks
from web.console import (
    party_asks,
    print_asks,
    scan_asks,
)
from web.console import reading_asks as console_reading_asks
from web.console.screen import DeskScreens
from web.shared import (
    draft_asks,
    line_asks,
    originals_local,
    proofing_asks,
    recording_asks,
)
from web.shared.language import language_of
from web.shared.sessions_identity import DEVICE, STAFF, IdentitySessions
from web.shared.wording import screen_language
from web.terminal import asks as terminal_asks
from web.terminal import certificate_asks
from web.terminal import print_asks as terminal_print_asks
from web.terminal import reading_asks as terminal_reading_asks
from web.terminal.device_screen import device_screen
from web.terminal.screen import TerminalScreens

SPEAK: dict[Audience, tuple[str, ...]] = {
    "/terminal": ("terminal",),
    "/device": ("device",),
    "/agent": ("agent", "supervisor"),
}
"Whose sessions may speak on which namespace."


def socket_doors(
    parts: Parts, sessions: IdentitySessions, terminals: TerminalScreens, desks: DeskScreens
) -> Doors:
    """The gateway's doors: every ask has its handler here."""

    async def authenticate(request: web.Request, audience: Audience) -> GatewayPrincipal | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            principal = await sessions.of_token(token)
        else:
            of = DEVICE if audience == "/terminal" else STAFF
            principal = await sessions.of_cookie(request.cookies, of)
        if principal.kind not in SPEAK[audience]:
            return None
        return GatewayPrincipal(
            audience=audience,
            subject=principal.subject,
            language=screen_language(language_of(request)),
            session=principal.session_id,
            supervisor=principal.kind == "supervisor",
        )

    async def ended(tokens_sha256: Sequence[str]) -> set[str]:
        return await parts.identity.ended(tokens_sha256, clock())

    def screen(conn: Connection, who: GatewayPrincipal, now: datetime) -> Model:
        if who.audience == "/terminal":
            return terminals.screen(conn, who.subject, now)
        if who.audience == "/device":
            return device_screen(conn, who.subject, now)
        language = cast(Language, who.language)
        return desks.screen(conn, who.subject, language, now, supervisor=who.supervisor)

    return Doors(
        authenticate=authenticate,
        attach=parts.signaling.attach,
        current_epoch=current_epoch,
        screen=screen,
        follows=follows,
        handlers={
            **signaling_handlers(parts.signaling, COMMANDS),
            **line_asks.handlers(parts.quality),
            **recording_asks.handlers(parts.recordings),
            **pointing_handlers(
                Pointing(parts.store.executor, parts.store.bus, asyncio.get_running_loop().time)
            ),
            **proofing_asks.handlers(
                parts.case_of, parts.require_current, parts.proofings, parts.zones
            ),
            **originals_local.handlers(parts.store.executor, clock),
            **party_asks.handlers(parts.case_of, parts.store.executor, parts.snapshot, clock),
            **scan_asks.handlers(parts.case_of, parts.store.executor, clock),
            **print_asks.handlers(parts.case_of, parts.store.executor, clock),
            **terminal_print_asks.handlers(parts.store.executor, clock),
            **terminal_reading_asks.handlers(parts.case_of, parts.reading),
            **console_reading_asks.handlers(parts.case_of, parts.reading),
            **certificate_asks.handlers(parts.case_of, parts.certificates),
            **console_certificate_asks.handlers(parts.case_of, parts.certificates),
            **terminal_asks.handlers(
                parts.case_of, parts.documents, parts.esign, parts.store.executor, clock
            ),
            **console_asks.handlers(
                parts.case_of,
                parts.documents,
                parts.checklists,
                parts.esign,
                parts.store.executor,
                parts.forms,
                parts.snapshot,
                clock,
            ),
            **draft_asks.handlers(
                parts.case_of, parts.store.executor, parts.forms, parts.snapshot, clock
            ),
        },
        clock=clock,
        ended=ended,
    )
