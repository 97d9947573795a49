"""The wall: a page that reads without scripts, and the figures that a script keeps fresh on it.

Promise: no name of a citizen is on it; it hangs where everybody sees it.
"""

import csv
import io
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from aiohttp import web

from counter.errors import BadInput
from counter.media.series import Shares
from web.shared.access import allow, principal_of
from web.shared.i18n import N_, Texts, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.wall import lines
from web.wall.lines import CAUSES, MARKS, WHOSE
from web.wall.ports import BadDevice, QueueTile, TerminalTile, WallDeps, WallState

STATES = {
    "away": N_("○ Not connected"),
    "free": N_("● Free"),
    "choosing": N_("◐ Somebody is choosing"),
    "waiting": N_("▲ Waiting"),
    "call": N_("■ In a call"),
    "leaving": N_("◑ Finishing"),
}
SIDES = {"MO": N_("Departments of Macau"), "CN": N_("Departments of Hengqin")}
KEPT_DAYS = 92
ZONE = ZoneInfo("Asia/Macau")
FAULTS = {
    "": N_("None"),
    "camera_refused": N_("Camera not allowed"),
    "camera_missing": N_("No camera"),
    "microphone_refused": N_("Microphone not allowed"),
    "microphone_missing": N_("No microphone"),
}

DEVICES = {
    "camera": N_("Document camera"),
    "scanner": N_("Scanner"),
    "printer": N_("Printer"),
    "reader": N_("Card reader"),
    "sound": N_("Loudspeaker and microphone"),
    "clock": N_("Clock"),
    "uplink": N_("Line to the counter"),
    "program": N_("Terminal program"),
    "bed": N_("Place for papers"),
}
FAULTS_OF_DEVICES = {
    "missing": N_("not found. Plug it in again; look at its cable."),
    "silent": N_("does not answer. Switch it off and on."),
    "dark": N_("sees nothing. Look at its lamp and its lens."),
    "blurred": N_("sees blurred. Clean its lens."),
    "jam": N_("paper is stuck. Pull it out."),
    "cover_open": N_("its lid is open. Close it."),
    "paper_out": N_("no paper. Lay some in."),
    "stopped": N_("takes no jobs. Start its queue again."),
    "no_sound": N_("nothing is heard. Look at the volume and the plugs."),
    "wrong_clock": N_("goes wrong. Look at the time service."),
    "slow": N_("is slow. Look at the network."),
    "failed": N_("fails. Call the technical staff."),
    "forgotten": N_("a paper was left behind. Keep it safe for its owner."),
}
"What is wrong with a device, and what to do."


def routes(deps: WallDeps) -> list[web.RouteDef]:
    """`/wall`, its figures, and how lines were."""

    @allow("agent")
    async def wall(request: web.Request) -> web.Response:
        language = language_of(request)
        state = await deps.wall.read(language)
        return render(
            request,
            "wall/wall.html",
            sides=_sides(state, language),
            terminals=state.terminals,
            cells=_cells(state, language, calls=_sees_calls(request)),
            sees_calls=_sees_calls(request),
        )

    @allow("agent")
    async def figures(request: web.Request) -> web.Response:
        language = language_of(request)
        state = await deps.wall.read(language)
        return web.json_response(_cells(state, language, calls=_sees_calls(request)))

    @allow("supervisor")
    async def line_report(request: web.Request) -> web.Response:
        days = request.query.get("days", "30")
        if not days.isdecimal() or not 1 <= int(days) <= KEPT_DAYS:
            raise BadInput(f"days is a number from 1 to {KEPT_DAYS}")
        return web.Response(
            text=_line_table(await deps.wall.line_shares(int(days))),
            content_type="text/csv",
            headers={"Content-Disposition": 'attachment; filename="lines.csv"'},
        )

    return [
        web.get("/wall", wall),
        web.get("/wall/state", figures),
        web.get("/wall/lines.csv", line_report),
        *lines.routes(deps.lines),
    ]


def _sees_calls(request: web.Request) -> bool:
    """Whether who asks may read how the lines of a call were."""
    return principal_of(request).kind == "supervisor"


def _line_table(shares: Sequence[Shares]) -> str:
    """Seconds, and of all time of a side the percentage, by side and cause."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(["side", "cause", "verdict", "seconds", "percent"])
    for side in ("terminal", "agent"):
        mine = [one for one in shares if one.side == side]
        whole = sum(one.good_ms + one.weak_ms + one.bad_ms for one in mine)
        good = sum(one.good_ms for one in mine)
        rows = [("", "good", good)] if good else []
        rows += [(one.cause or "", "weak", one.weak_ms) for one in mine if one.weak_ms]
        rows += [(one.cause or "", "bad", one.bad_ms) for one in mine if one.bad_ms]
        for cause, verdict, ms in rows:
            table.writerow([side, cause, verdict, round(ms / 1000), f"{100 * ms / whole:.1f}"])
    return written.getvalue()


def _sides(state: WallState, language: str) -> list[tuple[str, list[QueueTile]]]:
    """(caption, queues) of each territory, in the order of the catalogue."""
    texts = texts_for(language)
    return [
        (texts.gettext(caption), [one for one in state.queues if one.territory == territory])
        for territory, caption in SIDES.items()
    ]


def _cells(state: WallState, language: str, *, calls: bool) -> dict[str, str]:
    """{cell: text}; the rows are the catalogue's, so only texts change.  calls: name them."""
    texts = texts_for(language)
    cells: dict[str, str] = {}
    for queue in state.queues:
        of = f"queue.{queue.department_id}"
        cells[f"{of}.waiting"] = str(queue.waiting)
        cells[f"{of}.some"] = "yes" if queue.waiting else ""
        cells[f"{of}.longest"] = texts.ngettext("%d minute", "%d minutes", queue.longest_min) % (
            queue.longest_min
        )
        cells[f"{of}.ready"] = str(queue.ready)
        cells[f"{of}.busy"] = str(queue.busy)
        cells[f"{of}.alarm"] = "yes" if queue.waiting and not queue.ready + queue.busy else ""
    for terminal in state.terminals:
        of = f"terminal.{terminal.terminal_id}"
        cells[f"{of}.state"] = texts.gettext(STATES[terminal.state])
        cells[f"{of}.fault"] = _fault(terminal, texts)
        if calls:
            cells[f"{of}.call"] = terminal.call_id
    return cells


def _wrong(one: BadDevice, texts: Texts) -> str:
    since = one.since.astimezone(ZONE).strftime("%H:%M")
    fault = one.fault or "failed"
    device, wrong = texts.gettext(DEVICES[one.device]), texts.gettext(FAULTS_OF_DEVICES[fault])
    return texts.gettext("%(device)s: %(wrong)s Since %(time)s.") % {
        "device": device,
        "wrong": wrong,
        "time": since,
    }


def _fault(terminal: TerminalTile, texts: Texts) -> str:
    """What does not work at a terminal: its devices, else a line of its call."""
    if terminal.devices and not terminal.fault:
        return " · ".join(_wrong(one, texts) for one in terminal.devices)
    line = terminal.line
    if terminal.fault or line is None:
        return texts.gettext(FAULTS[terminal.fault])
    told = texts.gettext(WHOSE[line.side]) % texts.gettext(CAUSES[line.cause])
    return f"{MARKS[line.verdict]} {told}"
