"""Whose cookie counts on which path."""

from datetime import datetime
from typing import cast

import pytest
from aiohttp.test_utils import make_mocked_request

from counter.identity.service import IdentityService
from counter.identity.session import Kind, Session
from web.shared.sessions_identity import IdentitySessions

KINDS: dict[str, Kind] = {"t-token": "terminal", "a-token": "agent"}


class Known:
    """Knows one terminal and one agent."""

    async def session(self, token: str, now: datetime) -> Session | None:
        if token not in KINDS:
            return None
        kind = KINDS[token]
        return Session(
            token_sha256=token, kind=kind, subject=kind, csrf="c", created_at=now, seen_at=now
        )


@pytest.mark.parametrize(
    "path, cookies, kind",
    [
        ("/terminal", "terminal=t-token", "terminal"),
        ("/pages/ab", "terminal=t-token", "terminal"),
        ("/sheets/ab", "terminal=t-token", "terminal"),
        ("/documents/ab", "terminal=t-token", "terminal"),
        ("/pages/ab", "staff=a-token", "agent"),
        ("/pages/ab", "terminal=t-token; staff=a-token", "agent"),
        ("/pages/ab", "terminal=t-token; staff=forgotten", "terminal"),
        ("/console", "terminal=t-token; staff=a-token", "agent"),
        ("/console", "terminal=t-token", "anyone"),
        ("/terminal", "staff=a-token", "anyone"),
        ("/pages/ab", "", "anyone"),
        ("/pagesab", "terminal=t-token", "anyone"),
    ],
)
async def test_each_face_speaks_with_its_own_cookie_and_papers_go_to_both(
    now: datetime, path: str, cookies: str, kind: str
) -> None:
    sessions = IdentitySessions(cast(IdentityService, Known()), lambda: now, secure=False)
    request = make_mocked_request("GET", path, headers={"Cookie": cookies})
    assert (await sessions.principal(request)).kind == kind
