"""Which language a person gets, and how that language writes days, times and sums."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from web.shared.i18n import LANGUAGES, Words, match, negotiate, texts_for


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh", "zh_Hant"),
        ("zh-MO", "zh_Hant"),
        ("zh-HK", "zh_Hant"),
        ("zh-TW", "zh_Hant"),
        ("zh-Hant-CN", "zh_Hant"),
        ("yue-HK", "zh_Hant"),
        ("zh-CN", "zh_Hans"),
        ("zh-SG", "zh_Hans"),
        ("zh-Hans-MO", "zh_Hans"),
        ("zh_Hans", "zh_Hans"),
        ("pt", "pt"),
        ("pt-BR", "pt"),
        ("en-GB", "en"),
        ("fr", None),
        ("", None),
    ],
)
def test_a_tag_finds_its_language(tag: str, language: str | None) -> None:
    assert match(tag) == language


@pytest.mark.parametrize(
    ("chosen", "device", "accept", "language"),
    [
        ("pt", "en", "zh-MO", "pt"),
        (None, "en", "zh-MO", "en"),
        ("klingon", None, "zh-CN,pt;q=0.5", "zh_Hans"),
        (None, None, "zh-MO,pt;q=0.9", "zh_Hant"),
        (None, None, "fr, pt;q=0.2, en;q=0.8", "en"),
        (None, None, "en;q=0, pt;q=0.1", "pt"),
        (None, None, "fr", "zh_Hant"),
        (None, None, "", "zh_Hant"),
        (None, None, "en;q=nonsense", "zh_Hant"),
    ],
)
def test_choice_comes_before_device_before_browser(
    chosen: str | None, device: str | None, accept: str, language: str
) -> None:
    assert negotiate(chosen, device, accept) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_are_24_hours_in_every_language(language: str) -> None:
    assert Words(language).time(datetime(2026, 11, 25, 15, 4, tzinfo=UTC)) == "15:04"


def test_days_name_the_weekday() -> None:
    day = date(2026, 11, 25)
    assert Words("zh_Hant").day(day) == "2026年11月25日（星期三）"
    assert Words("zh_Hans").day(day) == "2026年11月25日（星期三）"
    assert Words("pt").day(day) == "quarta-feira, 25 de novembro de 2026"
    assert Words("en").day(day) == "Wednesday 25 November 2026"


def test_sums_carry_their_currency() -> None:
    assert Words("zh_Hant").money(Decimal("20.5"), "MOP") == "MOP$20.50"
    assert "20,50" in Words("pt").money(Decimal("20.5"), "MOP")


def test_chinese_has_one_form_and_portuguese_two() -> None:
    def left(language: str, n: int) -> str:
        text = texts_for(language).ngettext("%(num)s place left", "%(num)s places left", n)
        return text % {"num": n}

    assert [left("pt", 1), left("pt", 3)] == ["1 vaga", "3 vagas"]
    assert [left("zh_Hant", 1), left("zh_Hant", 3)] == ["尚餘 1 個名額", "尚餘 3 個名額"]
    assert [left("en", 1), left("en", 3)] == ["1 place left", "3 places left"]


def test_a_text_without_translation_shows_its_source() -> None:
    assert texts_for("pt").gettext("never said anywhere") == "never said anywhere"


def test_scripts_get_their_own_texts_and_no_others() -> None:
    for_scripts = texts_for("pt").for_scripts("citizen")
    assert for_scripts["{minutes}:{seconds} left"] == "Faltam {minutes}:{seconds}"
    assert "What to bring" not in for_scripts
