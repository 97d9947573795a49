"""Draws forms and the department's seal with Typst: PDF/A-2a and PDF/UA-1 in one file.

The document is a function of template, data and time: same in, same bytes out.  The only font is
ours; a character it lacks is an error, never a box.  Runs in the worker process.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import segno
import typst

from counter.esign.forms import FormData, Forms, FormTemplate, OwnForm
from counter.esign.glyphs import GlyphTable, glyph_table
from counter.esign.validation import CHECK_ADDRESS

TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(__file__).parent / "fonts"
STANDARDS = ["a-2a", "ua-1"]
Files = dict[str, Path | bytes]
"What Typst reads below the folder of the templates, by name; `main` is drawn."


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Where a signature goes."""

    name: str
    page: int
    "From 1."
    x_pt: float
    "From the left edge of the page to the box."
    y_pt: float
    "From the TOP edge of the page to the box's top."
    width_pt: float
    height_pt: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A form as Typst made it, without signature fields."""

    pdf: bytes
    boxes: tuple[Box, ...]


def shipped_forms() -> Forms:
    """The forms of this product, read from their descriptions."""
    return Forms(
        FormTemplate.model_validate_json(file.read_text(encoding="utf-8"))
        for file in sorted(TEMPLATES.glob("*.json"))
    )


def shipped_glyphs() -> GlyphTable:
    """What the font of the forms can draw."""
    return glyph_table((FONTS / "NotoSansCJKtc-Regular.otf").read_bytes())


def inputs_of(form: FormTemplate, data: FormData) -> dict[str, str]:
    """What a template is given: `common.typ` reads it.

    data: the texts by field; form: the description, for labels and choices.
    """
    said = {**data, "form": f"{form.id} {form.version}"}
    if data.get(CHECK_ADDRESS):
        said["check_code"] = _code(data[CHECK_ADDRESS])
    return {
        "data": json.dumps(said, ensure_ascii=False),
        "form": form.model_dump_json(by_alias=True, exclude={"typst"}),
    }


def template_sha256(form: FormTemplate) -> str:
    """Names what a form is drawn with, whatever its data: 64 hexadecimal digits.

    SHA-256 of its template, of `common.typ` which that reads, and of its description, each behind
    its length in bytes: 8 of them, big-endian.
    """
    named = TEMPLATES / f"{form.id}.typ"
    source = form.typst.encode() if isinstance(form, OwnForm) else named.read_bytes()
    description = form.model_dump_json(by_alias=True, exclude={"typst"}).encode()
    whole = hashlib.sha256()
    for part in (source, (TEMPLATES / "common.typ").read_bytes(), description):
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


class Press:
    """Keeps one warm compiler: what it laid out it knows again, under whatever data.

    The data are files in memory, since all is void when an input of Typst changes.
    """

    def __init__(self) -> None:
        self.glyphs = shipped_glyphs()
        self._fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
        )
        self._compiler = self._made(b"")

    def form(self, form: FormTemplate, data: FormData, now: datetime) -> Drawn:
        """Draw `form` with `data`, which `forms.check` has passed.

        Raises `typst.TypstError` when the template and the data do not fit.
        """
        inputs = inputs_of(form, data)
        files = _files(form.id, inputs["data"]) | {"form.json": inputs["form"].encode()}
        pdf = self._pdf(files, now, pdf_standards=STANDARDS)
        # Files in memory are read only once: another compiler asks, of what is laid out already.
        found = json.loads(self._made(files).query("<signature-box>", field="value"))
        return Drawn(pdf=pdf, boxes=tuple(Box(**box) for box in found))

    def seal(self, said: Mapping[str, Any], now: datetime) -> bytes:
        """Draw the seal's block: a one-page PDF of `said["width_pt"]` by `said["height_pt"]`."""
        return self._block("seal", said, now)

    def page(self, name: str, said: Mapping[str, Any], now: datetime) -> bytes:
        """Draw another page of ours, of the template of this name."""
        files = _files(name, json.dumps(said, ensure_ascii=False))
        return self._pdf(files, now, pdf_standards=STANDARDS)

    def witness(self, said: Mapping[str, Any], now: datetime) -> bytes:
        """Draw the agent's block, as `seal` does its own; it always fits."""
        return self._block("witness", said, now)

    def certificate(self, said: Mapping[str, Any], now: datetime) -> bytes:
        """Draw what is seen of the citizen's own certificate, as `seal` does; it always fits."""
        return self._block("certificate", said, now)

    def _block(self, name: str, said: Mapping[str, Any], now: datetime) -> bytes:
        # Drawn without a standard, a character that the font lacks would be a box in silence.
        texts = [one for one in said.values() if isinstance(one, str)]
        if self.glyphs.missing("".join(texts)):
            raise typst.TypstError(f"{name}: a character that the font lacks")  # type: ignore[call-arg]
        files = _files(name, json.dumps(said, ensure_ascii=False))
        return self._pdf(files, now, pdf_tags=False)

    def _pdf(self, files: Files, now: datetime, **how: Any) -> bytes:
        pdf = self._compiler.compile(
            input=cast("Any", files), format="pdf", timestamp=int(now.timestamp()), **how
        )
        assert isinstance(pdf, bytes)  # a list is for one image per page
        return pdf

    def _made(self, files: Files | bytes) -> typst.Compiler:
        return typst.Compiler(
            input=cast("Any", files),  # its stubs leave files out
            root=str(TEMPLATES),
            font_paths=self._fonts,
            ignore_system_fonts=True,
        )


def _files(template: str, data: str) -> Files:
    return {"main": TEMPLATES / f"{template}.typ", "data.json": data.encode()}


def _code(address: str) -> str:
    """The QR code of an address as SVG; the page is its quiet zone."""
    out = io.BytesIO()
    segno.make_qr(address, error="m").save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()
