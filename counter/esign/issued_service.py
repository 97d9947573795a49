"""Documents on their way to the citizen, over the link of the case."""

from datetime import datetime
from typing import Protocol

from counter.esign.issued import Issued, digest_of, token_of
from counter.ids import CaseId, Digest, NewId


class IssuedRecords(Protocol):
    """Keeps links, and what was taken; see `counter.esign.store_issued`."""

    async def issued(self, token_sha256: str, now: datetime) -> Issued:
        """Raises `IssueOver`."""
        ...

    async def take(self, token_sha256: str, sha256: str, now: datetime) -> CaseId:
        """Raises `IssueOver`, `DocumentUnknown`."""
        ...


class Documents(Protocol):
    """The part of `counter.esign.service.EsignService` that is used here."""

    async def pdf(self, case_id: CaseId, sha256: str) -> bytes: ...


class IssuedService:
    """One method per use case.  token: the link's, which is all that its holder has to show."""

    def __init__(
        self,
        records: IssuedRecords,
        documents: Documents,
        new_id: NewId,
        secret: bytes,
    ) -> None:
        """secret: of the site, 32 bytes; tokens are made with it."""
        self._records = records
        self._documents = documents
        self._new_id = new_id
        self._secret = secret

    def token(self, link_id: str) -> str:
        """For the screens and letters that may hand the link over."""
        return token_of(self._secret, link_id)

    def new_link(self) -> tuple[str, Digest]:
        """A link's id, and the digest of its token for the store."""
        link_id = self._new_id()
        return link_id, digest_of(self.token(link_id))

    async def issued(self, token: str, now: datetime) -> Issued:
        """What can be taken.  Raises `IssueOver`."""
        return await self._records.issued(digest_of(token), now)

    async def pdf(self, token: str, sha256: str, now: datetime) -> bytes:
        """A finished document; that it was taken is a fact before it leaves.

        Raises `IssueOver`, `DocumentUnknown` for what the link does not lead to.
        """
        case_id = await self._records.take(digest_of(token), sha256, now)
        return await self._documents.pdf(case_id, sha256)
