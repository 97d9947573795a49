"""`routes(deps)`: every address of the citizen's face."""

from aiohttp import web

from web.citizen import (
    appointment_pages,
    booking_pages,
    catalogue_pages,
    change_pages,
    confirm_pages,
    question_pages,
    search_pages,
    sitting_pages,
    waiting_pages,
)
from web.citizen.ports import Deps


def routes(deps: Deps) -> list[web.RouteDef]:
    """For `app.add_routes`, after `web.shared.setup.install`."""
    return [
        *catalogue_pages.routes(deps),
        *search_pages.routes(deps),
        *question_pages.routes(deps),
        *sitting_pages.routes(deps),
        *booking_pages.routes(deps),
        *confirm_pages.routes(deps),
        *appointment_pages.routes(deps),
        *change_pages.routes(deps),
        *waiting_pages.routes(deps),
    ]
