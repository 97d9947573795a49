"""Between JSON and messages: one table per audience, everything else is refused."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from counter.errors import BadInput
from counter.protocol import desk, device, terminal
from counter.protocol.message import Ask

Audience = str
"The Socket.IO namespace: `/terminal`, `/device` or `/agent`."

ASKS: Mapping[Audience, Mapping[str, type[Ask]]] = {
    "/terminal": {ask.event: ask for ask in terminal.ASKS},
    "/device": {ask.event: ask for ask in device.ASKS},
    "/agent": {ask.event: ask for ask in desk.ASKS},
}


def decode(audience: Audience, event: str, payload: Any) -> Ask:
    """The message of `event` from `payload`.

    Raises `BadInput` when this audience may not say it or it does not follow its model; the text
    names the fields, never what stood in them.
    """
    model = ASKS.get(audience, {}).get(event)
    if model is None:
        raise BadInput(f"{audience} does not say {event}")
    try:
        return model.model_validate(payload)
    except ValidationError as wrong:
        fields = sorted({".".join(map(str, error["loc"])) or "it" for error in wrong.errors()})
        raise BadInput(f"{event}: {', '.join(fields)[:200]} is not as {event} wants it") from wrong
