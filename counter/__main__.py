"""The command line: `python -m counter serve`, and what else an operator needs."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from counter.app.logs import set_up
from counter.settings import BadSettings, Settings, read_settings, shown


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


def _settings(options: argparse.Namespace, *, serving: bool = False) -> Settings:
    return read_settings(
        serving=serving,
        data=options.data,
        host=options.host,
        port=options.port,
        lan=options.lan or None,
    )


def _serve(options: argparse.Namespace) -> int:
    import uvloop

    from counter.app.files import AlreadyServed
    from counter.app.node import serve

    settings = _settings(options, serving=True)
    try:
        uvloop.run(serve(settings, say=_say))
    except AlreadyServed as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _media(options: argparse.Namespace) -> int:
    from counter.app.clock import new_id, random32
    from counter.media.worker import WorkerSettings, serve_worker

    settings = WorkerSettings(
        socket=options.socket,
        ip=options.ip,
        bind_ip=options.bind_ip,
        udp_port=options.udp_port,
    )
    asyncio.run(serve_worker(settings, new_id=new_id, random32=random32))
    return 0


def _demo(options: argparse.Namespace) -> int:
    from counter.app.clock import new_id
    from counter.app.demo import DemoOptions, NotRunning, play

    # It sees a few broken pictures until the first whole one; nothing to tell a person.
    logging.getLogger("aiortc").setLevel(logging.ERROR)
    demo = DemoOptions(
        role=options.role,
        data=_settings(options).data,
        subject=options.subject,
        service=options.service,
        walk_in=options.walk_in,
        visits=options.visits,
        pace_s=options.pace,
        video=options.video,
    )
    try:
        asyncio.run(play(demo, new_id, _say))
    except NotRunning as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _enrol(options: argparse.Namespace) -> int:
    from counter.app.demo import NotRunning, ask

    try:
        told = asyncio.run(
            ask(_settings(options).data, "/enrolment", {"terminal": options.terminal})
        )
    except NotRunning as refused:
        print(refused, file=sys.stderr)
        return 1
    _say(str(told["link"]))
    return 0


def _audit(options: argparse.Namespace) -> int:
    from counter.app.node import verify_journal

    count, faults = asyncio.run(verify_journal(_settings(options)))
    for fault in faults:
        _say(f"entry {fault.seq}: {fault.what}")
    _say(f"{count} entries, {'the chain holds' if not faults else f'{len(faults)} faults'}")
    return 1 if faults else 0


def _check(options: argparse.Namespace) -> int:
    for line in shown(_settings(options, serving=True)):
        _say(line)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="counter", description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, help="where everything durable lives (var)")
    common.add_argument("--host")
    common.add_argument("--port", type=int)
    common.add_argument("--lan", action="store_true", help="https on all addresses")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", parents=[common], help="serve the counter")
    serve.set_defaults(run=_serve)

    media = commands.add_parser("media", help="one media process; started by serve")
    media.add_argument("--socket", type=Path, required=True)
    media.add_argument("--ip", default="127.0.0.1")
    media.add_argument("--bind-ip", help="this machine's address, if it is not --ip")
    media.add_argument("--udp-port", type=int, default=0)
    media.set_defaults(run=_media)

    demo = commands.add_parser("demo", parents=[common], help="play a citizen, or an agent")
    demo.add_argument("--as", dest="role", choices=("citizen", "agent"), default="citizen")
    demo.add_argument("--subject", help="which terminal or agent")
    demo.add_argument("--service", help="what the citizen comes for")
    demo.add_argument("--walk-in", action="store_true", help="come without an appointment")
    demo.add_argument("--visits", type=int, help="how many (until stopped)")
    demo.add_argument("--pace", type=float, default=1.5, help="seconds between steps")
    demo.add_argument("--video", type=Path, help="a video file as the citizen's picture")
    demo.set_defaults(run=_demo)

    enrol = commands.add_parser("enrol", parents=[common], help="a link that makes a terminal")
    enrol.add_argument("terminal")
    enrol.set_defaults(run=_enrol)

    audit = commands.add_parser("audit", parents=[common], help="verify the journal's chain")
    audit.set_defaults(run=_audit)

    check = commands.add_parser(
        "check-settings", parents=[common], help="show the settings, or all that is wrong"
    )
    check.set_defaults(run=_check)
    return parser


if __name__ == "__main__":
    sys.exit(main())
