"""A node: one running counter, from taking its data directory to opening its doors, and back.

It brings the store to the newest schema, starts what runs beside the event loop (media, scanning,
signing), and opens the doors last; it closes in the reverse order.
"""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy import Connection

from booking.appointment import Details
from booking.errors import BookingRefused
from counter.app.admin_socket import open_admin_socket
from counter.app.clock import clock, new_id
from counter.app.doors import open_doors
from counter.app.files import hold_directory, kept, take_turn_to_start, write_secret
from counter.app.notices import BookingReaders, sinks_of
from counter.app.operations import OPERATOR, NodeOperations
from counter.app.parts import open_parts
from counter.app.people import People, new_passphrase
from counter.app.played_parts import PlayedParts
from counter.app.readiness import Readiness
from counter.app.retired_program import end_program
from counter.app.rounds import once
from counter.app.seed import PEOPLE, let_people_in, names_of
from counter.app.services import Parts
from counter.app.store import open_store
from counter.notify.deliverer_store import Deliverer
from counter.settings.node import Settings
from counter.store import journal_sql, nodes
from counter.store.alerts import open_alerts
from counter.store.drift import drift

COLLECT_AFTER = (10_000, 20, 50)
"Objects made and not let go; collections of the young; of the older."

DEMO_CITIZEN = Details(name="陳大文", contact="demo@example.org", language="zh_Hant", needs=())
"Who the simulated citizen says to be; invented."


class Node:
    """One running counter."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.address = ""
        "Where the pages are, once the doors are open."
        self.keeps_calls = True
        "Whether calls go on while the node is away; the next start finds them."
        self._closing = contextlib.AsyncExitStack()

    async def open(self) -> None:
        """Start everything; the doors last.  What was started is stopped by `close`.

        Raises `AlreadyServed` when another process has the data directory.
        """
        settings, closing = self.settings, self._closing
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.data.chmod(0o700)  # also one that was there: names and contacts lie in it
        closing.callback(hold_directory(settings.data).close)
        with await asyncio.to_thread(take_turn_to_start, settings.keys):
            store = await open_store(settings, closing)
            self.parts = parts = await open_parts(
                settings, store, lambda: self.keeps_calls, closing
            )
            if settings.profile == "development":
                self.passphrase = await self._demo_passphrase()
        self.readiness = Readiness(
            await self._beat(), lambda: parts.media.alive, lambda: drift(store.executor, clock)
        )
        await once("looking at the clock", self.readiness.look_at_clock)
        self._keep(_every(60.0, self.readiness.look_at_clock))
        self._keep(self.readiness.beat_for_ever())
        self._keep(parts.signaling.sweep_for_ever())
        self._keep(parts.reading.watch_for_ever())
        self._keep(parts.own_forms.follow_for_ever())
        self._keep(parts.recordings.follow_for_ever())
        self._keep(parts.recording_keeper.keep_for_ever())
        self._keep(parts.quality.run_for_ever())
        self.address = await open_doors(settings, parts, self.readiness, closing)
        parts.link_addresses.base = settings.origin or self.address
        readers = BookingReaders(
            executor=store.executor,
            booking=parts.booking,
            address=settings.origin or self.address,
            domain=settings.domain,
            link_address=parts.link_addresses,
            document_address=parts.link_addresses.documents,
        )
        sinks = sinks_of(settings, clock)
        self._keep(Deliverer(store.executor, readers, sinks, clock).run_for_ever())
        self._keep(parts.webhooks.run_for_ever())
        self._keep(parts.paper_work.jobs.work_for_ever())
        self._keep(parts.lasting.archive.work_for_ever())
        self._keep(parts.lasting.watch_for_ever())
        operations = NodeOperations(
            address=self.address,
            identity=parts.identity,
            booking=parts.booking,
            media=parts.media,
            recordings_of=parts.recordings,
            webhooks_of=parts.webhooks,
            api_keys_of=parts.api_keys,
            papers_of=parts.paper_work,
            forms_of=parts.esign,
            reading_of=parts.reading,
            packs_of=parts.packs.pack,
            note_taken=lambda case_id, ceremony_id: store.executor.write(
                _pack_taken, case_id, ceremony_id
            ),
            people_of=People(
                store.executor,
                parts.identity,
                lambda: tuple(parts.snapshot().departments),
                new_passphrase,
            ),
            end_program=lambda terminal_id: parts.store.executor.write(
                end_program, terminal_id, clock()
            ),
            alerts=lambda: parts.store.executor.read(open_alerts),
            blob_path=parts.store.blobs.path,
            ready=self.readiness,
            played=PlayedParts(
                address=self.address,
                development=settings.profile == "development",
                identity=parts.identity,
                booking=parts.booking,
                details=DEMO_CITIZEN,
                refusal=BookingRefused,
                new_id=new_id,
                clock=clock,
            ),
            clock=clock,
        )
        admin = await open_admin_socket(operations, settings.data / "admin.sock")
        closing.push_async_callback(admin.cleanup)
        # Last: it takes both cores for a second, and nobody waits for it yet.
        self._keep(once("warming up", parts.warm_up))
        self._keep(once("unfinished signatures", lambda: _resume(parts)))
        self._keep(_every(60.0, parts.once_a_minute))

    async def close(self) -> None:
        """Stop in the reverse order; acknowledged facts are in the store already."""
        await self._closing.aclose()

    async def sign_in_words(self) -> list[str]:
        """Development: links that enrol the terminals, and how agents sign in."""
        lines = [
            f"  agents sign in as {names_of(PEOPLE)}",
            f"  with the passphrase {self.passphrase}",
            "",
            "  each link makes one browser that terminal, once:",
        ]
        for site in self.parts.snapshot().sites.values():
            for terminal in site.terminals:
                token = await self.parts.identity.enrolment(terminal.id, clock())
                lines.append(f"  {terminal.id:24} {self.address}/terminal/start#{token}")
        return lines

    async def _demo_passphrase(self) -> str:
        """Made at the first start, kept where only this user reads; never a default."""
        path = self.settings.keys / "demo-passphrase"
        if path.exists():
            return path.read_text().strip()
        passphrase = new_passphrase()
        stored = await self.parts.identity.stored(passphrase)
        await self.parts.store.executor.write(let_people_in, stored, clock())
        await asyncio.to_thread(write_secret, path, passphrase.encode())
        return passphrase

    async def _beat(self) -> Callable[[], Coroutine[Any, Any, None]]:
        """What tells the other nodes that this one serves; taken back when it leaves nothing."""
        executor, media = self.parts.store.executor, self.parts.media
        name = kept(self.settings.data / "node", lambda: new_id().encode()).decode()

        async def beat() -> None:
            await executor.write(nodes.beat, name, media.where, clock())

        async def depart() -> None:
            if not (self.keeps_calls and media.calls):
                await executor.write(nodes.depart, name)

        await beat()
        self._closing.push_async_callback(once, "leaving", depart)
        return beat

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until the node closes."""
        task = asyncio.create_task(work)

        async def end() -> None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        self._closing.push_async_callback(end)


def _pack_taken(conn: Connection, case_id: str, ceremony_id: str) -> None:
    journal_sql.record(
        conn,
        actor=OPERATOR,
        action="case.audit_pack",
        subject=f"case:{case_id}",
        facts={"ceremony_id": ceremony_id},
        now=clock(),
    )


async def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Run a node until SIGINT, which ends everything, or SIGTERM, over which calls go on.

    Raises `AlreadyServed`.
    """
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, signals.put_nowait, number)
    node = Node(settings)
    try:
        await node.open()
        for line in await _greeting(node):
            say(line)
        _spare_the_collector()
        told = await signals.get()
        node.readiness.leaving = True
        say("stopping …")
        if told == signal.SIGTERM:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.drain_s):
                    told = await signals.get()
        node.keeps_calls = told == signal.SIGTERM
    finally:
        await node.close()


def _spare_the_collector() -> None:
    """What lives now lives as long as the process: keep the collector from walking it.

    A request makes some thousand objects and leaves none, so it may come by less often as well.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def _greeting(node: Node) -> list[str]:
    lines = [
        "",
        f"The counter is open at {node.address}",
        "",
        f"  citizen    {node.address}/",
        f"  terminal   {node.address}/terminal",
        f"  console    {node.address}/console",
        f"  wall       {node.address}/wall",
        "",
    ]
    if node.settings.lan:
        lines += [f"  trust      {node.settings.keys / 'tls' / 'authority.pem'}   (its maker)", ""]
    if node.settings.profile == "development":
        lines += await node.sign_in_words()
        lines += ["", "  alone? .venv/bin/python -m counter demo   plays a citizen who visits you"]
        if node.settings.practice:
            lines.append("  practice: every place is open day and night (COUNTER_PRACTICE=false)")
    return [*lines, "", "  Ctrl-C stops everything.", ""]


async def _every(interval_s: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    while True:
        await asyncio.sleep(interval_s)
        await once("housekeeping", work)


async def _resume(parts: Parts) -> None:
    """Seal what had ink and no seal when the node went down."""
    await parts.esign.resume()
