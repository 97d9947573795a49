"""The seed: complete, in four languages, and refused when a file is wrong."""

import re
from collections import Counter

import pytest

from booking import seed_toml
from booking.catalogue import LANGUAGES, Catalogue, Fee, PaperKind
from booking.seed_toml import BadSeed, seed

CATALOGUE: Catalogue = seed([2026, 2027]).catalogue


def all_texts() -> list[tuple[str, dict[str, str]]]:
    found = []
    for department in CATALOGUE.departments.values():
        found += [(department.id, department.names), (department.id, department.short_names)]
    for service in CATALOGUE.services.values():
        found.append((service.id, service.names))
        found += [(paper.id, paper.names) for paper in service.papers]
    for site in CATALOGUE.sites.values():
        found += [(site.id, site.names), (site.id, site.addresses)]
    return [(where, dict(texts)) for where, texts in found]


def test_there_are_seventeen_departments_with_five_services_each() -> None:
    territories = Counter(one.territory for one in CATALOGUE.departments.values())
    assert territories == {"MO": 11, "CN": 6}
    per_department = Counter(one.department for one in CATALOGUE.services.values())
    assert per_department == dict.fromkeys(CATALOGUE.departments, 5)


def test_there_are_six_terminals_at_three_sites() -> None:
    assert {site.id: len(site.terminals) for site in CATALOGUE.sites.values()} == {
        "hengqin-neighbourhood": 1,
        "hengqin-centre": 2,
        "macau-morais": 3,
    }


def test_a_service_is_given_on_the_other_side_of_the_border() -> None:
    for service in CATALOGUE.services.values():
        home = CATALOGUE.department(service.department).territory
        sites = CATALOGUE.sites_for(service.id)
        assert sites and all(site.territory != home for site in sites)


def test_every_text_is_there_in_every_language() -> None:
    for where, texts in all_texts():
        assert set(texts) == set(LANGUAGES), where
        assert all(text.strip() == text and text for text in texts.values()), where


def test_chinese_is_in_chinese_and_the_rest_in_latin_letters() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    for where, texts in all_texts():
        assert han.search(texts["zh_Hant"]) and han.search(texts["zh_Hans"]), where
        assert not han.search(texts["pt"]) and not han.search(texts["en"]), where


def test_simplified_texts_hold_no_traditional_letters() -> None:
    traditional = set("證廳記錄門稅險簽業產權類駕駛執車輛換學體與為個戶開關報請書單據務處橫")
    for where, texts in all_texts():
        assert not traditional & set(texts["zh_Hans"]), where


def test_every_department_has_ticket_letters_of_its_own() -> None:
    prefixes = [department.prefix for department in CATALOGUE.departments.values()]
    assert len(set(prefixes)) == len(prefixes)
    assert not set(prefixes) & {"I", "O"}


def test_papers_of_a_service_differ_and_have_a_kind() -> None:
    for service in CATALOGUE.services.values():
        ids = [paper.id for paper in service.papers]
        assert ids and len(set(ids)) == len(ids), service.id
        assert all(isinstance(paper.kind, PaperKind) for paper in service.papers)


def test_fees_are_in_the_currency_of_the_department() -> None:
    fees = {one.id: one.fee for one in CATALOGUE.services.values() if one.fee}
    assert fees["dsat-licence-replacement"] == Fee(minor=40_000, currency="MOP")
    assert len(fees) == 4


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: seed_toml._texts({"en": "A", "pt": "B"}, "here"), "zh_Hant, zh_Hans"),
        (lambda: seed_toml._openings("x", ["Mon 9-18"]), "hours x"),
        (lambda: seed_toml._paper("ghost original", "service s", {}), "ghost"),
        (lambda: seed_toml._fee("40 patacas", "service s"), "MOP 40.00"),
    ],
)
def test_a_wrong_seed_says_where(call: object, words: str) -> None:
    assert callable(call)
    with pytest.raises(BadSeed, match=words):
        call()
