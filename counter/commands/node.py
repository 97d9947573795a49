"""One node: serve it, and see how it does."""

import argparse
import asyncio
import logging
import sys

from counter.commands.asking import Commands, ask_operator, say, settings_of
from counter.settings.fitting import doubts
from counter.settings.reading import shown

log = logging.getLogger(__name__)


def add(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Its commands, with what each takes."""
    serve = commands.add_parser("serve", parents=[common], help="serve the counter")
    serve.set_defaults(run=_serve)

    check = commands.add_parser(
        "check-settings", parents=[common], help="show the settings, or all that is wrong"
    )
    check.set_defaults(run=_check)

    health = commands.add_parser("health", parents=[common], help="how the counter does")
    health.set_defaults(run=_health)

    alerts = commands.add_parser(
        "alerts",
        parents=[common],
        help="what somebody must look at; 3 while there is any",
    )
    alerts.set_defaults(run=_alerts)

    audit = commands.add_parser("audit", parents=[common], help="verify the journal's chain")
    audit.set_defaults(run=_audit)


def _serve(options: argparse.Namespace) -> int:
    import uvloop

    from counter.app.files import AlreadyServed
    from counter.app.node import serve

    settings = settings_of(options, serving=True)
    for doubt in doubts(settings):
        log.warning("%s", doubt)
    try:
        uvloop.run(serve(settings, say=say))
    except AlreadyServed as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _alerts(options: argparse.Namespace) -> int:
    """For whoever watches: 0 when there is none, 3 when there are, 1 when nobody can be asked."""
    return ask_operator(options, "/alerts", None, status=lambda told: 3 if told["alerts"] else 0)


def _check(options: argparse.Namespace) -> int:
    from counter.documents.text_process import find_tools
    from counter.errors import Refusal
    from counter.esign import keys_toml

    settings = settings_of(options, serving=True)
    for line in shown(settings):
        say(line)
    for doubt in doubts(settings):
        print(doubt, file=sys.stderr)
    if settings.signing is not None:
        try:
            keys_toml.read(settings.signing)
        except Refusal as refused:
            print(refused, file=sys.stderr)
            return 1
    say(find_tools().sentence())
    return 0


def _health(options: argparse.Namespace) -> int:
    return ask_operator(options, "/health", None)


def _audit(options: argparse.Namespace) -> int:
    from counter.app.store import verify_journal

    count, faults = asyncio.run(verify_journal(settings_of(options)))
    for fault in faults:
        say(f"entry {fault.seq}: {fault.what}")
    say(f"{count} entries, {'the chain holds' if not faults else f'{len(faults)} faults'}")
    return 1 if faults else 0
