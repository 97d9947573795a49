"""The seed: complete, in four languages, and refused when a file is wrong."""

import re
from collections import Counter

import pytest

from booking import seed_toml
from booking.catalogue import (
    LANGUAGES,
    SPEECH,
    Ability,
    Acting,
    ByVideo,
    Catalogue,
    Fee,
    PaperKind,
)
from booking.seed_toml import BadSeed, seed

CATALOGUE: Catalogue = seed([2026, 2027]).catalogue
OFFER = {"id": "s", "minutes": 15, **dict.fromkeys(LANGUAGES, "x"), "papers": []}


def all_texts() -> list[tuple[str, dict[str, str]]]:
    found = []
    for department in CATALOGUE.departments.values():
        found += [(department.id, department.names), (department.id, department.short_names)]
    for service in CATALOGUE.services.values():
        found.append((service.id, service.names))
        found += [(paper.id, paper.names) for paper in service.papers]
        if service.elsewhere:
            found.append((f"{service.id}, elsewhere", service.elsewhere))
    for site in CATALOGUE.sites.values():
        found += [(site.id, site.names), (site.id, site.addresses)]
        found.append((f"{site.id}, directions", site.directions))
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


def test_every_service_has_everyday_words_in_every_language() -> None:
    for service in CATALOGUE.services.values():
        assert set(service.synonyms) == set(LANGUAGES), service.id
        for language, words in service.synonyms.items():
            assert len(words) >= 2 and len(set(words)) == len(words), (service.id, language)
            assert service.names[language] not in words, (service.id, language)


def test_who_only_answers_questions_names_the_place_that_does_it() -> None:
    for service in CATALOGUE.services.values():
        assert bool(service.elsewhere) is (service.by_video is ByVideo.ENQUIRY), service.id


def test_one_may_always_come_for_oneself_and_companies_send_somebody() -> None:
    acting = {one.id: set(one.acts_for) for one in CATALOGUE.services.values()}
    assert all(Acting.SELF in those for those in acting.values())
    assert acting["fss-proof-of-life"] == {Acting.SELF}
    assert Acting.REPRESENTATIVE in acting["hq_commerce-company-setup"]
    assert Acting.SOCIAL_WORKER in acting["ias-financial-status"]


def test_what_needs_a_printer_is_not_given_where_there_is_none() -> None:
    (kiosk,) = CATALOGUE.site("hengqin-neighbourhood").terminals
    assert kiosk.abilities == {Ability.SCANNER, Ability.STEP_FREE}
    printed = [one for one in CATALOGUE.services.values() if Ability.PRINTER in one.abilities]
    assert printed
    for service in printed:
        assert [site.id for site in CATALOGUE.sites_for(service.id)] == ["hengqin-centre"]


def test_macau_speaks_every_language_and_hengqin_not_always_portuguese() -> None:
    spoken = {one.id: one.speech for one in CATALOGUE.services.values()}
    assert spoken["dsi-passport"] == SPEECH
    assert spoken["hq_tax-macao-relief"] == ("yue", "cmn", "en")
    assert spoken["hq_realestate-search"] == ("yue", "cmn")
    assert all({"yue", "cmn"} <= set(languages) for languages in spoken.values())


def test_what_is_prepared_for_is_changed_in_time_and_what_is_dear_is_rationed() -> None:
    long = CATALOGUE.service("hq_realestate-transfer")
    assert long.change_until_minutes == 120
    assert CATALOGUE.service("dsi-passport").change_until_minutes == 0
    weekly = [one.weekly_per_person for one in CATALOGUE.services.values()]
    assert {limit for limit in weekly if limit is not None} == {1, 2}


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
        (lambda: seed_toml._speech(["fr"], "service s"), "service s: speech"),
        (lambda: seed_toml._speech([], "service s"), "service s: speech"),
        (lambda: seed_toml._synonyms({"fr": ["chien"]}, "service s"), "fr"),
        (lambda: seed_toml._service({**OFFER, "by_video": "enquiry"}, "d", {}), "names the place"),
    ],
)
def test_a_wrong_seed_says_where(call: object, words: str) -> None:
    assert callable(call)
    with pytest.raises(BadSeed, match=words):
        call()


def test_a_lane_may_speak_less_than_its_department() -> None:
    hours = CATALOGUE.department("dsi").hours
    entry = {"id": "d", "prefix": "Z", "short": "D", "lanes": 2, "lane_speech": [["pt", "yue"]]}
    names = dict.fromkeys(LANGUAGES, "x")
    department = seed_toml._department({**entry, **names}, "MO", hours)
    assert department.speech == (("yue", "pt"),)
    assert department.lanes_that_speak("pt") == (0, 1)
    assert department.lanes_that_speak("en") == (1,)
