"""What commands have in common: the settings, a word to who typed it, the running counter asked."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from counter.settings.node import Settings
from counter.settings.reading import read_settings

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = argparse._SubParsersAction


def settings_of(options: argparse.Namespace, *, serving: bool = False) -> Settings:
    """Settings with what the command line says of them.  Raises `BadSettings`."""
    return read_settings(
        serving=serving,
        data=options.data,
        host=options.host,
        port=options.port,
        lan=options.lan or None,
    )


def say(line: str) -> None:
    """Print it now, also into a pipe."""
    print(line, flush=True)


def ask_operator(
    options: argparse.Namespace,
    path: str,
    body: dict[str, object] | None,
    *,
    status: Callable[[Mapping[str, Any]], int] = lambda told: 0,
) -> int:
    """Ask the counter that runs, and print what it answers; 1 when it refuses or does not run.

    status: the exit status of an answer.
    """
    from counter.app.operator_asks import NotRunning, ask

    try:
        told = asyncio.run(ask(settings_of(options).data, path, body))
    except NotRunning as refused:
        print(refused, file=sys.stderr)
        return 1
    say(json.dumps(told, indent=2))
    return status(told)


def given(options: argparse.Namespace, *names: str) -> dict[str, object]:
    """What of these was said on the command line."""
    said = {name: getattr(options, name, None) for name in names}
    return {name: value for name, value in said.items() if value is not None}
