"""Files that strangers might send: by name the bytes, and what may become of them.

`TAKEN` beside codes means that it may be drawn: contained, not refused.  Everything is made here,
so that what a file does can be read.
"""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from tests.documents.heic import box, full, heic

TAKEN: Final = "taken"
Case = tuple[bytes, set[str]]

MARK: Final = b"SECRET-4f1d"
"Stands in metadata and tails; it must not come out again."


NO_DATA: Final = zlib.compress(b"")


# -- pictures -----------------------------------------------------------------------------------


def drawing(width: int = 320, height: int = 240) -> np.ndarray:
    """A grey picture with a red upper left quarter."""
    picture = np.full((height, width, 3), 200, np.uint8)
    picture[: height // 2, : width // 2] = (220, 20, 20)
    return picture


def saved(kind: str, picture: np.ndarray | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(drawing() if picture is None else picture).save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, data: bytes, *before: bytes) -> bytes:
    """data: deflated."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = [chunk(b"IHDR", header), *before, chunk(b"IDAT", data)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body) + chunk(b"IEND", b"")


def located(picture: bytes | None = None, orientation: int = 6) -> bytes:
    """A JPEG turned by its EXIF, which also says where it was taken, and by whom."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = MARK.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (22.0, 11.0, 55.0), 3: "E", 4: (113.0, 32.0, 0.0)})
    return saved("JPEG", exif=exif, icc_profile=b"\0" * 120 + MARK, comment=MARK)


def pictures() -> dict[str, Case]:
    jpeg, picture = saved("JPEG"), saved("PNG")
    frame = jpeg.index(b"\xff\xc0")
    big = struct.pack(">HH", 65500, 65500)
    webp = saved("WEBP", lossless=True)
    wide_webp = webp[:21] + (0x3FFF | 0x3FFF << 14).to_bytes(4, "little") + webp[25:]
    frames = [Image.fromarray(np.rot90(drawing(), 2 * number)) for number in range(3)]

    def moving(kind: str) -> bytes:
        file = io.BytesIO()
        frames[0].save(file, kind, save_all=True, append_images=frames[1:])
        return file.getvalue()

    still = heic(drawing())
    damaged, large = {"image_damaged"}, {"image_too_large"}
    none = {"file_not_taken"}
    return {
        "nothing": (b"", none),
        "one byte": (b"\xff", none),
        "text": (b"hello", none),
        "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', none),
        "html": (b"<html><script>alert(1)</script></html>", none),
        "gif": (saved("GIF"), none),
        "tiff": (saved("TIFF"), none),
        "bmp": (saved("BMP"), none),
        "zip": (b"PK\x03\x04" + b"\0" * 64, none),
        "program": (b"MZ" + b"\0" * 64, none),
        "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n", none),
        "mp4": (box(b"ftyp", b"isom", bytes(4), b"mp42") + bytes(64), none),
        "avif": (box(b"ftyp", b"avif", bytes(4), b"mif1") + bytes(64), none),
        "heic that moves": (box(b"ftyp", b"hevc", bytes(4), b"heic") + bytes(64), none),
        "png that moves": (moving("PNG"), none),
        "webp that moves": (moving("WEBP"), none),
        "jpeg of 65,500 pixels a side": (jpeg[: frame + 5] + big + jpeg[frame + 9 :], large),
        "png of 30,000 pixels a side": (png(30_000, 30_000, NO_DATA), large),
        "png of two thousand million pixels": (png(2**31 - 1, 2**31 - 1, NO_DATA), large),
        "webp of 16,384 pixels a side": (wide_webp, large),
        "heic of 60,000 pixels a side": (heic(drawing(), says=(60_000, 60_000)), large),
        "png of no pixels": (png(0, 10, NO_DATA), damaged),
        "png of 11 MB": (picture + b"\0" * 11 * 1024 * 1024, large),
        "png of zeros": (png(6_000, 6_000, _zeros(36_006_000)), {TAKEN}),
        "png that ends early": (picture[:-40], {TAKEN, *damaged}),
        "png without data": (png(2_000, 2_000, NO_DATA), {TAKEN, *damaged}),
        "png whose data go on": (png(100, 100, _zeros(200_000_000)), {TAKEN, *damaged}),
        "png with a bomb of text": (
            png(100, 100, _zeros(10_100), chunk(b"zTXt", b"a\0\0" + _zeros(300_000_000))),
            {TAKEN, *damaged},
        ),
        "png with a bomb of a profile": (
            png(100, 100, _zeros(10_100), chunk(b"iCCP", b"a\0\0" + _zeros(300_000_000))),
            {TAKEN, *damaged},
        ),
        "half a jpeg": (jpeg[: len(jpeg) // 2], {TAKEN, *damaged}),
        "a jpeg's beginning": (jpeg[:3], damaged),
        "jpeg and zeros": (jpeg[:400] + b"\0" * 5000, {TAKEN, *damaged}),
        "jpeg of a pdf": (b"\xff\xd8\xff\xe0%PDF-1.7", damaged),
        "jpeg of fill bytes": (b"\xff\xd8" + b"\xff" * 9_000_000, damaged),
        "jpeg of a million segments": (b"\xff\xd8" + b"\xff\xe1\0\2" * 1_000_000, damaged),
        "half a heic": (still[: len(still) // 2], damaged),
        "heic of boxes in boxes": (_nested(), damaged),
        "heic of a million boxes": (
            box(b"ftyp", b"heic", bytes(4)) + box(b"free") * 1_000_000,
            damaged,
        ),
        "heic with a box of no length": (
            box(b"ftyp", b"heic", bytes(4)) + struct.pack(">I", 3) + b"meta" + bytes(64),
            damaged,
        ),
        "heic whose data are noise": (still[:-60] + bytes(range(60)), {TAKEN, *damaged}),
        "half a webp": (webp[: len(webp) // 2], {TAKEN, *damaged}),
        "webp that lies": (_lying_webp(webp), {TAKEN, *damaged}),
        "jpeg and a pdf": (jpeg + b"%PDF-1.4 /OpenAction /JavaScript " + MARK, {TAKEN}),
        "jpeg and a zip": (jpeg + b"PK\x03\x04" + MARK, {TAKEN}),
        "jpeg and a page": (jpeg + b"<script>" + MARK + b"</script>", {TAKEN}),
        "jpeg with metadata": (located(), {TAKEN}),
    }


def _deflated(block: bytes, times: int, first: bytes = b"") -> bytes:
    """`first`, and a block so many times, deflated once and written out so many times."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    begun = deflate.compress(first) + deflate.flush(zlib.Z_FULL_FLUSH)
    piece = deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
    check, of_block = zlib.adler32(first), zlib.adler32(block)
    for _ in range(times):
        check = _summed(check, of_block, len(block))
    return b"\x78\xda" + begun + piece * times + deflate.flush() + struct.pack(">I", check)


def _summed(first: int, second: int, size: int) -> int:
    """Adler-32 of two pieces from theirs; size: bytes of the second.  Spares reading gigabytes."""
    low = (first & 0xFFFF) - 1
    high = (first >> 16) + (second >> 16) + size * low
    return high % 65521 << 16 | (low + (second & 0xFFFF)) % 65521


def _zeros(count: int) -> bytes:
    whole, rest = divmod(count, 1_000_000)
    return _deflated(b"\0" * 1_000_000, whole, b"\0" * rest)


def _nested() -> bytes:
    inner = b""
    for _ in range(5_000):
        inner = full(b"meta", inner)
    return box(b"ftyp", b"heic", bytes(4)) + inner


def _lying_webp(webp: bytes) -> bytes:
    """The canvas says 320 x 240 as before, the frame within something else."""
    return webp[:21] + (5000 | 5000 << 14).to_bytes(4, "little") + webp[25:]


# -- PDF ----------------------------------------------------------------------------------------


def paper(pages: int = 1, text: str = "Paper") -> pikepdf.Pdf:
    """A4 pages with a word on each."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    for number in range(pages):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Resources = Dictionary(Font=Dictionary(F=font))
        words = f"BT /F 40 Tf 90 700 Td ({text} {number + 1}) Tj ET"
        page.Contents = pdf.make_stream(words.encode())
    return pdf


def written(pdf: pikepdf.Pdf, **options: Any) -> bytes:
    file = io.BytesIO()
    pdf.save(file, **options)
    return file.getvalue()


def _with(change: Callable[[pikepdf.Pdf], None], **options: Any) -> bytes:
    pdf = paper()
    change(pdf)
    return written(pdf, **options)


def _link(action: Dictionary) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])

    return change


def _annotation(kind: Name) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        one = Dictionary(Type=Name.Annot, Subtype=kind, Rect=Array([0, 0, 9, 9]))
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(one)])

    return change


def _set(where: str, name: str, value: Callable[[pikepdf.Pdf], object]) -> Callable[..., None]:
    def change(pdf: pikepdf.Pdf) -> None:
        target = pdf.Root if where == "root" else pdf.pages[0].obj
        target[name] = value(pdf)

    return change


def _script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def running_pdfs() -> dict[str, bytes]:
    """Everything that runs, starts or brings something: refused as `pdf_active`."""
    objects = pikepdf.ObjectStreamMode.generate

    def names(pdf: pikepdf.Pdf) -> Dictionary:
        return Dictionary(JavaScript=Dictionary(Names=Array([String("a"), _script()])))

    def attach(pdf: pikepdf.Pdf) -> None:
        pdf.attachments["evil.exe"] = b"MZ"

    def form(pdf: pikepdf.Pdf) -> Dictionary:
        return Dictionary(XFA=pdf.make_stream(b"<xdp/>"), Fields=Array())

    def later(action: Dictionary) -> Dictionary:
        first = Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]))
        first.Next = Array([action])
        return first

    made: dict[str, bytes] = {
        "script on opening": _with(_set("root", "/OpenAction", lambda _: _script())),
        "script after something else": _with(
            _set("root", "/OpenAction", lambda _: later(_script()))
        ),
        "script by name": _with(_set("root", "/Names", names)),
        "script in an object stream": _with(
            _set("root", "/Names", names), object_stream_mode=objects
        ),
        "more actions of a page": _with(
            _set("page", "/AA", lambda _: Dictionary(O=Dictionary(S=Name.Named, N=Name.Print)))
        ),
        "a file within": _with(attach),
        "a form of XFA": _with(_set("root", "/AcroForm", form)),
        "link to a file": _with(_link(Dictionary(S=Name.URI, URI=String("file:///etc/passwd")))),
        "link that is a script": _with(
            _link(Dictionary(S=Name.URI, URI=String("javascript:alert(1)")))
        ),
        "link to a share": _with(_link(Dictionary(S=Name.GoToR, F=String("\\\\10.0.0.1\\x")))),
    }
    for action in ("Launch", "SubmitForm", "ImportData", "Rendition", "GoToE", "Movie", "Sound"):
        made[f"action {action}"] = _with(_link(Dictionary(S=Name(f"/{action}"))))
    for kind in ("RichMedia", "3D", "Movie", "Sound", "Screen", "FileAttachment"):
        made[f"annotation {kind}"] = _with(_annotation(Name(f"/{kind}")))
    escaped = _with(_set("root", "/OpenAction", lambda _: _script()), compress_streams=False)
    made["script spelt otherwise"] = escaped.replace(b"/JavaScript", b"/J#61vaScript").replace(
        b"/JS", b"/J#53"
    )
    made["script that no page leads to"] = _added(written(paper()), b"<</S/JavaScript/JS(x)>>")
    return made


def _added(pdf: bytes, value: bytes) -> bytes:
    """An incremental update that puts one object more into the file."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        number = len(opened.objects) + 1
        root = opened.Root.objgen[0]
    before = int(pdf.rsplit(b"startxref", 1)[1].split()[0])
    at = len(pdf) + 1
    body = b"\n%d 0 obj\n%s\nendobj\n" % (number, value)
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, at)
    end = b"trailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        number + 1,
        root,
        before,
        len(pdf) + len(body),
    )
    return pdf + body + table + end


def _raw(*objects: bytes, root: int = 1) -> bytes:
    """A PDF of these objects, numbered from 1."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    at = len(out)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    trailer = b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(out) + trailer % (len(objects) + 1, root, at)


def _stream(body: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(body), entries, body)


def _one_page(contents: bytes, box: bytes = b"[0 0 595 842]", more: bytes = b"") -> bytes:
    return _raw(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox" + box + b"/Contents 4 0 R" + more + b">>",
        contents,
    )


def _deep() -> bytes:
    return b"[" * 100_000 + b"]" * 100_000


def pdfs() -> dict[str, Case]:
    good = written(paper())
    damaged = {"pdf_damaged"}
    contained = {TAKEN, "pdf_damaged", "scan_failed", "pdf_too_long"}
    user = pikepdf.Encryption(owner="o", user="u")
    owner = pikepdf.Encryption(owner="o", user="")
    twice = zlib.compress(_zeros(200_000_000), 9)
    tree = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    image = b"/Subtype/Image/Width 40000/Height 40000/BitsPerComponent 8/ColorSpace/DeviceGray"
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 4 0 R>>>>"
    uses = b"/Resources<</XObject<</X 4 0 R>>>>"
    found: dict[str, Case] = {
        name: (content, {"pdf_active"}) for name, content in running_pdfs().items()
    }
    return found | {
        "pdf of no version": (b"%PDF-x.y\n" + good[9:], {"file_not_taken"}),
        "html and a pdf": (b"<script>1</script>\n" + good, {"file_not_taken"}),
        "only a header": (b"%PDF-1.7\n", damaged),
        "header and noise": (b"%PDF-1.7\n" + bytes(range(256)) * 40, damaged),
        "half a pdf": (good[: len(good) // 2], {*contained}),
        "21 MB": (good + b"\0" * 21 * 1024 * 1024, {"file_too_large"}),
        "with a password": (written(paper(), encryption=user), {"pdf_encrypted"}),
        "that forbids": (written(paper(), encryption=owner), {"pdf_encrypted"}),
        "51 pages": (written(paper(51)), {"pdf_too_long"}),
        "10,000 pages": (written(paper(10_000)), {"pdf_too_long"}),
        "no page": (_raw(tree[0], b"<</Type/Pages/Kids[]/Count 0>>"), damaged),
        "60,000 objects": (
            _raw(*tree, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", *[b"0"] * 60_000),
            {"pdf_too_long"},
        ),
        "pages in a circle": (_raw(tree[0], b"<</Type/Pages/Kids[2 0 R]/Count 1>>"), contained),
        "pages in one another": (
            _raw(tree[0], tree[1], b"<</Type/Pages/Kids[2 0 R]/Count 9>>"),
            contained,
        ),
        "a count that lies": (
            _raw(
                tree[0],
                b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>",
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
            ),
            contained,
        ),
        "table in a circle": (good[: good.rindex(b"trailer")] + _circle(good), contained),
        "page of 14,400 points": (_one_page(_stream(b""), b"[0 0 14400 14400]"), {TAKEN}),
        "page like a thread": (_one_page(_stream(b""), b"[0 0 14400 1]"), contained),
        "page without a size": (_one_page(_stream(b""), b"[0 0 0 0]"), contained),
        "page of infinite size": (_one_page(_stream(b""), b"[0 0 1e38 1e38]"), contained),
        "units of a mile": (
            _one_page(_stream(b""), more=b"/UserUnit 100000"),
            contained,
        ),
        "bomb of drawing": (
            _one_page(
                _stream(_deflated(b"0 0 m 9 9 l S\n" * 100_000, 250), b"/Filter/FlateDecode")
            ),
            contained,
        ),
        "bomb in a bomb": (
            _one_page(_stream(twice, b"/Filter[/FlateDecode/FlateDecode]")),
            contained,
        ),
        "filters without end": (
            _one_page(_stream(b"0" * 99, b"/Filter[" + b"/ASCIIHexDecode" * 5_000 + b"]")),
            contained,
        ),
        "image of 40,000 pixels a side": (
            _raw(
                tree[0],
                tree[1],
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R" + uses + b">>",
                _stream(_zeros(1_600_000_000), image + b"/Filter/FlateDecode"),
                _stream(b"500 0 0 500 0 0 cm /X Do"),
            ),
            contained,
        ),
        "form that draws itself": (
            _raw(
                tree[0],
                tree[1],
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R" + uses + b">>",
                _stream(b"/X Do /X Do", form),
                _stream(b"/X Do"),
            ),
            contained,
        ),
        "brackets without end": (_one_page(_stream(b""), more=b"/Z " + _deep()), contained),
        "object stream that is a bomb": (_object_stream_bomb(), contained),
        "two ends": (good + b"\n%%EOF\nstartxref\n99999999\n%%EOF\n", contained),
        "a tail": (good + b"<script>" + MARK + b"</script>", {TAKEN}),
        "link to the web": (
            _with(_link(Dictionary(S=Name.URI, URI=String("https://www.gov.mo/")))),
            {TAKEN},
        ),
        "place to open at": (
            _with(_set("root", "/OpenAction", lambda pdf: Array([pdf.pages[0].obj, Name.Fit]))),
            {TAKEN},
        ),
        "added to later": (_added(good, b"<</Type/Note>>"), {TAKEN}),
        "good": (good, {TAKEN}),
    }


def _circle(good: bytes) -> bytes:
    at = int(good.rsplit(b"startxref", 1)[1].split()[0])
    return b"trailer\n<</Size 9/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (at, at)


def _object_stream_bomb() -> bytes:
    """A catalogue in an object stream that unpacks to 2 GB."""
    packed = _deflated(b" " * 1_000_000, 2_000, b"1 0 <</Type/Catalog/Pages 2 0 R>>")
    out = b"%PDF-1.7\n"
    first = len(out)
    out += b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    second = len(out)
    out += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
    third = len(out)
    entries = b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode"
    out += b"4 0 obj" + _stream(packed, entries) + b"endobj\n"
    at = len(out)
    rows = [(0, 0, 0), (2, 4, 0), (1, first, 0), (1, second, 0), (1, third, 0), (1, at, 0)]
    table = b"".join(struct.pack(">BIB", *row) for row in rows)
    entries = b"/Type/XRef/W[1 4 1]/Size 6/Root 1 0 R"
    return out + b"5 0 obj" + _stream(table, entries) + b"endobj\nstartxref\n%d\n%%%%EOF\n" % at


def everything() -> dict[str, Case]:
    """The whole collection."""
    return {**pictures(), **{f"pdf: {name}": case for name, case in pdfs().items()}}
