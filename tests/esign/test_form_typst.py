import io
import shutil
import subprocess
from pathlib import Path

import pikepdf
import pytest
import typst

from counter.esign import form_typst
from counter.esign.fields_pikepdf import with_signature_fields
from counter.esign.form_typst import TEMPLATES, Press, shipped_forms, template_sha256
from counter.esign.forms import Forms, FormTemplate, OwnForm
from counter.esign.pages_pdfium import photograph
from counter.esign.ticket import FIELDS, ORIGIN
from tests.esign.conftest import NOW, filled_in

FORMS = ("certificate_application", "hengqin_application")
EVERY = tuple(form.id for form in shipped_forms().all())
LABELS = {
    "Origin": "部門對表格的認證",
    "Citizen": "申請人簽名",
    "Agent": "接待人員見證",
    "Seal": "部門電子印章",
}


@pytest.fixture(scope="module")
def press() -> Press:
    return Press()


def drawn(press: Press, forms: Forms, form: str, **changed: str) -> bytes:
    data = {**filled_in(forms.of(form)), **changed}
    return with_signature_fields(press.form(forms.of(form), data, NOW), LABELS)


def text_of(pdf: bytes, tmp_path: Path) -> str:
    file = tmp_path / "form.pdf"
    file.write_bytes(pdf)
    told = subprocess.run(
        ["pdftotext", "-raw", file, "-"], capture_output=True, check=True, timeout=60
    )
    return told.stdout.decode()


@pytest.mark.parametrize("form", FORMS)
def test_the_text_of_a_form_can_be_taken_out_again(
    press: Press, forms: Forms, form: str, tmp_path: Path
) -> None:
    text = text_of(drawn(press, forms, form, applicant_name="陳𠮷龘"), tmp_path)
    for expected in ("陳𠮷龘", "João da Conceição CHAN", "Direcção dos Serviços", "A-0042"):
        assert expected in text


def test_a_macau_form_speaks_chinese_and_portuguese_and_a_hengqin_form_simplified(
    press: Press, forms: Forms, tmp_path: Path
) -> None:
    macau = text_of(drawn(press, forms, FORMS[0]), tmp_path)
    assert "聲明" in macau and "Declaração" in macau and "Observações" in macau
    hengqin = text_of(drawn(press, forms, FORMS[1]), tmp_path)
    assert "声明" in hengqin and "横琴" in hengqin


@pytest.mark.parametrize("form", EVERY)
def test_a_form_claims_pdf_a_and_pdf_ua_and_embeds_its_one_font(
    press: Press, forms: Forms, form: str
) -> None:
    with pikepdf.open(io.BytesIO(drawn(press, forms, form))) as pdf:
        marks = pdf.open_metadata()
        assert marks["pdfaid:part"] == "2"
        assert marks["pdfaid:conformance"] == "A"
        assert marks["pdfuaid:part"] == "1"
        assert bool(pdf.Root.MarkInfo.Marked)
        described = [
            thing
            for thing in pdf.objects
            if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/FontDescriptor"
        ]
        assert described
        assert all("/FontFile3" in font for font in described)
        assert all(str(font.FontName).endswith("NotoSansCJKtc-Regular") for font in described)


@pytest.mark.parametrize("form", EVERY)
def test_the_signature_fields_are_tagged_named_and_in_their_boxes(
    press: Press, forms: Forms, form: str
) -> None:
    boxes = {
        box.name: box for box in press.form(forms.of(form), filled_in(forms.of(form)), NOW).boxes
    }
    with pikepdf.open(io.BytesIO(drawn(press, forms, form))) as pdf:
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        assert tuple(fields) == FIELDS
        assert set(boxes) == {*FIELDS} - {ORIGIN}
        assert [float(edge) for edge in fields[ORIGIN].Rect][0::2] == [0, 0], "is not seen"
        numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
        parents = {int(numbers[i]): numbers[i + 1] for i in range(0, len(numbers), 2)}
        for name, field in fields.items():
            assert str(field.TU) == LABELS[name]
            element = parents[int(field.StructParent)]
            assert element.S == "/Form"
            assert element.K.Obj.objgen == field.objgen
            assert field.P.Tabs == "/S"
            if name == ORIGIN:
                continue
            left, _, right, top = (float(edge) for edge in field.Rect)
            box = boxes[name]
            assert left == pytest.approx(box.x_pt, abs=0.01)
            assert right - left == pytest.approx(box.width_pt, abs=0.02)
            assert 841.89 - top == pytest.approx(box.y_pt, abs=0.02)


@pytest.mark.parametrize("form", EVERY)
def test_every_answer_stands_on_the_paper_in_words(
    press: Press, forms: Forms, form: str, tmp_path: Path
) -> None:
    described = forms.of(form)
    data = filled_in(described)
    text = "".join(text_of(drawn(press, forms, form), tmp_path).split())
    for field in described.fields:
        if field.kind == "choice":
            label = next(one.label for one in field.choices if one.id == data[field.name])
            words = label.zh_hant if described.region == "TW" else label.zh_hans
        else:
            words = "是" if field.kind == "yes_no" else data[field.name]
        assert "".join(words.split()) in text, field.name
        label_words = field.label.zh_hant if described.region == "TW" else field.label.zh_hans
        assert "".join(label_words.split()) in text


@pytest.mark.parametrize("form", EVERY)
def test_every_visible_box_stands_within_the_margins(press: Press, forms: Forms, form: str) -> None:
    with pikepdf.open(io.BytesIO(drawn(press, forms, form))) as opened:
        for field in opened.Root.AcroForm.Fields:
            left, bottom, right, top = (float(edge) for edge in field.Rect)
            if str(field.T) != ORIGIN:
                assert 24 / 25.4 * 72 <= bottom < top <= 842 - 22 / 25.4 * 72
                assert 20 / 25.4 * 72 - 1 <= left < right <= 595.3 - 20 / 25.4 * 72 + 1


def test_a_template_s_digest_names_all_that_it_is_drawn_with(
    forms: Forms, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digests = {template_sha256(form) for form in forms.all()}
    assert len(digests) == len(forms.all()) and {len(one) for one in digests} == {64}
    form = forms.all()[0]
    before = template_sha256(form)
    assert template_sha256(form.model_copy(update={"version": form.version + 1})) != before
    shutil.copytree(form_typst.TEMPLATES, tmp_path / "templates")
    monkeypatch.setattr(form_typst, "TEMPLATES", tmp_path / "templates")
    assert template_sha256(form) == before
    for name in (f"{form.id}.typ", "common.typ"):
        file = tmp_path / "templates" / name
        file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        assert template_sha256(form) != before
        before = template_sha256(form)
    # A department's own form brings its template along.
    own = OwnForm(**form.model_dump(by_alias=True), typst="= A", department="dsi")
    other = own.model_copy(update={"typst": "= B"})
    assert len({before, template_sha256(own), template_sha256(other)}) == 3


def test_the_same_data_and_time_give_the_same_bytes(press: Press, forms: Forms) -> None:
    assert drawn(press, forms, FORMS[0]) == drawn(Press(), forms, FORMS[0])
    assert drawn(press, forms, FORMS[0]) != drawn(press, forms, FORMS[0], remarks="x")


@pytest.mark.parametrize("form", EVERY)
def test_nothing_of_whoever_was_before_is_in_a_form(press: Press, forms: Forms, form: str) -> None:
    described = forms.of(form)
    before = {**filled_in(described), "case_number": "B-9999", "applicant_name": "何" * 1500}
    of_before = press.form(described, before, NOW)
    warm = press.form(described, filled_in(described), NOW)
    assert warm == Press().form(described, filled_in(described), NOW)
    assert of_before.boxes != warm.boxes, "else the boxes are not this paper's"
    assert press.form(described, before, NOW) == of_before


@pytest.mark.parametrize(
    "text",
    [
        '"}], "x": "',
        "\\",
        '\\"',
        "\\u{41} \\u0041",
        "</script>",
        "#{data} #sys.inputs",
        "[*_`$<a>@b//c",
    ],
)
def test_no_text_gets_out_of_its_answer(
    press: Press, forms: Forms, text: str, tmp_path: Path
) -> None:
    said = text_of(drawn(press, forms, FORMS[0], remarks=f"（{text}）"), tmp_path)
    assert f"（{text}）" in said
    assert "A-0042" in said, "else the rest of the data is lost"


def test_text_that_looks_like_a_template_stays_text(
    press: Press, forms: Forms, tmp_path: Path
) -> None:
    tricky = '#panic("x") $1$ *a* \\ "; #set page'
    text = text_of(drawn(press, forms, FORMS[0], remarks=tricky), tmp_path)
    assert '#panic("x") $1$ *a*' in text


def test_a_character_without_a_glyph_never_becomes_a_box(press: Press, forms: Forms) -> None:
    with pytest.raises(typst.TypstError):
        drawn(press, forms, FORMS[0], applicant_name="한")


def test_a_seal_without_room_stops(press: Press) -> None:
    said = {
        "region": "TW",
        "width_pt": 100,
        "height_pt": 30,
        "department_name": "部" * 120,
        "case_number": "A-0042",
        "sealed_at": "2026-11-23 10:00:00 +08:00",
    }
    with pytest.raises(typst.TypstError, match="does not fit"):
        press.seal(said, NOW)


def test_qpdf_finds_nothing_wrong(press: Press, forms: Forms, tmp_path: Path) -> None:
    assert shutil.which("qpdf"), "apt-get install qpdf"
    file = tmp_path / "form.pdf"
    file.write_bytes(drawn(press, forms, FORMS[0]))
    told = subprocess.run(["qpdf", "--check", file], capture_output=True, timeout=60, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_pages_are_photographed_in_order(press: Press, forms: Forms) -> None:
    pages = photograph(drawn(press, forms, FORMS[0]))
    assert [page.page for page in pages] == [1, 2]
    assert all(page.image.startswith(b"\x89PNG") for page in pages)
    assert all((page.width_px, page.height_px) == (1075, 1521) for page in pages)


@pytest.mark.parametrize("form", shipped_forms().all(), ids=lambda form: form.id)
def test_what_is_read_out_of_a_form_stands_on_its_paper(form: FormTemplate) -> None:
    files = (TEMPLATES / f"{form.id}.typ", TEMPLATES / "common.typ")
    paper = "".join(file.read_text(encoding="utf-8") for file in files)
    assert form.statements, "else whoever cannot see hears less than others read"
    for said in form.statements:
        assert (said.zh_hant if form.region == "TW" else said.zh_hans) in paper
        if form.region == "TW":
            assert said.pt in paper
