"""What a media node's process is called: by where it is asked, the same for every counter."""

from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 80
"Of a name, in the store."


def node_name(url: str) -> str:
    """Return `host/media-port` of `https://host:port`.  Raises `ValueError` for anything else."""
    parts = urlsplit(url)
    if url != f"https://{parts.netloc}" or not parts.hostname or parts.port is None:
        raise ValueError("is not https://host:port")
    if "@" in parts.netloc:
        raise ValueError("is not https://host:port; who asks is known by the certificate")
    name = f"{parts.hostname}/media-{parts.port}"
    if len(name) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} letters")
    return name
