"""Each form of the product: drawn warm with new data, with its fields, and photographed.

CPU time is judged: a busy machine does not stretch it, and Typst's threads are counted too.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from random import Random
from statistics import median
from string import ascii_letters, digits
from typing import Any, Final, TypeVar

from counter.esign.field_labels import LABELS
from counter.esign.fields_pikepdf import with_signature_fields
from counter.esign.form_typst import Press, shipped_forms
from counter.esign.forms import FormTemplate
from counter.esign.pages_pdfium import photograph
from tests.esign.conftest import FILLED, filled_in

DRAW_MS: Final = 10
PAGE_MS: Final = 60
PAGE_DPI: Final = 150
SEAL: Final = {
    "region": "TW",
    "width_pt": 283.0,
    "height_pt": 85.0,
    "department_name": FILLED["department_name"],
    "case_number": FILLED["case_number"],
    "sealed_at": "2026-11-23 10:00:00 +08:00",
}
Json = dict[str, Any]
T = TypeVar("T")


def form() -> bytes:
    """A drawn form with its empty fields."""
    template = shipped_forms().of("certificate_application")
    drawn = Press().form(template, {**FILLED, "remarks": ""}, datetime.now(UTC))
    return with_signature_fields(drawn, LABELS["zh-Hant"])


def forms(rounds: int) -> Json:
    """By form: milliseconds to draw it and per page image, pages, KB."""
    press, found = Press(), {}
    for template in shipped_forms().all():
        drawing: list[tuple[float, float]] = []
        imaging: list[tuple[float, float]] = []
        pages, pdf = 1, b""
        for number in range(rounds + 1):
            data = _of_somebody(template, number)
            drawn, took = _timed(partial(press.form, template, data, datetime.now(UTC)))
            press.seal(SEAL, datetime.now(UTC))  # as for every form, see `sign_worker.prepare`
            pdf = with_signature_fields(drawn, LABELS["zh-Hant"])
            images, looked = _timed(partial(photograph, pdf, dpi=PAGE_DPI))
            pages = len(images)
            if number:  # the first is cold
                drawing.append(took)
                imaging.append((looked[0] / pages, looked[1] / pages))
        found[template.id] = {
            "draw_ms": round(median(wall for wall, _ in drawing), 1),
            "draw_cpu_ms": round(median(cpu for _, cpu in drawing), 1),
            "page_ms": round(median(wall for wall, _ in imaging), 1),
            "page_cpu_ms": round(median(cpu for _, cpu in imaging), 1),
            "pages": pages,
            "kb": round(len(pdf) / 1024, 1),
        }
    return found


def form_goals(found: Json) -> list[tuple[str, bool]]:
    """Each goal of drawing in words, and whether the slowest form meets it."""
    drawn = max(one["draw_cpu_ms"] for one in found.values())
    image = max(one["page_cpu_ms"] for one in found.values())
    page = f"a page image of {PAGE_DPI} dpi takes {image} ms of CPU at most ({PAGE_MS})"
    return [
        (f"a form is drawn in {drawn} ms of CPU at most ({DRAW_MS})", drawn <= DRAW_MS),
        (page, image <= PAGE_MS),
    ]


def form_table(found: Json) -> str:
    """The forms, as Markdown."""
    names = ("draw_ms", "draw_cpu_ms", "page_ms", "page_cpu_ms", "pages", "kb")
    lines = [
        "| form | draw ms | CPU ms | ms per page image | CPU ms | pages | KB |",
        "|---|---|---|---|---|---|---|",
    ]
    for form_id, one in found.items():
        lines.append(f"| {form_id} | {' | '.join(str(one[name]) for name in names)} |")
    lines += ["", *(f"- {'met' if met else 'MISSED'}: {goal}" for goal, met in form_goals(found))]
    return "\n".join(lines) + "\n"


def _of_somebody(form: FormTemplate, number: int) -> dict[str, str]:
    """Data as long as those of the tests, every letter and digit another; the counter stays."""
    chance = Random(number)

    def another(letter: str) -> str:
        if "一" <= letter <= "龥":
            return chr(chance.randint(ord("一"), ord("龥")))
        if letter.isdigit():
            return chance.choice(digits)
        return chance.choice(ascii_letters) if letter.isalpha() else letter

    kept = {"department_name", "service_name"} | {
        field.name for field in form.fields if field.choices or field.kind == "yes_no"
    }
    return {
        name: text if name in kept else "".join(map(another, text))
        for name, text in filled_in(form).items()
    }


def _timed(work: Callable[[], T]) -> tuple[T, tuple[float, float]]:
    """What it made, and its milliseconds: wall and CPU."""
    began, used = time.perf_counter(), time.process_time()
    made = work()
    cpu_ms = (time.process_time() - used) * 1000
    return made, ((time.perf_counter() - began) * 1000, cpu_ms)
