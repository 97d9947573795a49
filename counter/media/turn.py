"""What a page needs to reach us through a relay: addresses, and a name that is good for minutes.

The relay (coturn, `use-auth-secret`) knows no people.  A name says when it ends, its password is
the name's HMAC under a secret that relay and counter share; so a relay needs no list of names, and
what leaks is soon worth nothing.  It has to be fresh when an address is asked for; what was given
out then lives on.  To change the secret, the relay accepts the old and the new one for a while.
Source: draft-uberti-behave-turn-rest-00.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from counter.protocol.calling import IceServer

LIFE: Final = timedelta(minutes=10)
"How long a name may be used to ask for an address; longer than a page takes to try all relays."

_HOST: Final = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}"
_URL: Final = re.compile(rf"turn:{_HOST}\?transport=(?:udp|tcp)|turns:{_HOST}\?transport=tcp")


def is_turn_url(text: str) -> bool:
    """Whether `text` says all there is to say: scheme, host, port and transport (RFC 7065)."""
    return _URL.fullmatch(text) is not None


def credential(secret: str, name: str, until: datetime) -> tuple[str, str]:
    """User name and password that the relay takes until `until`.

    name: opaque, and nobody's; what one name may have at once, the relay limits.
    """
    user = f"{int(until.timestamp())}:{name}"
    digest = hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()
    return user, base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relays:
    """The relays of this counter; none when there are no `urls`."""

    urls: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    only: bool = False
    "Pages send and take media through relays and in no other way."
    new_name: Callable[[], str]
    "Makes a name that was never used and says nothing."

    def servers(self, now: datetime) -> list[IceServer]:
        """What to give one page for one leg, now."""
        if not self.urls:
            return []
        username, password = credential(self.secret, self.new_name(), now + LIFE)
        return [IceServer(urls=list(self.urls), username=username, credential=password)]
