"""Pages of text from a seed, in three languages and set in two ways, to be laid any way up.

All names and numbers are made up.
"""

from typing import Literal

import cv2
import numpy as np
from PIL import Image, ImageDraw

from counter.documents.scan_opencv.arrays import Bgr, Floats
from counter.documents.scan_opencv.clean import clean
from tests.documents.drawn_papers import TRILINGUAL, font

Kind = Literal["pt", "en", "zh", "mixed", "form", "columns", "table", "drawing"]
TEXTS: tuple[Kind, ...] = ("pt", "en", "zh", "mixed", "form")
"What can be told."
TRAPS: tuple[Kind, ...] = ("columns", "table", "drawing")
"What looks as if it lay on its side, or says nothing: Chinese from top to bottom, figures, lines."
PT = (
    "O requerente declara que as informações prestadas neste pedido são verdadeiras e completas.",
    "Para os devidos efeitos se certifica que o interessado reside habitualmente nesta cidade.",
    "O prazo para a entrega dos documentos em falta termina no último dia útil do mês seguinte.",
    "A taxa é paga no momento da apresentação do pedido e não é devolvida em caso de desistência.",
    "Junta-se cópia autenticada do contrato de arrendamento e do recibo da renda do mês de março.",
    "Qualquer alteração da morada deve ser comunicada aos serviços no prazo de quinze dias.",
    "A decisão é notificada por escrito e dela cabe recurso para o tribunal administrativo.",
    "Pede deferimento, com os melhores cumprimentos, aguardando a resposta desses serviços.",
)
EN = (
    "The applicant declares that the particulars given in this form are true and complete.",
    "This is to certify that the person named above has been living at the address stated.",
    "Any missing documents shall be handed in by the last working day of the following month.",
    "The fee is payable when the application is made and will not be refunded on withdrawal.",
    "A certified copy of the tenancy agreement and the receipt for last month are enclosed.",
    "Please notify the department of any change of address within fifteen days of moving.",
    "The decision will be given in writing and may be appealed against within thirty days.",
    "We look forward to hearing from you and remain at your disposal for further questions.",
)
ZH = (
    "申請人聲明本表格所填報的資料真實無誤,如有虛假願承擔一切法律責任。",
    "茲證明上述人士自本年一月起居住於本市,並以該地址作為慣常居所。",
    "所欠文件須於下月最後一個工作日或之前遞交,逾期者申請將不獲受理。",
    "費用於提出申請時繳付,申請人其後撤回申請者已繳費用概不退還。",
    "隨函附上租賃合同認證本及上月租金收據副本,敬請查收並予以辦理。",
    "住址如有更改,應於遷居後十五日內以書面通知本部門更新有關資料。",
    "本局將以書面通知有關決定,對該決定不服者可於三十日內提起上訴。",
    "如有任何查詢,請於辦公時間內致電或親臨本局服務櫃檯與職員聯絡。",
)
MARGIN = 20.0


def page(seed: int, kind: Kind, height_px: int = 2339) -> Bgr:
    """An A4 page, upright."""
    rng = np.random.default_rng([21, seed])
    unit = height_px / 297
    sheet = Image.new("RGB", (round(height_px / 2**0.5), height_px), (251, 251, 250))
    draw = ImageDraw.Draw(sheet)
    {"form": _form, "columns": _columns, "table": _table, "drawing": _drawing}.get(kind, _letter)(
        draw, rng, unit, kind
    )
    return np.asarray(sheet)[..., ::-1].copy()


def photographed(seed: int, kind: Kind) -> Bgr:
    """The page as the scanner makes it: soft, with a camera's grain, light that falls off."""
    rng = np.random.default_rng([22, seed])
    sheet = cv2.GaussianBlur(page(seed, kind), (0, 0), float(rng.uniform(0.6, 1.3)))
    light = np.linspace(rng.uniform(0.7, 1), rng.uniform(0.7, 1), sheet.shape[1])[None, :, None]
    noisy: Floats = sheet * light + rng.normal(0, 3, sheet.shape)
    return clean(np.clip(noisy, 0, 255).astype(np.uint8))


def _letter(draw: ImageDraw.ImageDraw, rng: np.random.Generator, unit: float, kind: Kind) -> None:
    """A heading, paragraphs to a ragged margin, a signature; seldom a short one."""
    ink = (24, 24, 28)
    size = float(rng.uniform(3.4, 4.6))
    of = {"pt": PT, "en": EN, "zh": ZH, "mixed": (*PT, *EN, *ZH)}[kind]
    draw.text((MARGIN * unit, 16 * unit), str(rng.choice(of))[:24], ink, font(round(6 * unit)))
    y, end = 40.0, float(rng.uniform(110, 270))
    while y < end:
        lines = _broken(" ".join(str(one) for one in rng.permutation(of)[:3]), size)
        for line in lines[: int(rng.integers(2, 8))]:
            draw.text((MARGIN * unit, y * unit), line, ink, font(round(size * unit)))
            y += size * 1.6
        y += size * float(rng.uniform(0.5, 2))
    _sign(draw, rng, unit)


def _broken(words: str, size_mm: float) -> list[str]:
    """Lines of at most 168 mm."""
    lines, line = [], ""
    pieces = words.split(" ") if words.isascii() or "ã" in words or "é" in words else list(words)
    gap = " " if len(pieces[0]) > 1 else ""
    for piece in pieces:
        longer = f"{line}{gap}{piece}" if line else piece
        if font(100).getlength(longer) / 100 * size_mm > 168:
            lines.append(line)
            longer = piece
        line = longer
    return [*lines, line]


def _form(draw: ImageDraw.ImageDraw, rng: np.random.Generator, unit: float, kind: Kind) -> None:
    """Labels, boxes, some of them filled in."""
    y = 16.0
    for row, line in enumerate(rng.permutation(TRILINGUAL)):
        draw.text((16 * unit, y * unit), str(line), (22, 22, 26), font(round(4.2 * unit)))
        y += 7
        if row > 2 and rng.random() < 0.6:
            box = (16 * unit, y * unit, 194 * unit, (y + 9) * unit)
            draw.rectangle(box, outline=(40, 40, 44), width=max(1, round(0.35 * unit)))
            if rng.random() < 0.6:
                words = str(rng.integers(10**6, 10**7))
                draw.text((22 * unit, (y + 1) * unit), words, (90, 40, 30), font(round(5 * unit)))
            y += 11
        y += 3


def _columns(draw: ImageDraw.ImageDraw, rng: np.random.Generator, unit: float, kind: Kind) -> None:
    """A Chinese letter as it is written by custom: down the page, from the right."""
    size = float(rng.uniform(4.4, 6))
    x = 185.0
    while x > 25:
        words = "".join(str(one) for one in rng.permutation(ZH)[:2])
        y = 25.0
        for one in words[: int(rng.integers(15, 45))]:
            draw.text((x * unit, y * unit), one, (24, 24, 28), font(round(size * unit)))
            y += size * 1.1
            if y > 265:
                break
        x -= size * 1.8


def _table(draw: ImageDraw.ImageDraw, rng: np.random.Generator, unit: float, kind: Kind) -> None:
    """Figures in cells, and no sentence."""
    for row in range(int(rng.integers(12, 30))):
        for column in range(6):
            words = str(rng.integers(10 ** int(rng.integers(1, 6))))
            at = ((20 + 29 * column) * unit, (20 + 8 * row) * unit)
            draw.text(at, words, (24, 24, 28), font(round(4 * unit)))
    for column in range(7):
        x = (18 + 29 * column) * unit
        draw.line((x, 18 * unit, x, 260 * unit), (60, 60, 60), 2)


def _drawing(draw: ImageDraw.ImageDraw, rng: np.random.Generator, unit: float, kind: Kind) -> None:
    """A plan: lines of walls, some numbers."""
    for _ in range(40):
        x, y, wide, tall = rng.uniform([20, 20, 10, 10], [150, 220, 50, 60]) * unit
        draw.rectangle((x, y, x + wide, y + tall), outline=(50, 50, 60), width=3)
        if rng.random() < 0.3:
            draw.text((x, y), str(rng.integers(100)), (50, 50, 60), font(round(4 * unit)))


def _sign(draw: ImageDraw.ImageDraw, rng: np.random.Generator, unit: float) -> None:
    x = np.linspace(120, 170, 60)
    y = 280 + np.convolve(rng.normal(0, 4, 70), np.ones(6) / 6, "same")[:60]
    draw.line([(a * unit, b * unit) for a, b in zip(x, y, strict=True)], (70, 40, 25), 4)
