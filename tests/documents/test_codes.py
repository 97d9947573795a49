"""Barcodes on papers: read when small, blurred or turned, and told as a stranger's text."""

import cv2
import numpy as np
import pytest
import zxingcpp

from counter.documents.codes import LONGEST, MOST, Code, told
from counter.documents.codes_zxing import read_codes
from counter.documents.sample_page import draw_letter
from tests.documents.printed_codes import TEXT, code, on_paper


@pytest.mark.parametrize("kind", ["QRCode", "DataMatrix", "Aztec", "PDF417", "Code128"])
def test_each_kind_is_read(kind: str) -> None:
    (found,) = read_codes(on_paper(code(kind, scale=2)))
    assert found.text == TEXT


@pytest.mark.parametrize("scale", [2, 3, 5])
@pytest.mark.parametrize("turned", [0, 1, 2, 3])
def test_it_is_read_at_two_pixels_a_module_and_however_it_lies(scale: int, turned: int) -> None:
    assert read_codes(np.rot90(on_paper(code(scale=scale)), turned).copy()) == (
        Code(kind="QR Code", text=TEXT),
    )


@pytest.mark.parametrize("sigma_px", [0.5, 1.0, 1.5])
def test_it_is_read_when_it_is_blurred(sigma_px: float) -> None:
    blurred = cv2.GaussianBlur(on_paper(code(scale=5)), (0, 0), sigma_px)
    assert [one.text for one in read_codes(np.asarray(blurred, np.uint8))] == [TEXT]


def test_a_letter_without_a_code_has_none() -> None:
    assert read_codes(draw_letter(np.random.default_rng(1), 1654)) == ()


def test_a_code_over_which_the_library_fails_costs_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("of the library")

    monkeypatch.setattr(zxingcpp, "read_barcodes", fails)
    assert read_codes(on_paper(code())) == ()


def test_what_steers_a_screen_is_not_told() -> None:
    (found,) = told([("QR Code", "a\x00b\u202ec\u2066d\n e\u200b")])
    assert found.text == "a b c d e"


def test_it_is_told_once_cut_short_and_not_without_end() -> None:
    many = [("QR Code", str(number)) for number in range(20)]
    assert len(told([*many, *many])) == MOST
    (long,) = told([("QR Code", "x" * 4000)])
    assert len(long.text) == LONGEST and long.text.endswith("…")
    assert told([("QR Code", "\n"), ("QR Code", "a"), ("QR Code", "a")]) == (
        Code(kind="QR Code", text="a"),
    )
