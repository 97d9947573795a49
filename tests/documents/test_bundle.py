"""Which pages are bound, in which order, and how large."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.documents.bundle import chapters, points, size_mm
from counter.documents.page import PageState
from tests.documents.leaves import leaf

ITEMS = st.sampled_from(["identity-card", "proof-of-address", "photo", "other"])


@given(
    st.lists(st.tuples(ITEMS, st.sampled_from(PageState)), max_size=12),
    st.permutations(["identity-card", "proof-of-address", "photo"]),
)
def test_what_was_accepted_is_bound_once_and_nothing_else(
    came: list[tuple[str, PageState]], checklist: list[str]
) -> None:
    leaves = [leaf(seq, item, state=state) for seq, (item, state) in enumerate(came, start=1)]
    made = chapters(leaves, checklist, str.upper)
    bound = [one.page_id for chapter in made for one in chapter.leaves]
    accepted = [one.page_id for one in leaves if one.state is PageState.ACCEPTED]
    assert sorted(bound) == sorted(accepted)
    assert all(chapter.leaves and chapter.label == chapter.item.upper() for chapter in made)
    assert all(one.item == chapter.item for chapter in made for one in chapter.leaves)
    for chapter in made:
        assert [one.seq for one in chapter.leaves] == sorted(one.seq for one in chapter.leaves)
    listed = [chapter.item for chapter in made if chapter.item in checklist]
    assert listed == [item for item in checklist if item in listed]
    assert [chapter.item for chapter in made][: len(listed)] == listed


def test_papers_off_the_checklist_come_last_as_they_came() -> None:
    leaves = [leaf(1, "letter"), leaf(2, "other"), leaf(3, "identity-card"), leaf(4, "letter")]
    made = chapters(leaves, ["identity-card"], str)
    assert [(one.item, [page.seq for page in one.leaves]) for one in made] == [
        ("identity-card", [3]),
        ("letter", [1, 4]),
        ("other", [2]),
    ]


@pytest.mark.parametrize(
    "paper, pixels, size",
    [
        ("a-series", (1654, 2339), (210.0, 297.0)),
        ("a-series", (2339, 1654), (297.0, 210.0)),
        ("id-1", (1011, 638), (85.60, 53.98)),
        ("free", (1000, 2000), (148.5, 297.0)),
        ("something new", (2000, 1000), (297.0, 148.5)),
    ],
)
def test_a_page_is_as_large_as_its_paper(
    paper: str, pixels: tuple[int, int], size: tuple[float, float]
) -> None:
    assert size_mm(paper, *pixels) == size


def test_resolution_is_that_of_the_flattened_page() -> None:
    assert leaf(1).dpi == pytest.approx(200.0, abs=0.1)
    card = leaf(1, format="id-1", width_px=1011, height_px=638)
    assert card.dpi == pytest.approx(300.0, abs=0.1)


def test_a4_in_points() -> None:
    assert (points(210.0), points(297.0)) == (595.28, 841.89)
