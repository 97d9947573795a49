"""Every call of the API, in the order of the document."""

from typing import Any

from web.api import (
    appointment_calls,
    catalogue_calls,
    sitting_calls,
    waiting_calls,
    webhook_calls,
)
from web.api.call import Call

ROOT = "/api/v1"
DOCUMENT = f"{ROOT}/openapi.json"
KEY_HEADER = "Idempotency-Key"

CALLS: tuple[Call[Any], ...] = (
    *catalogue_calls.CALLS,
    *sitting_calls.CALLS,
    *appointment_calls.CALLS,
    *waiting_calls.CALLS,
    *webhook_calls.CALLS,
)
