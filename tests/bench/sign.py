"""The benchmark of signing: ours, and pyHanko as its manual shows it, in the same run.

    make bench-sign                 three minutes on a quiet machine
    make bench-sign ROUNDS=5        a quick look

One form is signed again and again, with P-256 and with RSA-3072: by ours in two phases, and by
pyHanko's SimpleSigner with a size that it estimates and a time-stamper that it opens.  Timestamps
come from one process on loopback.  Rounds are taken in turn, so that what disturbs one disturbs
all; medians are told, and the CPU time of this process alone.  Then keys beside their bare
operation, finished documents, a ceremony whose services are far away, and every form drawn and
photographed.  Written to build/bench/sign.json and sign.md; the exit status is 1 when a goal is
missed.
"""

import argparse
import asyncio
import hashlib
import io
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any, Final

from aiohttp import web
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper

from counter.esign.ink import drawing, ink
from counter.esign.key_ports import KeyFiles
from counter.esign.keys_files import FileKey, load, roots_of
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.seal_pyhanko import Look, Room, Saying, begin, field_size, finish
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import CITIZEN
from counter.esign.tsa_development import tsa_application
from tests.bench import sign_finished, sign_keys, sign_loop, sign_waiting, sign_weasyprint
from tests.bench.environments import NotThere
from tests.bench.machine import described
from tests.bench.sign_endesive import measured
from tests.bench.sign_forms import form, form_goals, form_table, forms
from tests.esign.conftest import STROKES
from tests.esign.key_rings import Ring, ring

ROUNDS: Final = 15
FAR: Final = 5
"Rounds at most with services that are far away: each takes ten seconds."
FEW: Final = 2
"Ceremonies at once, where it is brief."
RESULT: Final = Path("build/bench/sign.json")
GROWTH_KB: Final = {"ec": 20.0, "rsa": 26.0}
BEYOND_MS: Final = 20.0
"Of a B-T over the time that its timestamp takes."
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One signature."""

    size_bytes: int
    requests: int


class CountedStamper(HTTPTimeStamper):
    """Counts its requests."""

    requests = 0

    async def async_request_tsa_response(self, req: Any) -> Any:
        self.requests += 1
        return await super().async_request_tsa_response(req)


class Ours:
    """Two phases; the key, the connection and the size are kept."""

    def __init__(self, key: FileKey, pdf: bytes, tsa_url: str, roots: list[bytes]) -> None:
        self.key = key
        self.pdf = pdf
        self.requests = 0
        numbers = count(1)

        def nonce() -> int:
            self.requests += 1
            return next(numbers)

        self.stamps = HttpStamps([tsa_url], roots, new_nonce=nonce)
        self.room = Room()
        self.token = b""

    async def b_b(self) -> Done:
        """All the work of a signature but the network: a token from before stands in."""
        return await self._sign(stamped=False)

    async def b_t(self) -> Done:
        return await self._sign(stamped=True)

    async def stamp(self) -> Done:
        """The timestamp alone."""
        token = await self.stamps.stamp(bytes(32), datetime.now(UTC), room_bytes=16_384)
        return Done(size_bytes=len(token), requests=1)

    async def _sign(self, *, stamped: bool) -> Done:
        before, now = self.requests, datetime.now(UTC)
        width_pt, height_pt = field_size(self.pdf, CITIZEN)
        pen = Look(drawing=drawing(ink(STROKES), width_pt=width_pt, height_pt=height_pt))
        begun = await begin(
            self.pdf,
            await self.key.certificates(),
            field=CITIZEN,
            look=pen,
            at=now,
            now=now,
            saying=Saying(commitment="approval", certify=True),
            token_bytes=self.stamps.token_bytes,
            room=self.room,
        )
        ticket = begun.ticket
        value = await self.key.sign(ticket.dtbsr, ticket.mechanism)
        if stamped:
            digest = hashlib.sha256(value).digest()
            self.token = await self.stamps.stamp(digest, now, room_bytes=ticket.token_room_bytes)
        signed = await finish(begun.pdf, ticket, value, self.token)
        return Done(size_bytes=len(signed), requests=self.requests - before)


class Naive:
    """As in pyHanko's manual: everything new for each document."""

    def __init__(self, files: KeyFiles, pdf: bytes, tsa_url: str) -> None:
        self.files = files
        self.pdf = pdf
        self.tsa_url = tsa_url

    async def b_b(self) -> Done:
        return await self._sign(None)

    async def b_t(self) -> Done:
        return await self._sign(CountedStamper(self.tsa_url))

    async def _sign(self, stamper: CountedStamper | None) -> Done:
        signer = SimpleSigner.load(
            str(self.files.key),
            str(self.files.certificate),
            ca_chain_files=tuple(map(str, self.files.chain)),
        )
        about = PdfSignatureMetadata(field_name=CITIZEN, subfilter=SigSeedSubFilter.PADES)
        pdf_signer = PdfSigner(about, signer=signer, timestamper=stamper)
        signed = await pdf_signer.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(self.pdf)))
        return Done(size_bytes=len(signed.getvalue()), requests=stamper.requests if stamper else 0)


Cell = Callable[[], Awaitable[Done]]


async def measure(rounds: int, *, peers: bool = False, brief: bool = False) -> Json:
    """Every cell, in turn, `rounds` times.

    peers: also those that have to be installed.
    brief: what is long is done once, and cold; its times say nothing then.
    """
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        pki = ensure(directory / "keys", datetime.now(UTC))
        rings = {kind: ring(kind, directory, pki, datetime.now(UTC)) for kind in ("ec", "rsa")}
        url, process = tsa(pki)
        try:
            roots = roots_of(pki.signing)
            found = {kind: await _kind(one, url, roots, rounds) for kind, one in rings.items()}
            crowd = FEW if brief else sign_loop.CEREMONIES
            found["loop"] = {"held": await sign_loop.measured(pki, url, directory, crowd)}
            found["keys"] = await sign_keys.measured(directory / "keys-of", rounds)
            found["finished"] = await sign_finished.measured(
                pki, url, directory / "finished", 0 if brief else rounds
            )
            found["waiting"] = await sign_waiting.measured(
                directory / "far", 0 if brief else min(rounds, FAR)
            )
            if peers:
                for kind, one in rings.items():
                    found[kind] |= await measured(one, form(), url, rounds, directory)
            return found
        finally:
            process.terminate()
            process.join()


async def _kind(one: Ring, tsa_url: str, roots: list[bytes], rounds: int) -> Json:
    pdf = form()
    key = load(one.files)
    ours, naive = Ours(key, pdf, tsa_url, roots), Naive(one.files, pdf, tsa_url)
    digest = bytes(32)
    simple = SimpleSigner.load(str(one.files.key), str(one.files.certificate))

    async def key_ours() -> Done:
        await key.sign(digest, one.mechanism)
        return Done(size_bytes=0, requests=0)

    async def key_naive() -> Done:
        await simple.async_sign_raw(digest, "sha256")
        return Done(size_bytes=0, requests=0)

    cells: dict[str, Cell] = {
        "key": key_ours,
        "key naive": key_naive,
        "timestamp": ours.stamp,
        "B-T": ours.b_t,
        "B-T naive": naive.b_t,
        "B-B": ours.b_b,
        "B-B naive": naive.b_b,
    }
    for cell in cells.values():
        await cell()  # the first of each: imports, connections, and our measure of the room
    wall: dict[str, list[float]] = {name: [] for name in cells}
    cpu: dict[str, list[float]] = {name: [] for name in cells}
    last: dict[str, Done] = {}
    for _ in range(rounds):
        for name, cell in cells.items():
            began, used = time.perf_counter(), time.process_time()
            last[name] = await cell()
            cpu[name].append((time.process_time() - used) * 1000)
            wall[name].append((time.perf_counter() - began) * 1000)
    await ours.stamps.close()
    beyond = [
        all_of_it - stamp for all_of_it, stamp in zip(wall["B-T"], wall["timestamp"], strict=True)
    ]
    last["timestamp"] = Done(size_bytes=len(pdf) + last["timestamp"].size_bytes, requests=1)
    told = {
        name: {
            "ms": round(median(wall[name]), 3),
            "least_ms": round(min(wall[name]), 3),
            "cpu_ms": round(median(cpu[name]), 3),
            "tsa_requests": last[name].requests,
            "growth_kb": round(max(0, last[name].size_bytes - len(pdf)) / 1024, 1),
        }
        for name in cells
    }
    told["B-T"] |= {"beyond_ms": round(median(beyond), 1), "beyond_least_ms": round(min(beyond), 1)}
    return told


def tsa(pki: DevelopmentPki) -> tuple[str, multiprocessing.process.BaseProcess]:
    """A time-stamping service in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(pki.tsa, there), daemon=True)
    process.start()
    return f"http://127.0.0.1:{here.recv()}/tsa", process


def _serve(files: KeyFiles, pipe: Connection) -> None:
    async def live() -> None:
        runner = web.AppRunner(tsa_application(files, lambda: datetime.now(UTC)))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(live())


def goals(found: Json) -> list[tuple[str, bool]]:
    """Each goal in words, and whether it is met."""
    rsa, told = found["rsa"], []
    ratio = rsa["B-B naive"]["cpu_ms"] / rsa["B-B"]["cpu_ms"]
    told.append((f"B-B with RSA-3072: {ratio:.1f} times less CPU than naive (10)", ratio >= 10))
    held = found["loop"]["held"]
    p99, most = held["cpu_ms"]["p99"], held["cpu_ms"]["most"]
    what = f"{held['ceremonies']} ceremonies hold the event loop for {p99} ms of CPU at p99 (5)"
    told.append((f"{what}, {most} at most", p99 <= 5))
    if why := found.get("endesive"):
        told.append((f"endesive cannot be had here, so it is not compared: {why}", False))
    for kind in GROWTH_KB:
        if peer := found[kind].get("B-B endesive"):
            ratio = peer["cpu_ms"] / found[kind]["B-B"]["cpu_ms"]
            told.append((f"{kind}: B-B {ratio:.1f} times less CPU than endesive (3)", ratio >= 3))
    for kind, limit in GROWTH_KB.items():
        grown = found[kind]["B-T"]["growth_kb"]
        told.append((f"{kind}: a B-T adds {grown} KB (at most {limit:.0f})", grown <= limit))
        asked = found[kind]["B-T"]["tsa_requests"]
        told.append((f"{kind}: {asked} timestamp request for a B-T (1)", asked == 1))
        least, usual = found[kind]["B-T"]["beyond_least_ms"], found[kind]["B-T"]["beyond_ms"]
        what = f"{kind}: a B-T takes {usual} ms more than its timestamp ({BEYOND_MS:.0f})"
        told.append((f"{what}, {least} in the least disturbed round", usual <= BEYOND_MS))
    told += sign_keys.goals(found["keys"]) + sign_finished.goals(found["finished"])
    return told + sign_waiting.goals(found["waiting"])


def markdown(found: Json) -> str:
    """The table, and what was to be reached."""
    lines = [
        "| key | what | ms | CPU ms | timestamp requests | KB more |",
        "|---|---|---|---|---|---|",
    ]
    for kind in GROWTH_KB:
        for name, cell in found[kind].items():
            lines.append(
                f"| {kind} | {name} | {cell['ms']} | {cell['cpu_ms']} | {cell['tsa_requests']} "
                f"| {cell['growth_kb']} |"
            )
    for part in (sign_keys, sign_finished, sign_waiting):
        lines += ["", *part.table(found[part.__name__.rpartition("_")[2]])]
    lines += ["", *(f"- {'met' if met else 'MISSED'}: {goal}" for goal, met in goals(found))]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, write, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    try:
        found = asyncio.run(measure(options.rounds, peers=True))
    except NotThere as why:
        found = asyncio.run(measure(options.rounds))
        found["endesive"] = str(why)
    drawn, peer = forms(options.rounds), sign_weasyprint.measured(options.rounds)
    table = "\n".join([markdown(found), form_table(drawn) + sign_weasyprint.table(peer)])
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(
        json.dumps({"machine": described(), "found": found, "forms": drawn, "html": peer}, indent=1)
    )
    RESULT.with_suffix(".md").write_text(table)
    print(table)
    return (
        0
        if all(met for _, met in goals(found) + form_goals(drawn) + sign_weasyprint.goals(peer))
        else 1
    )


if __name__ == "__main__":
    sys.exit(main())
