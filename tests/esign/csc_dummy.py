"""The CSC server of certomancer, written by others, on loopback: version 1, of either SCAL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from csc_dummy.csc_dummy_server import CSCWithCertomancer, DummyServiceParams

from tests.esign.trust_services import TrustServices

CITIZEN = "test/citizen"


@asynccontextmanager
async def dummy_service(services: TrustServices, *, scal: int = 2) -> AsyncIterator[str]:
    """Its address; it asks for no code and lets everybody in."""
    made = CSCWithCertomancer(
        services.config, service_params=DummyServiceParams(hash_pinning_required=scal == 2)
    )
    made.register_routes()
    runner = web.AppRunner(made.app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
