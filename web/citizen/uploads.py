"""How often anybody may send a file, by address; counted before it arrives."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from web.api.limits import Limits
from web.shared.client_address import client_of

AT_ONCE = 6
"Of one address, however slowly they arrive; a family or an office may be behind it."


@contextmanager
def upload(request: web.Request, limits: Limits, name: str, of_one_per_s: int) -> Iterator[None]:
    """Count one, and hold its place until it was answered.  Raises `TooMany`."""
    who = client_of(request)
    limits.take(name, of_one_per_s, of=who)
    with limits.at_once(f"{name}, uploads", AT_ONCE, of=who):
        yield
