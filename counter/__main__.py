"""The command line: `python -m counter serve`, and what else an operator needs."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from counter.app.logs import set_up
from counter.commands import desks, documents, media, node, programs
from counter.settings.reading import BadSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 when it went well."""
    options = _parser().parse_args(arguments)
    set_up(verbose=options.verbose)
    os.umask(0o077)  # whatever is written down here is nobody else's to read
    try:
        return int(options.run(options))
    except BadSettings as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="counter", description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, help="where everything durable lives (var)")
    common.add_argument("--host")
    common.add_argument("--port", type=int)
    common.add_argument("--lan", action="store_true", help="https on all addresses")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for subject in (node, media, desks, documents, programs):
        subject.add(commands, common)
    return parser


if __name__ == "__main__":
    sys.exit(main())
