"""The wall: a page that reads without scripts, and the figures that a script keeps fresh on it.

Promise: no name of a citizen is on it; it hangs where everybody sees it.
"""

from aiohttp import web

from web.shared.access import allow
from web.shared.i18n import N_, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.wall.ports import QueueTile, WallDeps, WallState

STATES = {
    "away": N_("○ Not connected"),
    "free": N_("● Free"),
    "choosing": N_("◐ Somebody is choosing"),
    "waiting": N_("▲ Waiting"),
    "call": N_("■ In a call"),
    "leaving": N_("◑ Finishing"),
}
SIDES = {"MO": N_("Departments of Macau"), "CN": N_("Departments of Hengqin")}
FAULTS = {
    "": N_("None"),
    "camera_refused": N_("Camera not allowed"),
    "camera_missing": N_("No camera"),
    "microphone_refused": N_("Microphone not allowed"),
    "microphone_missing": N_("No microphone"),
}


def routes(deps: WallDeps) -> list[web.RouteDef]:
    """`/wall` and `/wall/state`."""

    @allow("agent")
    async def wall(request: web.Request) -> web.Response:
        language = language_of(request)
        state = await deps.wall.read(language)
        return render(
            request,
            "wall/wall.html",
            sides=_sides(state, language),
            terminals=state.terminals,
            cells=_cells(state, language),
        )

    @allow("agent")
    async def figures(request: web.Request) -> web.Response:
        language = language_of(request)
        return web.json_response(_cells(await deps.wall.read(language), language))

    return [web.get("/wall", wall), web.get("/wall/state", figures)]


def _sides(state: WallState, language: str) -> list[tuple[str, list[QueueTile]]]:
    """(caption, queues) of each territory, in the order of the catalogue."""
    texts = texts_for(language)
    return [
        (texts.gettext(caption), [one for one in state.queues if one.territory == territory])
        for territory, caption in SIDES.items()
    ]


def _cells(state: WallState, language: str) -> dict[str, str]:
    """{cell: text}; the rows are the catalogue's, so only texts change."""
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
        cells[f"{of}.fault"] = texts.gettext(FAULTS[terminal.fault])
    return cells
