"""The layer of words in PDFs: whether this machine can make it, and what a case has of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from counter.documents.bundle import Chapter

Layer = Literal["whole", "part", "none"]


class WordsUnread(Exception):
    """The program did not read this page.  The text holds no personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTools:
    """The reading program of a machine."""

    program: str | None
    "Its path; None: it is not installed."
    missing: tuple[str, ...]
    "Languages of this counter that it has not."
    knows_facing: bool = False
    "It can tell which way up the lines of a page run."

    @property
    def complete(self) -> bool:
        """Whether words can be read here."""
        return self.program is not None and not self.missing

    def sentence(self) -> str:
        """For an operator."""
        if self.complete:
            return f"text layer: {self.program}"
        packages = " ".join(f"tesseract-ocr-{one.replace('_', '-')}" for one in self.missing)
        begin = "" if self.program else "tesseract-ocr "
        return (
            f"no text layer on this machine: apt-get install {begin}{packages}, and start it again"
        )


def layer_of(chapters: Sequence[Chapter]) -> Layer:
    """How much of what is bound has its words."""
    read = [leaf.text_sha256 is not None for one in chapters for leaf in one.leaves]
    if read and all(read):
        return "whole"
    return "part" if any(read) else "none"
