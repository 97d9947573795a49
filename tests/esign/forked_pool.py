"""The process that signs, forked: for nodes that are killed on purpose."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from unittest.mock import patch

# Loaded here for the worker, which is forked.
import counter.esign.sign_worker as sign_worker
from counter.esign.forms import Forms
from counter.esign.key_ports import SigningKeys
from counter.esign.sign_pool import SignPool


class ForkedPool(SignPool):
    """Its first worker costs a fork, not a second of imports."""

    forked = False

    def _new_pool(self) -> ProcessPoolExecutor:
        if self.forked:  # threads run by now
            return super()._new_pool()
        self.forked = True
        fork = multiprocessing.get_context("fork")
        return ProcessPoolExecutor(1, mp_context=fork, initializer=_start, initargs=(self._keys,))


def _start(keys: SigningKeys) -> None:
    """As the worker does, but that no form is drawn before it is wanted."""
    with patch.object(sign_worker, "shipped_forms", lambda: Forms(())):
        sign_worker.start(keys)


def speak_through(said: Connection) -> None:
    """Be a process group of its own, worker included, whose standard output is this pipe."""
    os.setsid()
    os.dup2(said.fileno(), 1)
    said.close()
