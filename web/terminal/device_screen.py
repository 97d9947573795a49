"""The screen of the program beside a terminal's page: what it is to do, and whether to forget."""

from datetime import datetime

from sqlalchemy import Connection

from counter.documents.store_documents import documents_of
from counter.documents.store_printing import print_now, prints_of
from counter.ids import TerminalId
from counter.protocol.device import DevicePrint, DeviceScan, DeviceScreen
from counter.signaling.store_device import sitting
from counter.store.cases import case_on_terminal
from web.shared.wording import instant


def device_screen(conn: Connection, terminal_id: str, now: datetime) -> DeviceScreen:
    """What this terminal's program is to do now."""
    case = case_on_terminal(conn, TerminalId(terminal_id))
    printing = print_now(prints_of(conn, case.id)) if case is not None else None
    asked = documents_of(conn, case.id).open_request if case is not None and case.open else None
    return DeviceScreen(
        terminal=terminal_id,
        now=instant(now),
        sitting=sitting(conn, terminal_id),
        scan=DeviceScan(
            request_id=asked.request_id, item=asked.item, wanted=asked.taking, shot=asked.shot
        )
        if asked is not None
        else None,
        print=DevicePrint(
            print_id=printing.id, state="asked" if printing.state == "asked" else "printing"
        )
        if printing is not None and printing.maker == "program"
        else None,
    )
