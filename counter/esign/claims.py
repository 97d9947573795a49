"""What a certificate says of whose it is and what its key is for; whether it holds is no matter."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Of one certificate."""

    name: str = field(repr=False)
    "The common name, or given name and surname; empty when there is neither."
    number: str = field(repr=False)
    "The subject's serialNumber; empty when there is none."
    commits: bool
    "Whether its key is for what somebody stands by: without that, no signature here is accepted."
    policies: frozenset[str]
    "Under which it was issued: dotted numbers."
    statements: frozenset[str]
    "Of qualified certificates, those that it makes: dotted numbers."
