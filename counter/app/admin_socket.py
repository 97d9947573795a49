"""The operator's door: a Unix socket in the data directory, mode 0600.

Whoever may open it runs this counter.  It gives out enrolment links, and in development the
sessions and appointments with which `counter demo` plays its part.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from counter.errors import BadInput, Refusal

Json = dict[str, Any]


class Operations(Protocol):
    """What the operator may ask of a running counter."""

    async def health(self) -> Json:
        """How it is."""
        ...

    async def drain(self, process: str, limit_s: int) -> Json:
        """Let a media process begin nothing new, and end."""
        ...

    async def recordings(self) -> Json:
        """The newest recordings, and what somebody must look at."""
        ...

    async def open_alerts(self) -> Json:
        """What somebody must look at."""
        ...

    async def recording(self, recording_id: str) -> Json:
        """Where a finished one lies, and what opens it; journalled."""
        ...

    async def case_folder(self, case_id: str) -> Json:
        """Where the files of a case lie, and what they are called; journalled."""
        ...

    async def audit_pack(self, case_id: str, ceremony_id: str) -> Json:
        """Raises `NotFound`."""
        ...

    async def withdraw_form(self, case_id: str, ceremony_id: str) -> Json:
        """Take a form back that cannot be sealed, also in a closed case; journalled."""
        ...

    async def void_form(self, case_id: str, ceremony_id: str, reason: str) -> Json:
        """What was signed does not count, also in a closed case; journalled."""
        ...

    async def webhooks(self, webhook_id: str | None) -> Json:
        """All of them; or what one was told."""
        ...

    async def webhook_add(self, url: str, kinds: Sequence[str], department: str | None) -> Json:
        """A new one, with its secret; journalled."""
        ...

    async def webhook_remove(self, webhook_id: str) -> Json:
        """Tell it nothing any more; journalled."""
        ...

    async def webhook_replay(
        self, webhook_id: str, delivery: int | None, since: str | None
    ) -> Json:
        """Tell it one thing again, or all that happened since; journalled."""
        ...

    async def api_keys(self) -> Json:
        """All keys of programs, without their secrets."""
        ...

    async def api_key_make(
        self, name: str, scopes: Sequence[str], department: str | None, per_s: int | None
    ) -> Json:
        """A new one, with its secret; journalled."""
        ...

    async def api_key_renew(self, key_id: str) -> Json:
        """Another secret for it; journalled."""
        ...

    async def api_key_revoke(self, key_id: str) -> Json:
        """Let it ask nothing any more; journalled."""
        ...

    async def agent(
        self,
        agent_id: str,
        name: str,
        departments: Sequence[str],
        languages: Sequence[str],
        *,
        supervisor: bool,
    ) -> Json:
        """Let somebody work at a desk; the passphrase."""
        ...

    async def enrolment(self, terminal_id: str) -> Json:
        """A link with which a machine becomes that terminal."""
        ...

    async def retire_program(self, terminal_id: str) -> Json:
        """The program of this terminal is no more."""
        ...

    async def session(self, role: str, subject: str | None) -> Json:
        """Development only: a session to play a part with."""
        ...

    async def demo_visit(self, terminal: str, service: str | None, walk_in: bool) -> Json:
        """Development only: something to come for, booked if it can be checked in now."""
        ...


async def open_admin_socket(operations: Operations, path: Path) -> web.AppRunner:
    """Serve `operations` at `path`; clean the runner up to close it."""
    app = web.Application(middlewares=[_refusals])
    app.router.add_get("/health", _answer(lambda body: operations.health()))
    app.router.add_post(
        "/drain", _answer(lambda body: operations.drain(body["process"], body["limit_s"]))
    )
    app.router.add_get("/recordings", _answer(lambda body: operations.recordings()))
    app.router.add_get("/alerts", _answer(lambda body: operations.open_alerts()))
    app.router.add_post("/recording", _answer(lambda body: operations.recording(body["recording"])))
    app.router.add_post("/case-folder", _answer(lambda body: operations.case_folder(body["case"])))
    app.router.add_post(
        "/audit-pack",
        _answer(lambda body: operations.audit_pack(body["case"], body["ceremony"])),
    )
    app.router.add_post(
        "/withdraw-form",
        _answer(lambda body: operations.withdraw_form(body["case"], body["ceremony"])),
    )
    app.router.add_post(
        "/void-form",
        _answer(lambda body: operations.void_form(body["case"], body["ceremony"], body["reason"])),
    )
    app.router.add_post("/webhooks", _answer(lambda body: operations.webhooks(body.get("webhook"))))
    app.router.add_post(
        "/webhooks/add",
        _answer(
            lambda body: operations.webhook_add(body["url"], body["kinds"], body.get("department"))
        ),
    )
    app.router.add_post(
        "/webhooks/remove", _answer(lambda body: operations.webhook_remove(body["webhook"]))
    )
    app.router.add_post(
        "/webhooks/replay",
        _answer(
            lambda body: operations.webhook_replay(
                body["webhook"], body.get("delivery"), body.get("since")
            )
        ),
    )
    app.router.add_get("/api-keys", _answer(lambda body: operations.api_keys()))
    app.router.add_post(
        "/api-keys/make",
        _answer(
            lambda body: operations.api_key_make(
                body["name"], body["scopes"], body.get("department"), body.get("per_s")
            )
        ),
    )
    app.router.add_post(
        "/api-keys/renew", _answer(lambda body: operations.api_key_renew(body["key"]))
    )
    app.router.add_post(
        "/api-keys/revoke", _answer(lambda body: operations.api_key_revoke(body["key"]))
    )
    app.router.add_post(
        "/agent",
        _answer(
            lambda body: operations.agent(
                body["agent"],
                body["name"],
                body["departments"],
                body["languages"],
                supervisor=body["supervisor"],
            )
        ),
    )
    app.router.add_post("/enrolment", _answer(lambda body: operations.enrolment(body["terminal"])))
    app.router.add_post(
        "/program/retire", _answer(lambda body: operations.retire_program(body["terminal"]))
    )
    app.router.add_post(
        "/session", _answer(lambda body: operations.session(body["role"], body.get("subject")))
    )
    app.router.add_post(
        "/demo/visit",
        _answer(
            lambda body: operations.demo_visit(
                body["terminal"], body.get("service"), bool(body.get("walk_in"))
            )
        ),
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    path.unlink(missing_ok=True)
    await web.UnixSite(runner, str(path)).start()
    path.chmod(0o600)
    return runner


def _answer(
    operation: Callable[[Json], Awaitable[Json]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        try:
            body = await request.json() if request.can_read_body else {}
            return web.json_response(await operation(body))
        except (KeyError, TypeError, json.JSONDecodeError) as wrong:
            raise BadInput(f"{request.path}: {type(wrong).__name__}") from wrong

    return handler


@web.middleware
async def _refusals(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refused:
        body = {"ok": False, "code": refused.code, "why": str(refused)}
        return web.json_response(body, status=refused.status)
