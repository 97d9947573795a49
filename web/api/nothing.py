"""The words of a call that needs none."""

from counter.protocol.message import Model


class Nothing(Model):
    """There is nothing to say."""
