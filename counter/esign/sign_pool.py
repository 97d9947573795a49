"""The worker process seen from the event loop: `Studio`, in one process of its own.

Signing blocks for 15 ms and drawing for more; neither may hold up the loop that carries the call.
A worker that dies or hangs is replaced, and whoever waited gets `SignerUnavailable`.  Keys in HSMs
are asked in processes of their own (`token_pool`): a maker's module may hang for long.
"""

import asyncio
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any

from counter.esign.check_ports import Verdict
from counter.esign.form_ports import OwnPress, PageImage, PreparedForm
from counter.esign.form_refusals import (
    FormUndrawable,
    TemplateTooHeavy,
    TemplateUnfit,
    TemplateWrong,
)
from counter.esign.form_typst import template_sha256
from counter.esign.forms import FormTemplate, Language, OwnForm
from counter.esign.key_ports import KeyProvider, SigningKeys
from counter.esign.signing_refusals import SignerUnavailable
from counter.esign.ticket import Act, Begun, CertificateChain, Mechanism, SigningTicket
from counter.esign.token_pool import PooledKey, token_pools
from counter.one_process import kill, one_process

JOB_PATIENCE_S = 30.0
"Longer than any job that makes progress, the start of the process included."
CLOSE_PATIENCE_S = 5.0
"For the job that is running when the node closes."
OWN = {"typst", "department"}
"What an own form has more: it never reaches the process that holds keys."


class SignPool:
    """`counter.esign.ports.Studio` on a process pool of one."""

    def __init__(self, keys: SigningKeys, own: OwnPress | None = None) -> None:
        """own: draws the departments' own forms, far from the keys; None: there are none."""
        self._keys = keys
        self._own = own
        self._tokens = token_pools(keys.named())
        self._pool = self._new_pool()
        self._closed = False
        # Waiting for one's turn does not count as work that does not end.
        self._turn = asyncio.Lock()

    async def warm(self) -> None:
        """Return when the worker is ready, so that the first citizen does not wait for it."""
        await self._run("ready")

    async def prepare(
        self,
        form: FormTemplate,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        photographed: bool = True,
    ) -> PreparedForm:
        if isinstance(form, OwnForm):
            return await self._prepare_own(form, data, language, now, photographed)
        prepared: PreparedForm = await self._run(
            "prepare", form, data, language, now, photographed=photographed
        )
        return prepared

    async def _prepare_own(
        self,
        form: OwnForm,
        data: dict[str, str],
        language: Language,
        now: datetime,
        photographed: bool,
    ) -> PreparedForm:
        assert self._own is not None  # whoever shows such forms brings what draws them
        try:
            drawn = await self._own.draw(form, data, language, now)
        except TemplateTooHeavy as error:
            raise SignerUnavailable(f"form {form.id}: {error}") from error
        except (TemplateWrong, TemplateUnfit) as error:
            raise FormUndrawable(f"form {form.id} {form.version}: {error.code}") from error
        bare = FormTemplate.model_validate(form.model_dump(by_alias=True, exclude=OWN))
        prepared: PreparedForm = await self._run(
            "accept",
            bare,
            drawn.pdf,
            data,
            now,
            template_sha256=template_sha256(form),  # of all of it: the worker sees no such template
            photographed=photographed,
        )
        return prepared

    def key(self, name: str) -> KeyProvider:
        """The key of this name (see `ticket.KEYS`), which never leaves its process."""
        token = self._tokens.get(name)
        return PooledKey(self._run if token is None else token.run, name)

    def keys(self) -> dict[str, KeyProvider]:
        """Every key, by name."""
        return {name: self.key(name) for name in self._keys.named()}

    async def begin(
        self, pdf: bytes, act: Act, chain: CertificateChain, *, token_bytes: int, now: datetime
    ) -> Begun:
        begun: Begun = await self._run("begin", pdf, act, chain, token_bytes=token_bytes, now=now)
        return begun

    async def require_value(self, ticket: SigningTicket, value: bytes) -> None:
        await self._run("require_value", ticket, value)

    async def finish(
        self, pdf: bytes, ticket: SigningTicket, value: bytes, token: bytes, now: datetime
    ) -> bytes:
        done: bytes = await self._run("finish", pdf, ticket, value, token, now)
        return done

    async def audit_summary(self, said: dict[str, object], now: datetime) -> bytes:
        page: bytes = await self._run("audit_summary", said, now)
        return page

    async def pack_begin(
        self, manifest: bytes, chain: CertificateChain, at: datetime
    ) -> tuple[bytes, Mechanism]:
        begun: tuple[bytes, Mechanism] = await self._run("pack_begin", manifest, chain, at)
        return begun

    async def pack_finish(
        self, attributes: bytes, chain: CertificateChain, value: bytes, token: bytes
    ) -> bytes:
        seal: bytes = await self._run("pack_finish", attributes, chain, value, token)
        return seal

    async def holder(self, chain: CertificateChain) -> str:
        whose: str = await self._run("holder", chain)
        return whose

    async def require_pack(self, signature: bytes, manifest: bytes, now: datetime) -> None:
        await self._run("require_pack", signature, manifest, now)

    async def photograph(self, pdf: bytes) -> tuple[PageImage, ...]:
        pages: tuple[PageImage, ...] = await self._run("photograph", pdf)
        return pages

    async def verify(self, pdf: bytes, now: datetime) -> tuple[Verdict, ...]:
        verdicts: tuple[Verdict, ...] = await self._run("verify", pdf, now)
        return verdicts

    async def run(self, job: str, *args: Any, **kwargs: Any) -> Any:
        """Run a function of another module over there, by its full name."""
        return await self._run(job, *args, **kwargs)

    async def close(self) -> None:
        """Let the job that is running finish, for a while, then end the worker."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """The same, for who has no event loop."""
        self._closed = True
        for token in self._tokens.values():
            token.close()
        processes = list((self._pool._processes or {}).values())

        def give_up() -> None:
            for process in processes:  # the pool knows them no more once it is shut down
                process.kill()

        late = threading.Timer(CLOSE_PATIENCE_S, give_up)
        late.start()
        try:
            self._pool.shutdown(wait=True, cancel_futures=True)
        finally:
            late.cancel()

    async def _run(self, job: str, *args: Any, **kwargs: Any) -> Any:
        """Run the function of this name of `sign_worker` over there."""
        call = partial(_do, job, *args, **kwargs)
        async with self._turn:
            pool = self._pool
            try:
                async with asyncio.timeout(JOB_PATIENCE_S):
                    return await asyncio.get_running_loop().run_in_executor(pool, call)
            except (BrokenProcessPool, TimeoutError) as error:
                self._replace(pool)
                raise SignerUnavailable(
                    f"the sign worker did not finish ({type(error).__name__}); it is started again"
                ) from error

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        if self._pool is broken and not self._closed:
            self._pool = self._new_pool()
            kill(broken)
            # Nothing is cancelled: that would look to others as if their task was to end.
            broken.shutdown(wait=False)

    def _new_pool(self) -> ProcessPoolExecutor:
        return one_process(_start, self._keys)


def _start(keys: SigningKeys) -> None:
    # Its libraries take a second to load and are of use in the worker only.
    from counter.esign import sign_worker

    sign_worker.start(keys)


def _do(job: str, *args: Any, **kwargs: Any) -> Any:
    module, _, name = job.rpartition(".")
    over_there = import_module(module or "counter.esign.sign_worker")
    return getattr(over_there, name)(*args, **kwargs)
