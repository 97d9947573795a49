"""What the citizen agrees to is what the journal says was agreed to, by act and language."""

import hashlib
from itertools import product
from typing import get_args

import pytest

from counter.esign.demands import Acts
from counter.protocol.message import Language
from web.shared.consent_words import SENTENCES, agreed_words, sentence
from web.shared.i18n import texts_for

ACTS: tuple[Acts, ...] = get_args(Acts)
TAGS: tuple[Language, ...] = get_args(Language)
SCREEN = {"zh-Hant": "屏幕", "zh-Hans": "屏幕", "pt": "ecrã", "en": "screen"}
CERTIFICATE = {"zh-Hant": "證書", "zh-Hans": "证书", "pt": "certificado", "en": "certificate"}


def test_each_act_has_a_sentence_of_its_own_in_every_language() -> None:
    every = {(acts, tag): sentence(acts, tag) for acts, tag in product(ACTS, TAGS)}
    assert len(set(every.values())) == len(every)
    assert len({one for one, _ in SENTENCES.values()}) == len(ACTS)
    for acts, tag in every:
        if tag != "en":
            assert (
                texts_for(tag.replace("-", "_")).gettext(SENTENCES[acts][1]) != SENTENCES[acts][1]
            )


@pytest.mark.parametrize("tag", TAGS)
def test_a_sentence_speaks_of_its_own_act_alone(tag: str) -> None:
    said = {acts: sentence(acts, tag) for acts in ACTS}
    assert [SCREEN[tag] in said[one] for one in ("handwritten", "certificate", "both")] == [
        True,
        False,
        True,
    ]
    assert [CERTIFICATE[tag] in said[one] for one in ("handwritten", "certificate", "both")] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("acts", ACTS)
def test_the_journal_gets_the_digest_of_exactly_what_stands_there(acts: Acts, tag: str) -> None:
    words = agreed_words(acts, tag)
    assert words.text_sha256 == hashlib.sha256(sentence(acts, tag).encode()).hexdigest()
    assert (words.acts, words.language) == (acts, tag)
    assert words.text_id.startswith(acts)
