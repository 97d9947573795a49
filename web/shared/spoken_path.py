"""A request's path as it may stand in a log: what opens something is cut out of it."""

import re

_CAPABILITY = re.compile(r"^/+(papers|signed|c)/+[^/]*")


def spoken_path(path: str) -> str:
    """`/papers/…/send` for `/papers/<token>/send`, `/c/…` likewise; all else as it is."""
    return _CAPABILITY.sub(r"/\1/…", path)


def opens_something(path: str) -> bool:
    """Whether who has this address needs nothing else."""
    return _CAPABILITY.match(path) is not None
