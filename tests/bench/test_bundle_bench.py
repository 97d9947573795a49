"""The benchmark of bundles measures what it says."""

from tests.bench.bundle import GOAL_BITONAL_BYTES, book_of, inside, measure
from tests.documents.letters import letter_jpeg


def test_its_figures_are_those_of_the_pages() -> None:
    figures = measure(2, rounds=1)
    assert figures["byte_exact"] and figures["same_twice"]
    assert figures["bitonal_pages"] == 2 and figures["bitonal_bytes_max"] <= GOAL_BITONAL_BYTES
    assert figures["bind_ms"] > 0 and figures["bitonal_ms"] > 0
    assert 0 < figures["overhead_bytes"] < 4096


def test_it_would_see_a_page_that_was_encoded_again() -> None:
    from counter.documents.bundle_pikepdf import bind

    pages = [letter_jpeg(1), letter_jpeg(2)]
    assert inside(bind(book_of(pages))) == pages
    assert inside(bind(book_of(pages[::-1]))) != pages
