"""The processes that ask HSMs and cards, seen from the event loop: one per token.

A maker's module that hangs or crashes holds up nobody but who wants a key of that token.  Its
process is replaced, and for a while whoever asks is refused at once.  A PIN that was refused is
never tried again, whatever becomes of the process: tokens count.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, Final

from counter.esign.key_ports import Activation, KeySource, Pkcs11Key
from counter.esign.signing_refusals import KeyUnavailable, PinRefused
from counter.esign.ticket import CertificateChain, Mechanism
from counter.one_process import kill, one_process

PATIENCE_S: Final = 5.0
"For one signature or certificate."
START_PATIENCE_S: Final = 30.0
"For a process of ours to start, and for the first question, which logs in."
REST_S: Final = 60.0
"Without a question, after one that was not answered."


class TokenPool:
    """One token, in a process of its own that is started when it is first asked.  `close` it."""

    def __init__(
        self, keys: Mapping[str, Pkcs11Key], clock: Callable[[], float] | None = None
    ) -> None:
        """keys: by name, all of one token and PIN.  clock: seconds; the loop's when None."""
        self._keys = dict(keys)
        self._token = next(iter(keys.values())).token
        self._clock = clock
        self._pool: ProcessPoolExecutor | None = None
        self._resting_until = float("-inf")
        self._refused = self._closed = False
        self._turn = asyncio.Lock()

    async def run(self, job: str, *args: Any) -> Any:
        """Run the function of this name of `token_worker` over there.

        Raises what it raises; `KeyUnavailable` also when it does not end, or of late did not.
        """
        async with self._turn:
            if self._refused:
                raise PinRefused(f"token {self._token}: its PIN was refused; set another one")
            if self._closed or self._seconds() < self._resting_until:
                raise KeyUnavailable(f"token {self._token}: did not answer a moment ago")
            try:
                pool, patience_s = self._pool, PATIENCE_S
                if pool is None:
                    # The maker's module is loaded and logs in with the first question.  One that
                    # refuses a PIN late has to be heard: else it would be tried again and again.
                    pool, patience_s = self._new_pool(), START_PATIENCE_S
                    self._pool = pool
                    await self._asked(pool, START_PATIENCE_S, "ready")
                return await self._asked(pool, patience_s, job, *args)
            except PinRefused:
                self._refused = True
                raise
            except (BrokenProcessPool, TimeoutError) as error:
                self._resting_until = self._seconds() + REST_S
                self._drop()
                raise KeyUnavailable(
                    f"token {self._token}: no answer ({type(error).__name__}); "
                    f"asked again in {REST_S:.0f} s"
                ) from error

    def close(self) -> None:
        """End the process.  What is being signed is lost, and is asked for again by its ticket."""
        self._closed = True
        self._drop()

    def _drop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            kill(pool)
            # Nothing is cancelled: that would look to others as if their task was to end.
            pool.shutdown(wait=False)

    async def _asked(
        self, pool: ProcessPoolExecutor, patience_s: float, job: str, *args: Any
    ) -> Any:
        if self._closed:
            raise KeyUnavailable(f"token {self._token}: it is let go of")
        async with asyncio.timeout(patience_s):
            return await asyncio.get_running_loop().run_in_executor(pool, partial(_do, job, *args))

    def _new_pool(self) -> ProcessPoolExecutor:
        return one_process(_start, self._keys)

    def _seconds(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()


class PooledKey:
    """`counter.esign.key_ports.KeyProvider`: a key that another process holds."""

    def __init__(self, run: Callable[..., Awaitable[Any]], name: str) -> None:
        """run: has that process do a job, by its name."""
        self._run = run
        self._name = name

    async def certificates(self) -> CertificateChain:
        chain: CertificateChain = await self._run("certificates", self._name)
        return chain

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        value: bytes = await self._run("sign_value", self._name, dtbsr, mechanism)
        return value


def token_pools(keys: Mapping[str, KeySource]) -> dict[str, TokenPool]:
    """By key's name: the pool of its token.  Keys that are on no token are left out."""
    tokens: dict[tuple[object, ...], dict[str, Pkcs11Key]] = {}
    for name, key in keys.items():
        if isinstance(key, Pkcs11Key):
            tokens.setdefault((key.library, key.token, key.pin), {})[name] = key
    return {name: pool for of in tokens.values() for pool in [TokenPool(of)] for name in of}


def _start(keys: Mapping[str, Pkcs11Key]) -> None:
    # Its libraries are of use in that process only.
    from counter.esign import token_worker

    token_worker.start(keys)


def _do(job: str, *args: Any) -> Any:
    from counter.esign import token_worker

    return getattr(token_worker, job)(*args)
