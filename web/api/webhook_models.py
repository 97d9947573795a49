"""What the API is asked about webhooks, and what it answers."""

from typing import Annotated, Literal

from pydantic import Field

from counter.protocol.message import Model
from web.api.fields import Id, Instant

Kind = Literal[
    "appointment.booked",
    "appointment.cancelled",
    "appointment.noshow",
    "appointment.reminder",
    "case.document_voided",
    "case.handed_over",
    "waitlist.offered",
]


_HOST = "[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
_PORT = "(:([1-9][0-9]{0,3}|[1-5][0-9]{4}))?"
_PATH = "(/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"


class WebhookIn(Model):
    """An address to be told."""

    url: Annotated[
        str, Field(min_length=10, max_length=500, pattern=f"^https://{_HOST}{_PORT}{_PATH}$")
    ]
    """Of a public machine, with TLS; what is sent there is signed."""
    kinds: Annotated[list[Kind], Field(max_length=7)] = []
    """Of what it is told; left out: of all."""


class WhichWebhook(Model):
    """Which webhook."""

    webhook: Id


class WebhookOut(Model):
    """An address that is told."""

    id: Id
    url: str
    kinds: list[Kind]
    department: Id | None
    """Of whose appointments; none: of all."""
    active: bool
    """False: it answered 410, and is told nothing more."""
    made_at: Instant


class WebhookMadeOut(WebhookOut):
    """It will be told.  This is the one time its secret is."""

    secret: str
    """`whsec_…`, of the signatures (Standard Webhooks 1.0)."""


class Webhooks(Model):
    """Addresses that are told, the oldest first."""

    webhooks: list[WebhookOut]
