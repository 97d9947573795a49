"""What may be done to a signed form by somebody who should not: file in, file out."""

import io
from collections.abc import Callable
from typing import Any

import pikepdf
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    NumberObject,
    StreamObject,
    pdf_name,
    pdf_string,
)
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, async_sign_pdf
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from counter.esign.key_ports import KeyFiles
from counter.esign.seal_pyhanko import Revision

RED = b"1 0 0 rg 0 0 482 85 re f"


def written(change: Callable[[Revision], None]) -> Callable[[bytes], bytes]:
    """Return an attack that writes nothing but what it is about: no metadata that give it away."""

    def attack(pdf: bytes) -> bytes:
        writer = Revision(io.BytesIO(pdf))
        change(writer)
        file = io.BytesIO()
        writer.write(file)
        return file.getvalue()

    return attack


def field(writer: Revision, name: str) -> Any:
    fields = writer.root["/AcroForm"]["/Fields"]
    found = [fields.raw_get(number).get_object() for number in range(len(fields))]
    return next(one for one in found if one["/T"] == name)


def rectangle(*corners: int) -> ArrayObject:
    return ArrayObject([FloatObject(corner) for corner in corners])


def paint(writer: Revision) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(StreamObject(stream_data=RED))
    writer.update_container(page)


def script(writer: Revision) -> None:
    writer.root["/OpenAction"] = DictionaryObject({pdf_name("/S"): pdf_name("/JavaScript")})
    writer.update_root()


def move(writer: Revision) -> None:
    signed = field(writer, "Citizen")
    signed["/Rect"] = rectangle(57, 500, 539, 585)
    writer.update_container(signed)


def repaint_signature(writer: Revision) -> None:
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


def note(writer: Revision) -> None:
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


def new_field(writer: Revision) -> None:
    append_signature_field(writer, SigFieldSpec("Extra", box=(57, 600, 300, 700)))


def hidden_field(writer: Revision) -> None:
    append_signature_field(writer, SigFieldSpec("Extra"))


def title(writer: Revision) -> None:
    name = DictionaryObject({pdf_name("/Title"): pdf_string("other")})
    writer.set_info(writer.add_object(name))


def no_title(writer: Revision) -> None:
    writer.set_info(None)
    del writer.root["/Metadata"]
    writer.update_root()


def metadata(writer: Revision) -> None:
    """What viewers show as the title, overwritten under its own number."""
    told = writer.root.raw_get("/Metadata")
    stream = told.get_object()
    stream._data, stream._encoded_data = stream.data.replace(b"PDF/A", b"PDF/X") + b"\n", None
    writer.mark_update(told)


def other_metadata(writer: Revision) -> None:
    """The same in a new place."""
    old = writer.root["/Metadata"]
    about = {pdf_name("/Type"): pdf_name("/Metadata"), pdf_name("/Subtype"): pdf_name("/XML")}
    new = StreamObject(dict_data=about, stream_data=old.data + b"\n")
    writer.root["/Metadata"] = writer.add_object(new)
    writer.update_root()


def unmarked(writer: Revision) -> None:
    """Who hears the document read is told nothing of it any more."""
    writer.root["/MarkInfo"] = DictionaryObject({pdf_name("/Marked"): BooleanObject(False)})
    writer.update_root()


def drawn_anew(writer: Revision) -> None:
    """Let each reader draw the fields as it likes."""
    form = writer.root["/AcroForm"]
    form["/NeedAppearances"] = BooleanObject(True)
    writer.update_container(form)


def other_look(writer: Revision) -> None:
    form = writer.root["/AcroForm"]
    form["/DA"], form["/Q"] = pdf_string("/Helv 0.1 Tf 1 g"), NumberObject(2)
    writer.update_container(form)


def font(writer: Revision) -> None:
    """Replace shadow: the same text in a font whose glyphs are others."""
    names = ("/FontFile", "/FontFile2", "/FontFile3")

    def replace(held: Any, depth: int) -> bool:
        if depth > 12:
            return False
        if isinstance(held, DictionaryObject):
            keys = [key for key in held if key not in ("/Parent", "/P")]
            inside = [(key, held.raw_get(key)) for key in keys]
        elif isinstance(held, ArrayObject):
            inside = [("", held.raw_get(number)) for number in range(len(held))]
        else:
            return False
        for key, one in inside:
            if key in names:
                stream = one.get_object()
                stream._data, stream._encoded_data = b"another font", None
                writer.mark_update(one)
                return True
        return any(replace(one.get_object(), depth + 1) for _, one in inside)

    assert replace(first_page(writer)["/Resources"], 0)


def other_font(writer: Revision) -> None:
    """The same by the name under which the page asks for it."""
    page = first_page(writer)
    fonts = page["/Resources"]["/Font"]
    plain = {
        pdf_name("/Type"): pdf_name("/Font"),
        pdf_name("/Subtype"): pdf_name("/Type1"),
        pdf_name("/BaseFont"): pdf_name("/Symbol"),
    }
    for name in list(fonts):
        fonts[name] = writer.add_object(DictionaryObject(plain))
    writer.update_container(fonts)


def content_in_place(writer: Revision) -> None:
    told = first_page(writer).raw_get("/Contents")
    if isinstance(told.get_object(), ArrayObject):
        told = told.get_object().raw_get(0)
    stream = told.get_object()
    stream._data, stream._encoded_data = RED, None
    writer.mark_update(told)


def layers(writer: Revision) -> None:
    groups = {pdf_name("/OCGs"): ArrayObject(), pdf_name("/D"): DictionaryObject()}
    writer.root["/OCProperties"] = DictionaryObject(groups)
    writer.update_root()


def hidden(writer: Revision) -> None:
    """Hide: a signature that readers leave out."""
    signed = field(writer, "Citizen")
    signed["/F"] = NumberObject(2)
    writer.update_container(signed)


def first_page(writer: Revision) -> Any:
    node = writer.root["/Pages"]
    while "/Kids" in node:
        node = node["/Kids"][0]
    return node


def paint_in_place(writer: Revision) -> None:
    """The stream that shows a signature, overwritten under its own number."""
    look = field(writer, "Citizen")["/AP"].raw_get("/N")
    old = look.get_object()
    old._data, old._encoded_data = RED, None
    writer.mark_update(look)


def other_pages(writer: Revision) -> None:
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


def field_gone(writer: Revision) -> None:
    form = writer.root["/AcroForm"]
    form["/Fields"] = ArrayObject([form["/Fields"].raw_get(0)])
    writer.update_container(form)


def hidden_pages(writer: Revision) -> None:
    """Hide and replace 1: the pages that its author put into it before it was signed."""
    writer.root["/Pages"] = writer.root["/PieceInfo"]["/Shadow"].raw_get("/Pages")
    writer.update_root()


def hidden_root(pdf: bytes) -> bytes:
    """Hide and replace 2: the end leads to another catalogue that was always there."""
    shadow = PdfFileReader(io.BytesIO(pdf)).root["/PieceInfo"].raw_get("/Shadow")
    return _with_end(pdf, b"", root=b"%d 0 R" % shadow.idnum)


def hidden_content(pdf: bytes) -> bytes:
    """Hide and replace 3: the number of the page's content leads to what it was before."""
    reader = PdfFileReader(io.BytesIO(pdf))
    told = reader.root["/Pages"]["/Kids"][0].raw_get("/Contents")
    offset = pdf.index(b"\n%d 0 obj" % told.idnum) + 1
    return _with_end(pdf, b"%d 1\n%010d 00000 n \n" % (told.idnum, offset))


def freed(pdf: bytes) -> bytes:
    """Hide: what shows a signature is marked as free."""
    reader = PdfFileReader(io.BytesIO(pdf))
    fields = reader.root["/AcroForm"]["/Fields"]
    signed = [fields.raw_get(number).get_object() for number in range(len(fields))]
    look = next(one for one in signed if one["/T"] == "Citizen")["/AP"].raw_get("/N")
    return _with_end(pdf, b"%d 1\n0000000000 00001 f \n" % look.idnum)


def _with_end(pdf: bytes, entries: bytes, root: bytes = b"") -> bytes:
    """Return it with a further table of contents and no further object."""
    reader = PdfFileReader(io.BytesIO(pdf))
    before = int(pdf.rpartition(b"startxref")[2].split()[0])
    root = root or b"%d 0 R" % reader.trailer.raw_get("/Root").idnum
    info = b"%d 0 R" % reader.trailer.raw_get("/Info").idnum
    size = int(reader.trailer["/Size"])
    told = b"trailer\n<< /Root %b /Info %b /Size %d /Prev %d >>" % (root, info, size, before)
    table = b"xref\n0 1\n0000000000 65535 f \n" + entries + told
    return pdf + table + b"\nstartxref\n%d\n%%%%EOF\n" % len(pdf)


def with_shadow(prepared: bytes) -> bytes:
    """Return a form whose author means to change it after it is signed."""
    with pikepdf.open(io.BytesIO(prepared)) as pdf:
        page = pdf.pages[0].obj
        true = pdf.pages[0].Contents.read_bytes()
        # It shares nothing with what is shown: such a form would not be signed at all.
        name = pikepdf.Name
        other = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=name.Page, MediaBox=pikepdf.Array([0, 0, 595, 842]), Resources={}
            )
        )
        other.Contents = pdf.make_stream(RED)
        pages = pikepdf.Dictionary(Type=name.Pages, Count=1, Kids=pikepdf.Array([other]))
        shadow = pikepdf.Dictionary(Type=name.Catalog, Pages=pdf.make_indirect(pages))
        other.Parent = shadow.Pages
        pdf.Root.PieceInfo = pikepdf.Dictionary(Shadow=pdf.make_indirect(shadow))
        page.Contents = pdf.make_stream(RED)
        file = io.BytesIO()
        pdf.save(file, object_stream_mode=pikepdf.ObjectStreamMode.disable)

    def show(writer: Revision) -> None:
        told = first_page(writer).raw_get("/Contents")
        stream = told.get_object()
        stream._data, stream._encoded_data = true, None
        writer.mark_update(told)

    return written(show)(file.getvalue())


def without_proofs(writer: Revision) -> None:
    del writer.root["/DSS"]
    writer.update_root()


def other_text(writer: Revision) -> None:
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
    "no title": written(no_title),
    "other metadata in its place": written(metadata),
    "other metadata": written(other_metadata),
    "no structure": written(unmarked),
    "fields drawn anew": written(drawn_anew),
    "another look of fields": written(other_look),
    "another font in its place": written(font),
    "another font": written(other_font),
    "another text in its place": written(content_in_place),
    "layers": written(layers),
    "a signature hidden": written(hidden),
    "a signature marked as free": freed,
}

ARCHIVE_ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "its proofs taken away": written(without_proofs),
}
"What can be done to a document with an archive's timestamp, beside all that."

SHADOW_ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "hidden pages shown": written(hidden_pages),
    "a hidden catalogue": hidden_root,
    "a hidden text": hidden_content,
}
"What the author of a form `with_shadow` can do to it later."

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
        Revision(io.BytesIO(pdf)),
        PdfSignatureMetadata(field_name=name),
        signer=signer,
        output=file,
    )
    return file.getvalue()
