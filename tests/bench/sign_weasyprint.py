"""A form drawn warm with new data, beside WeasyPrint drawing the same texts with the same font.

What is compared is the way from data to a tagged PDF of two pages: ours from a template of Typst,
theirs from HTML with the same labels, answers, statements and rules around them.
"""

import html
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from counter.esign.form_typst import FONTS, Press, shipped_forms
from counter.esign.forms import FormTemplate
from tests.bench.environments import NotThere, installed, run
from tests.esign.conftest import FILLED

FORM: Final = "certificate_application"
TIMES: Final = 15
PACKAGES: Final = ("weasyprint==70.0",)
PROGRAM: Final = Path(__file__).with_name("sign_weasyprint_alone.py")
RUN_S: Final = 300
STYLE: Final = """
@font-face { font-family: form; src: url(FONT) }
@page { size: a4; margin: 22mm 20mm 24mm; @bottom-right { content: counter(page) } }
body { font: 10.5pt form; line-height: 1.6 } h1 { font-weight: normal } small { font-size: .85em }
table { border-collapse: collapse; width: 100% }
td, th { border: .5pt solid #777; padding: 2.4mm; text-align: left; font-weight: normal }
td:first-child { width: 66mm } .new { break-before: page }
.box { border: .5pt solid #777; height: 30mm }
"""
Json = dict[str, Any]


def measured(rounds: int) -> Json:
    """Milliseconds of CPU by who draws; `why` instead of theirs when they cannot be had."""
    form, press = shipped_forms().of(FORM), Press()
    said = [
        {**FILLED, "remarks": "", "case_number": f"A-{number:04}"} for number in range(rounds + 1)
    ]
    spent = []
    for data in said:
        used = time.process_time()
        press.form(form, data, datetime.now(UTC))
        spent.append((time.process_time() - used) * 1000)
    found: Json = {"typst": round(median(spent[1:]), 1)}
    pages = json.dumps([_page(form, data) for data in said])
    try:
        python = installed("weasyprint", PACKAGES)
        source = Path(python.parent.parent / "forms.json")
        source.write_text(pages, encoding="utf-8")
        told = run([str(python), str(PROGRAM), str(source)], RUN_S)
    except NotThere as why:
        return {**found, "why": str(why)}
    return {**found, "weasyprint": json.loads(told.splitlines()[-1])}


def goals(found: Json) -> list[tuple[str, bool]]:
    """Each goal in words, and whether it is met."""
    if "why" in found:
        return [(f"WeasyPrint cannot be had here, so it is not compared: {found['why']}", False)]
    ratio = found["weasyprint"] / found["typst"]
    told = f"a form: {ratio:.1f} times less CPU than WeasyPrint ({TIMES})"
    return [(f"{told}: {found['typst']} and {found['weasyprint']} ms", ratio >= TIMES)]


def table(found: Json) -> str:
    """The lines of it, as Markdown."""
    return "".join(f"- {'met' if met else 'MISSED'}: {goal}\n" for goal, met in goals(found))


def _page(form: FormTemplate, data: dict[str, str]) -> str:
    def both(texts: Any) -> str:
        return f"{_text(texts.in_('zh-Hant'))} <small lang=pt>{_text(texts.in_('pt'))}</small>"

    rows = "".join(
        f"<tr><td>{both(one.label)}<td>{_text(data.get(one.name, '') or '—')}"
        for one in form.fields
    )
    style = STYLE.replace("FONT", (FONTS / "NotoSansCJKtc-Regular.otf").absolute().as_uri())
    statements = "".join(f"<p>{both(one)}" for one in form.statements)
    return (
        f"<!doctype html><html lang=zh-Hant><title>{_text(form.title.in_('pt'))}</title>"
        f"<style>{style}</style><h1>{both(form.title)}</h1><table>{rows}</table>"
        f"<div class=new>{statements}<div class=box></div><div class=box></div></div>"
    )


def _text(said: str) -> str:
    return html.escape(said)
