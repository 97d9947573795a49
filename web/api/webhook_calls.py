"""Webhooks: which addresses are told of the appointments of the key's department.

A key without a department sees and makes those of all.  The secret of the signatures is told once.
"""

import contextlib
import hashlib
from functools import partial
from typing import Any

from counter.errors import NotFound
from counter.identity.api_key import Scope
from counter.notify.webhook import Webhook
from web.api.call import Asked, Call, Told, instant, told
from web.api.nothing import Nothing
from web.api.webhook_models import WebhookIn, WebhookMadeOut, WebhookOut, Webhooks, WhichWebhook

_ask: partial[Call[Any]] = partial(Call, method="GET", scope=Scope.WEBHOOKS)
_do: partial[Call[Any]] = partial(Call, method="POST", scope=Scope.WEBHOOKS)


async def listed(asked: Asked[Nothing]) -> Told:
    return told(await _known(asked))


async def add(asked: Asked[WebhookIn]) -> Told:
    said = asked.said
    # By the key of the request: repeated, it is the same one.
    named = f"webhook:{asked.caller.id}\n{asked.key}".encode()
    made, secret = await asked.deps.webhooks.add(
        said.url,
        said.kinds,
        asked.caller.department,
        _by(asked),
        webhook_id=hashlib.sha256(named).hexdigest()[:32],
    )
    return told(WebhookMadeOut(**_fields(made), secret=secret))


async def remove(asked: Asked[WhichWebhook]) -> Told:
    with contextlib.suppress(NotFound):  # it is gone already, or never was this key's
        await asked.deps.webhooks.remove(
            asked.said.webhook, _by(asked), department=asked.caller.department
        )
    return told(await _known(asked))


async def _known(asked: Asked[Any]) -> Webhooks:
    found = await asked.deps.webhooks.listed(asked.caller.department)
    return Webhooks(webhooks=[WebhookOut(**_fields(one)) for one in found])


def _by(asked: Asked[Any]) -> str:
    return f"program:{asked.caller.id}"


def _fields(one: Webhook) -> dict[str, Any]:
    return {
        "id": one.id,
        "url": one.url,
        "kinds": list(one.kinds),
        "department": one.department,
        "active": one.active,
        "made_at": instant(one.made_at),
    }


CALLS: tuple[Call[Any], ...] = (
    _ask(
        name="listWebhooks",
        path="/webhooks",
        does="The addresses that are told, without their secrets.",
        takes=Nothing,
        gives=Webhooks,
        answer=listed,
    ),
    _do(
        name="addWebhook",
        path="/webhooks",
        does="Let an address be told of what becomes of appointments.",
        takes=WebhookIn,
        gives=WebhookMadeOut,
        answer=add,
        status=201,
    ),
    _do(
        name="removeWebhook",
        path="/webhooks/remove",
        does="Tell an address nothing any more, nor what was still to be told.",
        takes=WhichWebhook,
        gives=Webhooks,
        answer=remove,
    ),
)
