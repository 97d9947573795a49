"""The process that draws one form of a department: told what, it answers and ends.

On its input: a line of JSON.  On its output: a line of JSON with a code, or with the sizes of the
document and of its pages' pictures, and these one after the other.
"""

import json
import resource
import sys
from datetime import UTC, datetime
from typing import Any, BinaryIO

from counter.documents.admit_child import jail
from counter.esign.form_refusals import TemplateUnfit, TemplateWrong
from counter.esign.form_typst import TEMPLATES
from counter.esign.forms import OwnForm
from counter.esign.own_forms import Owner, own_form
from counter.esign.own_typst import READABLE, OwnFormPress, warm

MEMORY_BYTES = 1280 * 1024**2
"Address space; warm it has 700 MB of it."
CPU_SECONDS = 12
"Beside what warming took."
OPEN_FILES = 12
"The three pipes, what the libraries hold, and one template."
EXAMPLE = "fss_proof_of_life"


def main(given: BinaryIO, answer: BinaryIO) -> None:
    """Confined from the reading of the line on."""
    press = OwnFormPress()
    warm(press, _example(), datetime(2026, 1, 1, tzinfo=UTC))
    used = resource.getrusage(resource.RUSAGE_SELF)
    jail.confine(
        memory_bytes=MEMORY_BYTES,
        cpu_seconds=CPU_SECONDS + int(used.ru_utime + used.ru_stime),
        readable=READABLE,
        open_files=OPEN_FILES,
    )
    asked: dict[str, Any] = json.loads(given.readline())
    pieces: list[bytes] = []
    try:
        drawn = press.draw(
            OwnForm.model_validate(asked["form"]),
            asked["data"],
            asked["language"],
            datetime.fromisoformat(asked["now"]),
            as_specimen=asked["specimen"],
        )
        sizes = [(len(one.image), one.width_px, one.height_px) for one in drawn.pages]
        said: dict[str, Any] = {"pdf": len(drawn.pdf), "pages": sizes}
        pieces = [drawn.pdf, *(one.image for one in drawn.pages)]
    except TemplateWrong as wrong:
        said = {"code": wrong.code, "diagnostic": wrong.diagnostic}
    except TemplateUnfit as unfit:
        said = {"code": unfit.code, "why": unfit.why, "about": unfit.about}
    answer.write(json.dumps(said).encode() + b"\n")
    for piece in pieces:
        answer.write(piece)
    answer.flush()


def _example() -> OwnForm:
    typst, described = (
        (TEMPLATES / f"{EXAMPLE}.{kind}").read_text(encoding="utf-8") for kind in ("typ", "json")
    )
    services = frozenset(json.loads(described)["services"])
    return own_form(Owner(id="fss", side="macau", services=services), described, typst, 1)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
