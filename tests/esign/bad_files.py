"""PDFs that must not be signed, and the code that each is refused with: built, never kept."""

import io
import re
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Encryption, Name, Pdf, Permissions, Stream, String

Change = Callable[[Pdf], None]


def made(change: Change, **how: object) -> Callable[[bytes], bytes]:
    """Return a maker that changes a prepared form."""

    def make(prepared: bytes) -> bytes:
        with pikepdf.open(io.BytesIO(prepared)) as pdf:
            change(pdf)
            return saved(pdf, **how)

    return make


def saved(pdf: Pdf, **how: object) -> bytes:
    file = io.BytesIO()
    pdf.save(file, **how)  # type: ignore[arg-type]
    return file.getvalue()


def nothing(pdf: Pdf) -> None:
    """Leave it as it is."""


def opening(**action: object) -> Change:
    def change(pdf: Pdf) -> None:
        pdf.Root.OpenAction = Dictionary(action)

    return change


def field_script(pdf: Pdf) -> None:
    script = Dictionary(S=Name.JavaScript, JS=String("event.value = 1"))
    pdf.Root.AcroForm.Fields[0].AA = Dictionary(F=script)


def xfa(pdf: Pdf) -> None:
    pdf.Root.AcroForm.XFA = Array([String("template"), pdf.make_stream(b"<xdp/>")])


def drawn_anew(pdf: Pdf) -> None:
    pdf.Root.AcroForm.NeedAppearances = True


def attachment(pdf: Pdf) -> None:
    pdf.attachments["list.txt"] = b"hidden"


def layer(pdf: Pdf) -> None:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("hidden")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([])))


def note(pdf: Pdf) -> None:
    page = pdf.pages[0].obj
    text = Dictionary(
        Type=Name.Annot,
        Subtype=Name.FreeText,
        Rect=Array([100, 600, 400, 700]),
        Contents=String("free of charge"),
    )
    if Name.Annots not in page:
        page.Annots = pdf.make_indirect(Array())
    page.Annots.append(pdf.make_indirect(text))


def foreign_letters(pdf: Pdf) -> None:
    page = pdf.pages[0]
    fonts = page.obj.Resources.get("/Font", Dictionary())
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    fonts.Fx = pdf.make_indirect(helvetica)
    page.obj.Resources.Font = fonts
    page.contents_add(pdf.make_stream(b"BT /Fx 12 Tf 50 500 Td (10) Tj ET"))


def bomb(prepared: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(prepared)) as pdf:
        pdf.Root.Big = pdf.make_stream(bytes(120_000_000))
        return saved(pdf)


def bomb_of_objects(_: bytes) -> bytes:
    """A stream that holds objects and grows: met when the first of them is asked for."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.Root.Many = Array([pdf.make_indirect(String("A" * 60_000)) for _ in range(1500)])
        return saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def heavy(_: bytes) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.Root.Big = Stream(pdf, bytes(range(256)) * 85_000)
        return saved(pdf, compress_streams=False)


def long(_: bytes) -> bytes:
    with pikepdf.new() as pdf:
        for _page in range(201):
            pdf.add_blank_page()
        return saved(pdf)


def hybrid(_: bytes) -> bytes:
    """A table of contents that names a second one, as an old program wrote for older ones."""
    parts = [
        b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n",
        b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n",
        b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n",
    ]
    pdf, places = b"%PDF-1.5\n", []
    for part in parts:
        places.append(len(pdf))
        pdf += part
    second = len(pdf)
    rows = b"\x01" + second.to_bytes(2, "big") + b"\x00"
    pdf += b"4 0 obj\n<</Type/XRef/Size 5/W[1 2 1]/Index[4 1]/Length %d>>\nstream\n" % len(rows)
    pdf += rows + b"\nendstream\nendobj\n"
    first = len(pdf)
    pdf += b"xref\n0 4\n0000000000 65535 f \n"
    pdf += b"".join(b"%010d 00000 n \n" % place for place in places)
    pdf += b"trailer\n<</Size 5/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (second, first)
    return pdf


def broken_table(prepared: bytes) -> bytes:
    where = prepared.rindex(b"startxref")
    return prepared[:where] + b"startxref\n17\n%%EOF\n"


def no_root(_: bytes) -> bytes:
    return b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1>>\nstartxref\n9\n%%EOF\n"


def wrong_kinds(prepared: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(prepared)) as pdf:
        pdf.Root.AcroForm = Array([1, 2])
        return saved(pdf)


SIGNED_ONLY = {"active_content", "hidden_content", "font", "xfa"}
"What keeps a file from being signed, but not from being looked at."

BAD: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "nothing": ("not_pdf", lambda _: b""),
    "a web page": ("not_pdf", lambda _: b"<html>" * 50),
    "junk before it": ("not_pdf", lambda prepared: b"X" * 300 + prepared),
    "half of it": ("damaged", lambda prepared: prepared[: len(prepared) // 2]),
    "junk behind it": ("damaged", lambda prepared: prepared + b"\n<<hidden payload>>" * 200),
    "a broken table": ("damaged", broken_table),
    "no root": ("damaged", no_root),
    "a form that is none": ("damaged", wrong_kinds),
    "a password": (
        "encrypted",
        made(nothing, encryption=Encryption(owner="o", user="u", R=6)),
    ),
    "an empty password": (
        "encrypted",
        made(
            nothing,
            encryption=Encryption(owner="o", user="", R=6, allow=Permissions(modify_form=False)),
        ),
    ),
    "two tables": ("hybrid_xref", hybrid),
    "a second form": ("xfa", made(xfa)),
    "a script at opening": (
        "active_content",
        made(opening(**{"/S": Name.JavaScript, "/JS": String("app.alert(1)")})),
    ),
    "a script of a field": ("active_content", made(field_script)),
    "a program to start": (
        "active_content",
        made(opening(**{"/S": Name.Launch, "/F": String("/bin/sh")})),
    ),
    "an attachment": ("hidden_content", made(attachment)),
    "layers": ("hidden_content", made(layer)),
    "a note over the text": ("hidden_content", made(note)),
    "fields drawn anew": ("hidden_content", made(drawn_anew)),
    "letters it does not bring": ("font", made(foreign_letters)),
    "60 times more when unpacked": ("too_large", bomb),
    "many objects in few bytes": ("too_large", bomb_of_objects),
    "many bytes": ("too_large", heavy),
    "201 pages": ("too_large", long),
}

GOOD: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda prepared: prepared,
    "saved anew": made(nothing),
    "of version 2.0": made(nothing, force_version="2.0"),
    "for the web": made(nothing, linearize=True),
}


def with_revisions(pdf: bytes, more: int) -> bytes:
    """The same document after so many updates that change nothing."""
    parts, at = [pdf], len(pdf)
    before = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    root = re.findall(rb"/Root (\d+ \d+ R)", pdf)[-1]
    size = int(re.findall(rb"/Size (\d+)", pdf)[-1])
    for number in range(size, size + more):
        added = b"\n%d 0 obj\nnull\nendobj\n" % number
        xref = at + len(added)
        added += b"xref\n%d 1\n%010d 00000 n \n" % (number, at + 1)
        added += b"trailer\n<< /Size %d /Root %s /Prev %d >>\n" % (number + 1, root, before)
        added += b"startxref\n%d\n%%%%EOF\n" % xref
        parts.append(added)
        at, before = at + len(added), xref
    return b"".join(parts)
