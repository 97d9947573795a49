"""Citizens' own keys at a remote signing service: `CitizenKeys` over CSC.

Fit is a credential that the citizen opens by typing digits here: see `csc_openers`.
Source: CSC API 1.0.4.0 and 2.0.0.2, 11.4 (credentials/list).
"""

from typing import Any, Final

from aiohttp import ClientSession

from counter.esign.certificate_ports import CitizenProvider
from counter.esign.certificate_refusals import ActivationRefused, CredentialUnfit, CredentialUnknown
from counter.esign.claims import Claims
from counter.esign.claims_asn1crypto import claims_of
from counter.esign.csc_http import CscService
from counter.esign.demands import SignatureClass
from counter.esign.keys_csc import Credential, CscKey
from counter.esign.signing_refusals import KeyUnusable
from counter.esign.ticket import CertificateChain

MAX_CREDENTIALS: Final = 20
"Of one citizen, looked at in the service's order."


class CscCitizens:
    """See the module."""

    def __init__(self, session: ClientSession, provider: CitizenProvider) -> None:
        """Raise `KeyUnusable` for an address that would carry codes in the clear."""
        self._session = session
        self._of = provider
        self._service = CscService(session, provider.access)

    @property
    def name(self) -> str:
        """Of the service, as citizens know it."""
        return self._of.name

    @property
    def gives(self) -> SignatureClass:
        """The class of signature that its certificates make."""
        return self._of.gives

    def claims(self, chain: CertificateChain) -> Claims:
        """What the signer's certificate says."""
        return claims_of(chain.certificate)

    def reaches(self, chain: CertificateChain) -> bool:
        """See `CitizenKeys`."""
        claims = claims_of(chain.certificate)
        under = not self._of.policies or claims.policies & set(self._of.policies)
        return bool(under) and claims.statements >= set(self._of.statements)

    async def find(self, user: str) -> str:
        """The first credential of this user that can sign here, for signing documents.

        Raises `CredentialUnknown` when there is none, `CredentialUnfit` when none can,
        `KeyUnavailable`.
        """
        try:
            said = await self._service.ask("credentials/list", {"userID": user})
        except ActivationRefused as odd:
            raise self._service.unavailable("credentials/list asks for a code") from odd
        listed: Any = said.get("credentialIDs")
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise self._service.unavailable("no list in credentials/list")
        if not listed:
            raise CredentialUnknown("the service lists no credential for this user")
        unfit: KeyUnusable | None = None
        for credential_id in listed[:MAX_CREDENTIALS]:
            key = self.key(credential_id)
            try:
                chain = await key.certificates()
                commits = claims_of(chain.certificate).commits
            except (KeyUnusable, ValueError) as why:
                unfit = KeyUnusable(str(why))
                continue
            if not commits:
                unfit = KeyUnusable("its certificate is not for signing documents")
            elif not self.reaches(chain):
                unfit = KeyUnusable(f"its certificate does not say that it is {self.gives}")
            else:
                return str(credential_id)
        raise CredentialUnfit(str(unfit)) from unfit

    def key(self, credential_id: str) -> CscKey:
        """The key of a credential; it is asked about anew."""
        access = self._of.access
        return CscKey(
            self._session,
            Credential(
                url=access.url,
                version=access.version,
                credential_id=credential_id,
                access_token=access.access_token,
                patience_s=access.patience_s,
            ),
        )
