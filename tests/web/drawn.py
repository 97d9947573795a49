"""Pictures and digests that screens of tests name, and their words."""

import hashlib
import io
from functools import lru_cache

import segno
from PIL import Image, ImageDraw, ImageFont

NOW = "2026-11-23T02:00:00+00:00"
FONT = "counter/esign/fonts/NotoSansCJKtc-Regular.otf"

WORDS: dict[str, dict[str, str]] = {
    "zh-Hant": {
        "site": "慕拉士政府綜合服務中心",
        "department": "商事登記局",
        "service": "查詢商事企業登記資料",
        "bring": "身份證（正本）",
        "bring2": "商事登記證明（副本）",
        "title": "商事登記資料申請書",
        "agent": "陳美玲",
        "outcome": "已接收您的申請",
        "next": "我們會在 5 個工作天內以短訊通知您結果。您可在「我的辦事」查閱。",
        "citizen": "黃大文",
        "hint": "需時約 20 分鐘",
        "day": "2026年12月23日星期三",
    },
    "pt": {
        "site": "Centro de Serviços da RAEM na Rua Nova da Areia Preta",
        "department": "Direcção dos Serviços de Assuntos de Justiça",
        "service": "Pedido de certidão do registo comercial e consulta de documentos",
        "bring": "Documento de identificação (original)",
        "bring2": "Certidão do registo comercial (cópia)",
        "title": "Requerimento de certidão do registo comercial",
        "agent": "Maria da Conceição Fernandes",
        "outcome": "O seu pedido foi recebido",
        "next": (
            "Enviamos-lhe uma mensagem no prazo de 5 dias úteis. "
            "Pode consultar o pedido em «Os meus assuntos»."
        ),
        "citizen": "António Xavier Gonçalves",
        "hint": "Cerca de 20 minutos",
        "day": "quarta-feira, 23 de Dezembro de 2026",
    },
}


@lru_cache
def sheet(text: str = "1", width: int = 1240, height: int = 1754) -> bytes:
    """A page of writing, PNG, A4 at 150 dpi."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    draw.text((120, 110), f"商事登記資料申請書 · {text}", fill="#14202e", font=_font(52))
    for line in range(30):
        draw.text(
            (120, 240 + line * 46),
            "申請人聲明以上資料屬實。Declara que os dados são verdadeiros.",
            fill="#3a4656",
            font=_font(28),
        )
    draw.rectangle((700, height - 300, 1120, height - 140), outline="#767f8c", width=3)
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


PAPERS = {sha256(sheet(str(number))): sheet(str(number)) for number in (1, 2)}
FIRST, SECOND = PAPERS
DOCUMENT = "3fa9c1" + "0" * 58
CODE = segno.make_qr("https://counter.example/signed/abcdefghijkl").svg_data_uri(omitsize=True)
