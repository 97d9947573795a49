"""The `IssuedRecords` port on SQL: each step is one command, one transaction."""

from datetime import datetime

from counter.esign import store_issued
from counter.esign.issued import Issued
from counter.ids import CaseId
from counter.store.executor import Executor


class SqlIssued:
    """See `counter.esign.issued_service.IssuedRecords`."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def issued(self, token_sha256: str, now: datetime) -> Issued:
        return await self._executor.read(store_issued.issued, token_sha256, now)

    async def take(self, token_sha256: str, sha256: str, now: datetime) -> CaseId:
        return await self._executor.write(store_issued.take, token_sha256, sha256, now)
