"""What the hostile files cost: `python -m tests.bench.admission`.

Says how many were refused by header, by the decoder, contained, or let through as something else;
the slowest refusal by header in CPU time, the slowest file by the clock, and the most memory that a
decoder held (resident; its address space is limited to 1.5 GiB by the kernel).
"""

import asyncio
import json
import resource
import time

from counter.documents.admit import AdmitLimits, Admitted, sniff_file
from counter.documents.admit_process import AdmitProcesses
from counter.documents.refusals import PhotographRefused
from counter.documents.sample_page import sample_photograph
from tests.documents.hostile import TAKEN, everything, paper, written

LIMITS = AdmitLimits()


async def main() -> None:
    cases = everything()
    decoder = AdmitProcesses(LIMITS)
    counts = {"refused by header": 0, "refused by decoder": 0, "contained": 0, "wrong": 0}
    header_ms, slowest = 0.0, (0.0, "")
    for name, (content, allowed) in cases.items():
        begun = time.process_time()
        try:
            sniff_file(content, LIMITS)
        except PhotographRefused as refused:
            header_ms = max(header_ms, (time.process_time() - begun) * 1000)
            counts["refused by header" if refused.code in allowed else "wrong"] += 1
            continue
        clock = time.perf_counter()
        found = await decoder.decode(content)
        slowest = max(slowest, (time.perf_counter() - clock, name))
        code = TAKEN if isinstance(found, Admitted) else found.code
        if code not in allowed:
            counts["wrong"] += 1
        else:
            counts["contained" if code == TAKEN else "refused by decoder"] += 1
    usual = {
        "photograph": await _usual(decoder, sample_photograph(1)),
        "PDF of 10 pages": await _usual(decoder, written(paper(10))),
    }
    await decoder.close()
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    told = {
        "files": len(cases),
        **counts,
        "slowest header, CPU ms": round(header_ms, 2),
        "slowest file, s": [round(slowest[0], 2), slowest[1]],
        "most resident, MiB": round(most),
        "usual, s": usual,
    }
    print(json.dumps(told, indent=1, ensure_ascii=False))


async def _usual(decoder: AdmitProcesses, content: bytes) -> float:
    """Median of nine by the clock, with a process that waits already."""
    times = []
    for _ in range(9):
        if decoder.processes._next is not None:
            await decoder.processes._next
        await asyncio.sleep(0.5)  # its libraries load meanwhile, as between two citizens
        begun = time.perf_counter()
        assert isinstance(await decoder.decode(content), Admitted)
        times.append(time.perf_counter() - begun)
    return round(sorted(times)[4], 2)


if __name__ == "__main__":
    asyncio.run(main())
