"""The page for people of an audit pack: one page in two languages, of whatever it is told."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args

import pypdfium2
import pytest

from counter.esign.form_typst import Press
from counter.identity.challenge import DocumentKind
from counter.identity.proofing import Level, Verdict
from tests.esign.moment import NOW
from tests.esign.pack_words import told_of_a_pack
from web.shared.consent_words import SENTENCES, sentence

WORDS = (Path("counter/esign/templates") / "audit_words.typ").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def press() -> Press:
    return Press()


@pytest.fixture(scope="module")
def page(press: Press) -> Callable[[dict[str, object]], str]:
    """The text of the one page that it is, without line ends."""

    def read(said: dict[str, object]) -> str:
        pdf = pypdfium2.PdfDocument(press.page("audit_summary", said, NOW))
        assert len(pdf) == 1
        return re.sub(r"\s+", " ", pdf[0].get_textpage().get_text_range())

    return read


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-Hant", ("簽署記錄摘要", "Resumo da assinatura", "港澳居民來往內地通行證", "存疑")),
        ("zh-Hans", ("签署记录摘要", "Resumo da assinatura", "港澳居民来往内地通行证", "存疑")),
        ("pt", ("簽署記錄摘要", "Resumo da assinatura", "Salvo-conduto", "em dúvida")),
        ("en", ("簽署記錄摘要", "Summary of the signing", "Mainland Travel Permit", "in doubt")),
    ],
)
def test_the_longest_values_stand_on_one_page_in_the_reader_s_languages(
    page: Callable[[dict[str, object]], str], language: str, words: Iterable[str]
) -> None:
    agreed = sentence("both", language)
    text = page(told_of_a_pack(language, sentence=agreed))
    ids = ("A013", "Pedido de alteração da sede", "L3", "(a-7)", "Albuquerque", "12: 112 s")
    for word in (*words, *ids, "e" * 64, "b" * 64, "c" * 64):
        assert word in text, word
    assert agreed.replace(" ", "")[:60] in text.replace(" ", "")
    assert "3, 6, 9, 12" in text


def test_what_an_older_version_did_not_keep_is_said_to_be_not_kept(
    page: Callable[[dict[str, object]], str],
) -> None:
    older: dict[str, Any] = told_of_a_pack("pt", template_sha256="", drawn_by="", identified=None)
    agreed = {**older["agreed"], "sentence": ""}
    text = page({**older, "agreed": agreed, "pages": []})
    assert text.count("não registado então") == 3
    assert "só foi registado o resumo da frase" in text
    assert "Ninguém confirmou a identidade" in text
    refused = {**told_of_a_pack()["identified"], "state": "refused"}  # type: ignore[dict-item]
    assert "A identidade não foi confirmada" in page(told_of_a_pack("pt", identified=refused))


def test_all_that_may_be_said_has_words_in_four_languages() -> None:
    for one in (*get_args(DocumentKind), *(level.value for level in Level), *Verdict):
        assert re.search(rf"^  {one}: \(", WORDS, re.MULTILINE), one
    counts = {tag: WORDS.count(tag) for tag in ('"zh-Hant": "', '"zh-Hans": "', ' pt: "', ' en: "')}
    assert len(set(counts.values())) == 1 and min(counts.values()) > 50, counts


def test_every_sentence_that_is_agreed_to_can_be_drawn(press: Press) -> None:
    for acts in SENTENCES:
        for tag in ("zh-Hant", "zh-Hans", "pt", "en"):
            assert not press.glyphs.missing(sentence(acts, tag))
