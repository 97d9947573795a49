"""A request's path as it may stand in a log: what opens something is cut out of it."""

import re

_CAPABILITY = re.compile(r"^/(papers|signed)/[^/]*")


def spoken_path(path: str) -> str:
    """`/papers/…/send` for `/papers/<token>/send`; all else as it is."""
    return _CAPABILITY.sub(r"/\1/…", path)
