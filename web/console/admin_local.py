"""Whose departments somebody at a desk sees, when all runs in one process."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import Connection

from counter.signaling.store_screens import departments_of
from counter.store.executor import Executor


def departments_in(executor: Executor) -> Callable[[str], Awaitable[Sequence[str]]]:
    """See `web.console.admin_ports.AdminDeps.departments`."""

    def read(conn: Connection, agent_id: str) -> Sequence[str]:
        return departments_of(conn, agent_id)

    async def departments(agent_id: str) -> Sequence[str]:
        return await executor.read(read, agent_id)

    return departments
