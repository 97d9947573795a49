"""Calls to a remote signing service: bounded in time and size, and nothing of them is logged.

Source: CSC API 1.0.4.0 and 2.0.0.2, 10 (errors).
"""

import json
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from counter.esign.certificate_ports import CscAccess
from counter.esign.certificate_refusals import ActivationRefused
from counter.esign.signing_refusals import KeyUnavailable, KeyUnusable

MAX_ANSWER_BYTES: Final = 65_536
WRONG_CODE: Final = {"invalid_otp", "invalid_pin", "invalid_sad", "expired_sad"}
"Errors after which a new code from the person helps."


class CscService:
    """See the module."""

    def __init__(self, session: ClientSession, access: CscAccess) -> None:
        """Raise `KeyUnusable` for an address that would carry codes in the clear."""
        address = urlsplit(access.url)
        if address.scheme != "https" and address.hostname != "127.0.0.1":
            raise KeyUnusable(f"{address.hostname}: codes go over https only")
        self._session = session
        self._of = access

    async def ask(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        """What it answers; `{}` when nothing.

        Raises `ActivationRefused` when the person must say it again, `KeyUnusable` when we are not
        let in, `KeyUnavailable` for all else.
        """
        try:
            async with self._session.post(
                f"{self._of.url}/csc/v{self._of.version}/{call}",
                json=body,
                headers={"Authorization": f"Bearer {self._of.access_token}"},
                timeout=ClientTimeout(total=self._of.patience_s),
                allow_redirects=False,
            ) as answer:
                content = b""
                async for chunk in answer.content.iter_any():
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        raise self.unavailable(f"{call}: an answer that does not end")
                status = answer.status
        except (ClientError, TimeoutError, OSError) as error:
            raise self.unavailable(f"{call}: {type(error).__name__}") from error
        try:
            said = json.loads(content) if content else {}
        except (ValueError, RecursionError) as error:
            raise self.unavailable(f"{call}: no JSON, status {status}") from error
        if not isinstance(said, dict):
            raise self.unavailable(f"{call}: no object, status {status}")
        if status in (200, 204):
            return said
        problem = said.get("error")
        if isinstance(problem, str) and problem in WRONG_CODE:
            raise ActivationRefused(f"remote signing, {call}: {problem}")
        if status in (401, 403):
            raise KeyUnusable(f"{call}: the service does not let us in")
        raise self.unavailable(f"{call}: status {status}")

    def unavailable(self, what: str) -> KeyUnavailable:
        """To be raised."""
        return KeyUnavailable(f"remote signing at {urlsplit(self._of.url).hostname}: {what}")
