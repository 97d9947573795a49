"""Numbers of identity papers, as they are compared."""

import re


def plain(number: str) -> str:
    """Without brackets, spaces and hyphens, in capitals."""
    return re.sub(r"[\s()（）\-/<]", "", number).upper()
