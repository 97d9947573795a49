"""What runs in the process of one token: its keys, asked by name, and nothing else.

Loaded once per process by `start`; then each function is one job, called by name from the pool.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping

from counter.esign.key_ports import Pkcs11Key
from counter.esign.keys_pkcs11 import HardwareKey
from counter.esign.ticket import CertificateChain, Mechanism

_keys: dict[str, HardwareKey] = {}


def start(keys: Mapping[str, Pkcs11Key]) -> None:
    """Prepare this process; the maker's module is loaded when a key is first asked for."""
    # Ctrl-C reaches the whole process group; the parent decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _keys.update({name: HardwareKey(source) for name, source in keys.items()})


def ready() -> bool:
    """A job that shows that `start` has finished."""
    return True


def certificates(key: str) -> CertificateChain:
    """Who signs with the key of this name."""
    return asyncio.run(_keys[key].certificates())


def sign_value(key: str, dtbsr: bytes, mechanism: Mechanism) -> bytes:
    """The value that the key of this name gives."""
    return asyncio.run(_keys[key].sign(dtbsr, mechanism))


def _end_with_parent() -> None:
    """A worker whose parent was killed has nobody to work for."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
