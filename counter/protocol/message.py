"""What every message is: frozen, strict, closed; its event name is its discriminator.

`noun.verb` asks, `noun.past` tells.  An ask carries a key that makes its command idempotent and is
answered `Answer` after COMMIT.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Language = Literal["zh-Hant", "zh-Hans", "pt", "en"]
"The languages of every face (BCP 47)."

Ident = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_:-]+$")]
"An identifier made by the counter."

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"A digest, 64 lower-case hexadecimal digits."


def _without_controls(text: str) -> str:
    if any(letter < " " and letter not in "\n\t" for letter in text):
        raise ValueError("control characters are no text")
    text.encode()  # raises `ValueError` for half a character (a lone surrogate)
    return text


Text = Annotated[str, AfterValidator(_without_controls)]
"What a person wrote; a store may not be able to keep a control character, and nobody can read it."

Key = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
"Made by the page once per thing a person does, repeated until answered."

Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$")]
"RFC 3339 in UTC."


class Model(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,  # "yes" is not a boolean, "3" is not a number
        extra="forbid",  # a misspelt field is an error, not a silence
        hide_input_in_errors=True,  # errors are logged, citizens' data is not
        use_attribute_docstrings=True,
    )


class Ask(Model):
    """From a page; answered with `Answer` after COMMIT."""

    event: ClassVar[str]
    key: Key
    """Repeats of the same key are answered alike and carried out once."""


class Tell(Model):
    """From the counter to a page."""

    event: ClassVar[str]


class Answer(Model):
    """What an ask is answered with: `ok` and its facts, or a stable code and nothing changed."""

    ok: bool
    code: str | None = None
    """Why not; pages translate it."""
