"""What is chosen by name."""

from counter.protocol.message import Model


class Choice(Model):
    """Something to choose by name."""

    id: str
    name: str
    hint: str = ""
    unavailable: str | None = None
    """Code of the reason why it cannot be chosen now."""
