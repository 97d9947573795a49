"""Draws a department's own form, and looks whether it can be signed and read by everybody.

Runs only in a process that can do nothing else: the template is a program of somebody else's.
Typst itself keeps it below the folder of `common.typ`; packages there are none.
"""

import io
import json
from datetime import datetime

import pikepdf
import pypdfium2
import typst
from pikepdf import Dictionary, Name, Stream

from counter.esign.admission_pyhanko import require_signable
from counter.esign.field_labels import LABELS
from counter.esign.fields_pikepdf import with_signature_fields
from counter.esign.form_ports import OwnDrawn
from counter.esign.form_refusals import TemplateUnfit, TemplateWrong
from counter.esign.form_typst import FONTS, TEMPLATES, Box, Drawn, inputs_of
from counter.esign.forms import Language, OwnForm
from counter.esign.own_forms import (
    PAGES_MAX,
    Unfit,
    places_of,
    require_places,
    require_seen,
    require_worded,
    specimen,
)
from counter.esign.pages_pdfium import photograph
from counter.esign.pdf_refusals import PdfRefused
from counter.esign.ticket import FIELDS

READABLE = (str(FONTS), str(TEMPLATES / "common.typ"))
"All that a template may read."
NOWHERE = "/nonexistent"
DIAGNOSTIC_MAX = 4000


class OwnFormPress:
    """One font, opened once."""

    def __init__(self) -> None:
        self._fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
        )

    def draw(
        self,
        form: OwnForm,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        as_specimen: bool,
    ) -> OwnDrawn:
        """Raises `TemplateWrong`, `TemplateUnfit`.  as_specimen: see `OwnPress.draw`."""
        try:
            pdf, found = self._compiled(form, data, now)
        except (typst.TypstError, RuntimeError) as error:
            said = str(getattr(error, "diagnostic", "") or error)
            said = said.replace(str(TEMPLATES), "").replace("__typst_py_bytes__", form.id)
            raise TemplateWrong(said[:DIAGNOSTIC_MAX]) from None
        places = places_of(found)
        boxes = tuple(
            Box(
                name=one.name,
                page=one.page,
                x_pt=one.x,
                y_pt=one.y,
                width_pt=one.width,
                height_pt=one.height,
            )
            for one in places
        )
        require_places(places, _sizes(pdf))
        whole = with_signature_fields(Drawn(pdf=pdf, boxes=boxes), LABELS[language])
        _require_plain(whole)
        try:
            require_signable(whole, FIELDS[0])
        except PdfRefused as error:
            raise TemplateUnfit(Unfit.CONTENT, error.code) from error
        said = _text(whole)
        # Also of what is signed: a template may do with a real text what it did not do with ours.
        require_seen(form, data, said)
        if not as_specimen:
            return OwnDrawn(pdf=whole, pages=())
        require_worded(form, data, said)
        return OwnDrawn(pdf=whole, pages=photograph(whole))

    def _compiled(
        self, form: OwnForm, data: dict[str, str], now: datetime
    ) -> tuple[bytes, list[object]]:
        source, inputs = form.typst.encode(), inputs_of(form, data)
        # Another compiler asks for the boxes: what it is given in bytes each reads only once.
        pdf = self._compiler(b"", inputs).compile(
            input=source,
            format="pdf",
            timestamp=int(now.timestamp()),
            pdf_standards=["a-2a", "ua-1"],
        )
        assert isinstance(pdf, bytes)  # a list is for one image per page
        found = self._compiler(source, inputs).query("<signature-box>", field="value")
        return pdf, json.loads(found)

    def _compiler(self, source: bytes, inputs: dict[str, str]) -> typst.Compiler:
        return typst.Compiler(
            input=source,
            root=str(TEMPLATES),
            font_paths=self._fonts,
            ignore_system_fonts=True,
            sys_inputs=inputs,
            package_path=NOWHERE,
            package_cache_path=NOWHERE,
        )


def warm(press: OwnFormPress, form: OwnForm, now: datetime) -> None:
    """Load all that drawing needs, since nothing can be read afterwards."""
    press.draw(form, specimen(form), "zh-Hant", now, as_specimen=True)


def _sizes(pdf: bytes) -> list[tuple[float, float]]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        if len(opened.pages) > PAGES_MAX:
            raise TemplateUnfit(Unfit.PAGES)
        return [
            (float(page.mediabox[2]) - float(page.mediabox[0]), float(page.mediabox[3]))
            for page in opened.pages
        ]


def _require_plain(pdf: bytes) -> None:
    """Tagged, as PDF/UA-1 and PDF/A-2a; no pictures that need a decoder of their own."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        marks = opened.open_metadata()
        tagged = opened.Root.get("/MarkInfo", Dictionary()).get("/Marked", False)
        claims = [marks.get(name) for name in ("pdfuaid:part", "pdfaid:part", "pdfaid:conformance")]
        if not tagged or claims != ["1", "2", "A"] or "/StructTreeRoot" not in opened.Root:
            raise TemplateUnfit(Unfit.UNTAGGED)
        for one in opened.objects:
            picture = isinstance(one, Stream) and one.get("/Subtype") == Name.Image
            if picture and one.get("/Filter") not in (None, Name.FlateDecode):
                raise TemplateUnfit(Unfit.PICTURE)


def _text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()
