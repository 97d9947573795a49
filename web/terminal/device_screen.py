"""The screen of the program beside a terminal's page: what it is to do, and whether to forget."""

from datetime import datetime
from typing import cast

from sqlalchemy import Connection

from counter.case import Case
from counter.documents.originals import worth_a_look
from counter.documents.store_documents import documents_of
from counter.documents.store_originals import bed_of, forgotten_since
from counter.documents.store_printing import print_now, prints_of
from counter.documents.store_requests import by_camera
from counter.ids import TerminalId
from counter.protocol.device import DeviceLight, DevicePrint, DeviceScan, DeviceScreen, ScanSource
from counter.signaling.hand import Hand
from counter.signaling.store_device import sitting
from counter.signaling.store_hands_reading import hands_view
from counter.signaling.store_screens import call_view
from counter.store.cases import case_on_terminal
from web.shared.wording import instant


def device_screen(conn: Connection, terminal_id: str, now: datetime) -> DeviceScreen:
    """What this terminal's program is to do now."""
    case = case_on_terminal(conn, TerminalId(terminal_id))
    printing = print_now(prints_of(conn, case.id)) if case is not None else None
    documents = documents_of(conn, case.id) if case is not None else None
    asked = documents.open_request if documents and case and case.open else None
    if case is None or documents is None:
        watch_bed = forgotten_since(conn, terminal_id) is not None
    else:
        pages = documents.pages
        watch_bed = asked is None and worth_a_look(pages, bed_of(conn, case.id))
        # The camera does not see the scanner's glass: of that, people are asked.
        watch_bed = watch_bed and by_camera(conn, pages[-1].request_id)
    return DeviceScreen(
        terminal=terminal_id,
        now=instant(now),
        sitting=sitting(conn, terminal_id),
        scan=DeviceScan(
            request_id=asked.request_id,
            item=asked.item,
            wanted=asked.taking,
            shot=asked.shot,
            source=cast(ScanSource, asked.source),
        )
        if asked is not None
        else None,
        print=DevicePrint(
            print_id=printing.id,
            state="asked" if printing.state == "asked" else "printing",
            sheets=printing.sheets,
        )
        if printing is not None and printing.maker == "program"
        else None,
        watch_bed=watch_bed,
        light=_light(conn, case, now) if case is not None else None,
    )


def _light(conn: Connection, case: Case, now: datetime) -> DeviceLight | None:
    call = call_view(conn, case.id, now)
    wish = hands_view(conn, call.call_id).wishes.get(Hand.LIGHT) if call is not None else None
    return DeviceLight(percent=wish.value, rev=wish.rev) if wish is not None else None
