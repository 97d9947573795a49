"""The check of the texts finds what is wrong, and the sources' own texts are right."""

from pathlib import Path

import pytest
from babel.messages.pofile import write_po

from tools import texts


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small tree of sources with one domain."""
    monkeypatch.setattr(texts, "ROOT", tmp_path)
    monkeypatch.setattr(texts, "WEB", tmp_path / "web")
    monkeypatch.setattr(texts, "LOCALE", tmp_path / "web" / "locale")
    templates = tmp_path / "web" / "citizen" / "templates"
    templates.mkdir(parents=True)
    (templates / "a.html").write_text(
        '{{ _("Hello %(name)s", name=1) }}{# _("comment") #}'
        '{{ ngettext("%(num)s day", "%(num)s days", 2) }}'
    )
    (tmp_path / "web" / "citizen" / "a.py").write_text("x = N_('Later')\ny = gettext(x)\n")
    assets = tmp_path / "web" / "citizen" / "assets"
    assets.mkdir()
    (assets / "a.tsx").write_text(
        "// t('in a comment')\n/* t('in a block') */\n"
        "const a = <p>{t('It\\'s {n}', {n})}{tn(\"{n} cup\", \"{n} cups\", 3)}</p>; split('no');\n"
    )
    return tmp_path


def ids(domain: str) -> list[object]:
    return [message.id for message in texts.gather(domain) if message.id]


def test_texts_are_found_in_python_templates_and_scripts(tree: Path) -> None:
    assert ids("citizen") == [
        "Later",
        "It's {n}",
        ("{n} cup", "{n} cups"),
        "Hello %(name)s",
        ("%(num)s day", "%(num)s days"),
    ]


def fill(language: str, hello: str) -> None:
    """Translate everything with itself, and the greeting with `hello`."""
    catalog = texts.read(language, "citizen")
    for message in catalog:
        if message.id:
            forms = [message.id] if isinstance(message.id, str) else [message.id[1]] * 2
            forms = forms[: catalog.num_plurals]
            message.string = forms[0] if isinstance(message.id, str) else tuple(forms)
            if message.id == "Hello %(name)s":
                message.string = hello
    with texts.po_path(language, "citizen").open("wb") as out:
        write_po(out, catalog)


def test_new_texts_are_missing_until_they_are_translated(tree: Path) -> None:
    texts.update(["citizen"])
    assert len(list(texts.problems(["citizen"]))) == 15, "5 texts in 3 languages"
    for language in texts.TRANSLATED:
        fill(language, "Olá %(name)s")
    assert list(texts.problems(["citizen"])) == []


def test_other_placeholders_are_found(tree: Path) -> None:
    texts.update(["citizen"])
    for language in texts.TRANSLATED:
        fill(language, "Olá %(nome)s" if language == "pt" else "Olá %(name)s")
    assert list(texts.problems(["citizen"])) == [
        "pt/citizen: other placeholders than ['name']: 'Hello %(name)s'"
    ]


def test_a_translation_outlives_an_update_and_goes_with_its_text(tree: Path) -> None:
    texts.update(["citizen"])
    for language in texts.TRANSLATED:
        fill(language, "Olá %(name)s")
    texts.update(["citizen"])
    assert list(texts.problems(["citizen"])) == []
    (tree / "web" / "citizen" / "a.py").write_text("")
    gone = [f"{one}/citizen: nobody says any more: 'Later'" for one in texts.TRANSLATED]
    assert list(texts.problems(["citizen"])) == gone
    texts.update(["citizen"])
    assert list(texts.problems(["citizen"])) == []


def test_a_script_must_hand_over_a_plain_string(tree: Path) -> None:
    (tree / "web" / "citizen" / "assets" / "b.ts").write_text("t(name)\n")
    assert any("b.ts:1: t() needs a plain string" in one for one in texts.problems(["citizen"]))


def test_the_base_and_the_citizens_face_are_complete() -> None:
    assert list(texts.problems(["shared", "citizen"])) == []
