"""Fuzz one target with atheris: `python -m tests.fuzz NAME [options of libFuzzer] [DIRECTORY]`.

What is found interesting goes to the directory, if one is named, and a finding to `crash-…` in the
current one; put it into `tests/fuzz/found/NAME` once it is mended.
"""

import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["counter.media", "counter.documents", "aioice"]):
    from tests.fuzz.targets import TARGETS

MAX_BYTES = 6000
FOUND = Path(__file__).parent / "found"


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in TARGETS:
        print(f"name one of: {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    name, *options = arguments
    logging.disable(logging.CRITICAL)
    with TemporaryDirectory() as seeds:
        for number, seed in enumerate(TARGETS[name].seeds()):
            Path(seeds, f"seed-{number}").write_bytes(seed)
        corpus = [seeds, *([str(FOUND / name)] if (FOUND / name).exists() else [])]
        # The first directory is where libFuzzer writes what it finds interesting.
        written = [option for option in options if not option.startswith("-")]
        flags = [option for option in options if option.startswith("-")]
        atheris.Setup(
            ["tests.fuzz", f"-max_len={MAX_BYTES}", *flags, *written, *corpus], TARGETS[name].run
        )
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
