"""The CSC server of certomancer, written by others, on loopback: version 1, of either SCAL.

It lets everybody in and leaves it to itself who may sign (`implicit`).  The PIN is ours: beside
that nothing of it is changed.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from csc_dummy.csc_dummy_server import CSCWithCertomancer, DummyServiceParams

from tests.esign.csc_fake import NOT, PIN, problem
from tests.esign.trust_services import TrustServices

CITIZEN = "test/citizen"


class WithPin(CSCWithCertomancer):  # type: ignore[misc]  # it says no types
    """Every key of it is opened by the PIN alone."""

    async def credentials_info(self, request: web.Request) -> web.Response:
        answer = await super().credentials_info(request)
        said = json.loads(answer.body)
        opens = {"PIN": {"presence": "true", "format": "N"}, "OTP": NOT}
        return web.json_response(said | {"authMode": "explicit", **opens})

    async def credentials_authorize(self, request: web.Request) -> web.Response:
        if (await request.json()).get("PIN") != PIN:
            raise problem("invalid_pin")
        return await super().credentials_authorize(request)


@asynccontextmanager
async def dummy_service(
    services: TrustServices, *, scal: int = 2, with_pin: bool = True
) -> AsyncIterator[str]:
    """Its address.  with_pin: False: as it is by itself."""
    made = (WithPin if with_pin else CSCWithCertomancer)(
        services.config, service_params=DummyServiceParams(hash_pinning_required=scal == 2)
    )
    made.register_routes()
    runner = web.AppRunner(made.app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
