"""The documentation speaks of what is there: files, pictures, settings, commands."""

import re
from pathlib import Path

import pytest

from counter.settings.node import Settings

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LARGEST_PICTURE_BYTES = 300_000

_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def links(page: Path) -> set[str]:
    """Return what `page` points at inside the repository."""
    found = {one or other for one, other in _LINK.findall(page.read_text())}
    return {link for link in found if not re.match(r"[a-z]+:|#", link)}


def anchors(page: Path) -> set[str]:
    """Return the names of the page's headings, as they are made for links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = [
        link for link in sorted(links(page)) if not (page.parent / link.partition("#")[0]).exists()
    ]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_to_a_heading_finds_it(page: Path) -> None:
    own = {f"#{name}" for name in anchors(page)}
    inside = set(re.findall(r"\]\((#[^)]+)\)", page.read_text()))
    assert inside <= own
    for link in links(page):
        path, _, name = link.partition("#")
        if name:
            assert name in anchors(page.parent / path), link


def test_every_setting_is_explained_and_no_other() -> None:
    table = (ROOT / "docs/operations.md").read_text().split("## Settings")[1].split("\n## ")[0]
    explained = re.findall(r"^\| `(\w+)` \|", table, re.M)
    assert set(explained) == set(Settings.model_fields)


def test_every_picture_is_used_and_small() -> None:
    used = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    pictures = {path.resolve() for path in (ROOT / "docs/pictures").iterdir()}
    assert pictures, "take them: python -m tools.take_pictures"
    assert pictures <= used
    assert [path.name for path in pictures if path.stat().st_size > LARGEST_PICTURE_BYTES] == []


def test_every_decision_says_why_and_what_follows() -> None:
    for page in (ROOT / "docs/decisions").glob("*.md"):
        assert re.match(r"\d{4}-\d\d-\d\d-[a-z0-9-]+\.md", page.name)
        text = page.read_text()
        for part in ("**Context.**", "**Aim.**", "**Decision.**", "**Consequences.**"):
            assert part in text, f"{page.name}: {part}"


def test_paths_that_are_named_exist() -> None:
    rooms = "booking|counter|web|tests|tools|docs"
    named = {
        (page.name, path)
        for page in PAGES
        for path in re.findall(rf"`((?:{rooms})/[\w/.-]+)`", page.read_text())
        if "docs/decisions" not in str(page)  # a decision may speak of what was
    }
    assert [one for one in sorted(named) if not (ROOT / one[1]).exists()] == []
