"""What may be done to a signed form by somebody who should not: file in, file out."""

import io
from collections.abc import Callable
from typing import Any

import pikepdf
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NumberObject,
    StreamObject,
    pdf_name,
    pdf_string,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, async_sign_pdf
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from counter.esign.key_ports import KeyFiles

RED = b"1 0 0 rg 0 0 482 85 re f"


def written(change: Callable[[IncrementalPdfFileWriter], None]) -> Callable[[bytes], bytes]:
    def attack(pdf: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        change(writer)
        file = io.BytesIO()
        writer.write(file)
        return file.getvalue()

    return attack


def field(writer: IncrementalPdfFileWriter, name: str) -> Any:
    fields = writer.root["/AcroForm"]["/Fields"]
    found = [fields.raw_get(number).get_object() for number in range(len(fields))]
    return next(one for one in found if one["/T"] == name)


def rectangle(*corners: int) -> ArrayObject:
    return ArrayObject([FloatObject(corner) for corner in corners])


def paint(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(StreamObject(stream_data=RED))
    writer.update_container(page)


def script(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OpenAction"] = DictionaryObject({pdf_name("/S"): pdf_name("/JavaScript")})
    writer.update_root()


def move(writer: IncrementalPdfFileWriter) -> None:
    signed = field(writer, "Citizen")
    signed["/Rect"] = rectangle(57, 500, 539, 585)
    writer.update_container(signed)


def repaint_signature(writer: IncrementalPdfFileWriter) -> None:
    signed = field(writer, "Citizen")
    look = StreamObject(
        dict_data={
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): ArrayObject([NumberObject(x) for x in (0, 0, 482, 85)]),
            pdf_name("/Resources"): DictionaryObject(),
        },
        stream_data=RED,
    )
    signed["/AP"] = DictionaryObject({pdf_name("/N"): writer.add_object(look)})
    writer.update_container(signed)


def note(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    text = DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): rectangle(57, 600, 539, 700),
            pdf_name("/Contents"): pdf_string("free of charge"),
            pdf_name("/DA"): pdf_string("/Helv 12 Tf"),
        }
    )
    known = page["/Annots"] if "/Annots" in page else ArrayObject()
    kept = [known.raw_get(number) for number in range(len(known))]
    page["/Annots"] = ArrayObject([*kept, writer.add_object(text)])
    writer.update_container(page)


def new_field(writer: IncrementalPdfFileWriter) -> None:
    append_signature_field(writer, SigFieldSpec("Extra", box=(57, 600, 300, 700)))


def hidden_field(writer: IncrementalPdfFileWriter) -> None:
    append_signature_field(writer, SigFieldSpec("Extra"))


def title(writer: IncrementalPdfFileWriter) -> None:
    name = DictionaryObject({pdf_name("/Title"): pdf_string("other")})
    writer.set_info(writer.add_object(name))


def paint_in_place(writer: IncrementalPdfFileWriter) -> None:
    """The stream that shows a signature, overwritten under its own number."""
    look = field(writer, "Citizen")["/AP"].raw_get("/N")
    old = look.get_object()
    old._data, old._encoded_data = RED, None
    writer.mark_update(look)


def other_pages(writer: IncrementalPdfFileWriter) -> None:
    """Hide and replace: another tree of pages under the same root."""
    page = DictionaryObject(dict(writer.root["/Pages"]["/Kids"][0]))
    page["/Contents"] = writer.add_object(StreamObject(stream_data=RED))
    tree = DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Pages"),
            pdf_name("/Kids"): ArrayObject([writer.add_object(page)]),
            pdf_name("/Count"): NumberObject(1),
        }
    )
    writer.root["/Pages"] = writer.add_object(tree)
    writer.update_root()


def field_gone(writer: IncrementalPdfFileWriter) -> None:
    form = writer.root["/AcroForm"]
    form["/Fields"] = ArrayObject([form["/Fields"].raw_get(0)])
    writer.update_container(form)


def without_proofs(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/DSS"]
    writer.update_root()


def other_text(writer: IncrementalPdfFileWriter) -> None:
    """Replace shadow: what a reader takes for the filling of a form."""
    fee = field(writer, "Fee")
    fee["/V"] = pdf_string("1000")
    look = StreamObject(
        dict_data={
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): rectangle(0, 0, 200, 20),
            pdf_name("/Resources"): DictionaryObject(),
        },
        stream_data=RED,
    )
    fee["/AP"] = DictionaryObject({pdf_name("/N"): writer.add_object(look)})
    writer.update_container(fee)


def rolled_back(pdf: bytes) -> bytes:
    """Hide: the end leads to the table of contents of before the signatures."""
    first = pdf.index(b"startxref") + len(b"startxref")
    offset = pdf[first:].split(maxsplit=1)[0]
    return pdf + b"\nstartxref\n" + offset + b"\n%%EOF\n"


def enveloped(pdf: bytes) -> bytes:
    """Another PDF that carries ours along."""
    with pikepdf.new() as other:
        other.add_blank_page()
        other.attachments["form.pdf"] = pdf
        file = io.BytesIO()
        other.save(file)
        return file.getvalue()


def saved_anew(pdf: bytes) -> bytes:
    """What a program does that "repairs" a file."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        file = io.BytesIO()
        opened.save(file)
        return file.getvalue()


def flipped_at(share: float) -> Callable[[bytes], bytes]:
    def attack(pdf: bytes) -> bytes:
        where = int(len(pdf) * share)
        return pdf[:where] + bytes([pdf[where] ^ 1]) + pdf[where + 1 :]

    return attack


ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "a page painted over": written(paint),
    "a script": written(script),
    "a signature moved": written(move),
    "a signature painted anew": written(repaint_signature),
    "a note over the text": written(note),
    "a new field": written(new_field),
    "a field that is not seen": written(hidden_field),
    "another title": written(title),
    "a byte in the first third": flipped_at(0.3),
    "a byte in the middle": flipped_at(0.5),
    "bytes behind the end": lambda pdf: pdf + b"more" * 10,
    "an end that is missing": lambda pdf: pdf[:-20],
    "a comment behind the end": lambda pdf: pdf + b"\n% hello\n%%EOF\n",
    "a signature painted anew in its place": written(paint_in_place),
    "other pages behind the same root": written(other_pages),
    "a signature's field taken away": written(field_gone),
    "the signatures hidden": rolled_back,
    "another document around it": enveloped,
    "a file saved anew": saved_anew,
    "a byte in the last tenth": flipped_at(0.93),
}

ARCHIVE_ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "its proofs taken away": written(without_proofs),
}
"What can be done to a document with an archive's timestamp, beside all that."

change_text = written(other_text)


async def signed_by(stranger: KeyFiles, pdf: bytes, name: str = "Stranger") -> bytes:
    """Add a signature of somebody else, in a field that nobody sees."""
    signer = SimpleSigner.load(
        str(stranger.key),
        str(stranger.certificate),
        ca_chain_files=[str(path) for path in stranger.chain],
    )
    file = io.BytesIO()
    await async_sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)),
        PdfSignatureMetadata(field_name=name),
        signer=signer,
        output=file,
    )
    return file.getvalue()
