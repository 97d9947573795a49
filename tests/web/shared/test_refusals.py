"""Every refusal that the code can make has a sentence and a next step, in four languages."""

import re
from pathlib import Path

import pytest

from web.shared.i18n import LANGUAGES
from web.shared.refusals import SENTENCES, advice, explain

ROOT = Path(__file__).resolve().parents[3]
CODE = re.compile(r"""^    code(?:: ClassVar\[str\])? = "([a-z_]+)"$""", re.M)
BASES = {"refused", "booking_refused"}
"Codes of base classes, which nobody raises."


def codes_in_the_sources() -> set[str]:
    return {
        code
        for folder in ("counter", "booking", "web")
        for path in (ROOT / folder).rglob("*.py")
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    } - BASES


def test_the_sources_were_found() -> None:
    assert {"slot_taken", "hold_expired", "not_allowed_now"} <= codes_in_the_sources()


def test_every_code_of_the_sources_has_a_sentence() -> None:
    assert codes_in_the_sources() - set(SENTENCES) == set()


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_and_a_next_step_in_every_language(code: str) -> None:
    said = {language: explain(code, language) for language in LANGUAGES}
    for title, what_to_do in said.values():
        assert title
        assert what_to_do.endswith((".", "。"))
    assert len({title for title, _ in said.values()}) >= 3, "not translated"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_code_is_shown_with_a_general_sentence(language: str) -> None:
    title, what_to_do = explain("moon_in_the_way", language)
    assert title
    assert "moon_in_the_way" in what_to_do


def test_both_sentences_are_joined_as_the_language_joins_them() -> None:
    assert "。" in advice("slot_taken", "zh_Hant")
    assert ". " not in advice("slot_taken", "zh_Hant")
    assert ". " in advice("slot_taken", "pt")
