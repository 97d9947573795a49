"""A service is found by the words people use, however they type them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.catalogue import LANGUAGES, Catalogue
from booking.misspelt import Vocabulary, distance
from booking.script_opencc import simplified
from booking.search import LONGEST, MOST_FOUND, Found, Index, Role, folded, terms_of
from booking.seed_toml import seed

CATALOGUE: Catalogue = seed([2026]).catalogue
INDEX = Index(CATALOGUE, simplified)


def found(text: str) -> list[str]:
    return [one.service.id for one in INDEX.search(text)]


def first(text: str) -> Found:
    return INDEX.search(text)[0]


@pytest.mark.parametrize(
    ("typed", "service"),
    [
        ("無犯罪紀錄", "dsi-criminal-record"),
        ("无犯罪记录", "dsi-criminal-record"),
        ("police record", "dsi-criminal-record"),
        ("registo criminal", "dsi-criminal-record"),
        ("查屋紙", "dsaj-property-report"),
        ("查屋纸", "dsaj-property-report"),
        ("我想換身份證", "dsi-bir-renewal"),
        ("how do I renew my id card?", "dsi-bir-renewal"),
        ("carta de condução", "dsat-licence-replacement"),
        ("開公司", "hq_commerce-company-setup"),
        ("start a business", "hq_commerce-company-setup"),
        ("回乡证", "hq_security-exit-entry"),
        ("encargos de hipoteca", "hq_realestate-mortgage"),
    ],
)
def test_everyday_words_find_the_service_first(typed: str, service: str) -> None:
    assert found(typed)[0] == service


@pytest.mark.parametrize(
    "typed",
    ["CERTIDÃO DE CASAMENTO", "certidao de casamento", "casamento, certidão", "certidao casam",
     "certidão de casamneto", "ｃｅｒｔｉｄａｏ　ｃａｓａｍｅｎｔｏ", "certida\u0303o--casamento"],
)  # fmt: skip
def test_accents_case_width_order_beginnings_and_slips_are_forgiven(typed: str) -> None:
    assert found(typed)[0] == "dsaj-civil-certificate"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_service_is_found_by_its_own_name(language: str) -> None:
    for service in CATALOGUE.services.values():
        answer = INDEX.search(service.names[language])
        alike = {one.service.names[language] for one in answer[:2]}
        assert service.names[language] in alike, (service.id, [one.service.id for one in answer])


def test_every_everyday_word_finds_its_service() -> None:
    for service in CATALOGUE.services.values():
        for words in service.synonyms.values():
            for word in words:
                assert service.id in found(word), (service.id, word)


def test_both_scripts_find_the_same() -> None:
    for service in CATALOGUE.services.values():
        for word in service.synonyms["zh_Hant"]:
            assert found(word) == found(simplified(word)), word


def test_the_reason_is_the_text_that_fits_best_as_it_is_written() -> None:
    name = first("在生證明").reason
    assert (name.role, name.texts["zh_Hant"]) == (Role.NAME, "在生證明")
    synonym = first("Good Conduct").reason
    assert (synonym.role, dict(synonym.texts)) == (
        Role.SYNONYM,
        {"en": "good conduct certificate"},
    )
    department = first("DSAL").reason
    assert (department.role, department.texts["pt"]) == (Role.DEPARTMENT, "DSAL")
    paper = first("vaccination record").reason
    assert (paper.role, paper.texts["en"]) == (Role.PAPER, "Vaccination record")


def test_what_it_is_called_counts_for_more_than_what_is_brought_along() -> None:
    # A dozen services ask for a photograph of the licence; four are about it.
    answer = found("驾驶执照")
    assert {"dsat-licence-replacement", "dsat-licence-details"} <= set(answer[:4])


def test_a_department_finds_its_services() -> None:
    assert sorted(found("身份證明局")) == sorted(one.id for one in CATALOGUE.services_of("dsi"))
    assert found("DSAT") == [one.id for one in CATALOGUE.services_of("dsat")]


def test_a_word_of_department_and_a_word_of_the_matter_go_together() -> None:
    assert found("DSI護照")[0] == "dsi-passport"
    assert found("passaporte DSI")[0] == "dsi-passport"


def test_a_word_that_nobody_knows_is_not_held_against_the_rest() -> None:
    assert found("qwertyuiop 查屋紙 點攞") == found("查屋紙")


@pytest.mark.parametrize("nothing", ["", "   ", "？！", "qwertyuiop", "𠀀𠀁", "%_'\"\\", "\x00"])
def test_what_is_unknown_finds_nothing(nothing: str) -> None:
    assert found(nothing) == []


def test_a_number_is_not_taken_for_another() -> None:
    assert found("M/10")[0] == "dsf-property-tax-m10"
    assert list(Vocabulary(["2026", "2025"]).like("2024")) == []


def test_what_is_not_offered_any_more_is_not_found() -> None:
    services = dict(CATALOGUE.services)
    services["iam-dog-licence"] = replace(services["iam-dog-licence"], withdrawn=True)
    index = Index(replace(CATALOGUE, services=services), simplified)
    assert found("dog") == ["iam-dog-licence"]
    assert index.search("dog") == []


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("dog", "dog", 0), ("passaporte", "passaprote", 1), ("licence", "license", 1),
     ("notary", "notry", 1), ("notary", "notaary", 1), ("mortgage", "morgagee", 2),
     ("ca", "abc", 3), ("kinship", "passport", 3), ("", "ab", 2)],
)  # fmt: skip
def test_slips_are_counted(one: str, other: str, slips: int) -> None:
    assert distance(one, other, 2) == distance(other, one, 2) == slips


def test_a_known_word_is_not_taken_for_a_slip_and_a_short_one_never() -> None:
    words = Vocabulary(["carta", "carte", "dog", "dot", "cartas"])
    assert {word for word, _ in words.like("carta")} == {"carta", "cartas"}
    assert dict(words.like("dou")) == {}
    assert {word for word, _ in words.like("crata")} == {"carta"}


def test_the_scripts_are_folded_letter_by_letter() -> None:
    assert simplified("無犯罪紀錄證明") == "无犯罪纪录证明"
    assert simplified("Ação 3") == "Ação 3"
    assert folded("ＭＡＣＡＵ　櫃枱 Ação", simplified) == "macau 柜枱 acao"
    assert terms_of("m1 居民身份证 cao") == ["m1", "居民", "民身", "身份", "份证", "cao"]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_whatever_is_typed_is_answered_in_order(text: str) -> None:
    answer = INDEX.search(text)
    assert len(answer) <= MOST_FOUND
    assert [one.score for one in answer] == sorted((one.score for one in answer), reverse=True)
    assert all(one.score > 0 and one.reason.texts for one in answer)
    assert len({one.service.id for one in answer}) == len(answer)
    assert answer == INDEX.search(text[:LONGEST])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20))
def test_a_letter_stays_a_letter(text: str) -> None:
    assert simplified(text) == "".join(map(simplified, text))
