"""What a citizen agrees to before signing: a sentence per act, and the digest of what was shown."""

from collections.abc import Mapping
from typing import Final, cast

from counter.esign.demands import Acts
from counter.esign.record_ports import ConsentWords
from counter.protocol.message import Language
from web.shared.i18n import N_
from web.shared.wording import say

SENTENCES: Final[Mapping[Acts, tuple[str, str]]] = {
    "handwritten": (
        "handwritten-1",
        N_(
            "I have read every page of this document. I agree to sign it electronically: what I "
            "write on this screen will be fixed in the document and sealed by the department."
        ),
    ),
    "certificate": (
        "certificate-1",
        N_(
            "I have read every page of this document. I agree to sign it electronically: the "
            "signature of my own certificate will be fixed in the document and sealed by the "
            "department."
        ),
    ),
    "both": (
        "both-1",
        N_(
            "I have read every page of this document. I agree to sign it electronically, in the "
            "way that I choose next: what I write on this screen, or the signature of my own "
            "certificate, will be fixed in the document and sealed by the department."
        ),
    ),
}
"By act: an id, raised when the sentence changes in any language, and the sentence."


def sentence(acts: Acts, tag: str) -> str:
    """As it stands on a screen of this language."""
    return say(SENTENCES[acts][1], tag)


def agreed_words(acts: Acts, tag: str) -> ConsentWords:
    """The same for the journal."""
    return ConsentWords(
        text_id=SENTENCES[acts][0],
        acts=acts,
        language=cast(Language, tag),
        text=sentence(acts, tag),
    )
