"""Terminals and agents: enrolled, retired, run, and played."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from counter.commands.asking import Commands, say, settings_of


def add(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Its commands, with what each takes."""
    _add_terminal(commands.add_parser("terminal", help="the program beside a terminal's page"))

    enrol = commands.add_parser("enrol", parents=[common], help="a link that makes a terminal")
    enrol.add_argument("terminal")
    enrol.set_defaults(run=_enrol)

    retire = commands.add_parser(
        "retire-program", parents=[common], help="a terminal goes back to a browser alone"
    )
    retire.add_argument("terminal")
    retire.set_defaults(run=_retire_program)

    agent = commands.add_parser(
        "agent", parents=[common], help="let somebody work at a desk; shows the passphrase, once"
    )
    agent.add_argument("agent", help="what to sign in with: small letters, digits and hyphens")
    agent.add_argument("--name", required=True, help="as citizens see it")
    agent.add_argument(
        "--department", dest="departments", action="append", required=True, help="the own one first"
    )
    agent.add_argument(
        "--language", dest="languages", action="append", default=[], help="such as pt (all four)"
    )
    agent.add_argument("--supervisor", action="store_true")
    agent.set_defaults(run=_agent)

    demo = commands.add_parser("demo", parents=[common], help="play a citizen, or an agent")
    demo.add_argument("--as", dest="role", choices=("citizen", "agent"), default="citizen")
    demo.add_argument("--subject", help="which terminal or agent")
    demo.add_argument("--service", help="what the citizen comes for")
    demo.add_argument("--walk-in", action="store_true", help="come without an appointment")
    demo.add_argument("--visits", type=int, help="how many (until stopped)")
    demo.add_argument("--pace", type=float, default=1.5, help="seconds between steps")
    demo.add_argument("--video", type=Path, help="a video file as the citizen's picture")
    demo.set_defaults(run=_demo)


def _add_terminal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", type=Path, required=True, help="what it keeps: key and journal")
    parser.add_argument("--server", help="such as https://counter.example; kept after enrolment")
    parser.add_argument("--enrol", metavar="LINK", help="the link of `counter enrol`, once")
    parser.add_argument("--trust", type=Path, help="who vouches for the counter, PEM")
    parser.add_argument("--simulate", action="store_true", help="play every device")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        help="of a played device, such as camera-dark; also by words in STATE/faults",
    )
    parser.add_argument("--camera", help="the document camera, such as /dev/video2")
    parser.add_argument(
        "--lamp",
        metavar="COMMAND",
        help="what switches the lamp over the papers; {percent} or {on} where its level belongs",
    )
    parser.add_argument(
        "--learn-bed", action="store_true", help="look anew at the empty place under the camera"
    )
    parser.add_argument("--scanner", help="as scanimage -L names it")
    parser.add_argument("--printer", help="the queue of CUPS")
    parser.add_argument("--print-server", help="host:port of another machine's CUPS (this one's)")
    parser.add_argument("--sound", action="store_true", help="listen to the loudspeaker")
    parser.add_argument("--browser", help="start this Chromium, and a fresh one for each citizen")
    parser.add_argument("--profiles", type=Path, help="where its profiles lie, best a tmpfs")
    parser.set_defaults(run=_terminal)


def _terminal(options: argparse.Namespace) -> int:
    from counter.app.terminal_program import NotEnrolled, TerminalOptions, run_terminal

    terminal = TerminalOptions(
        server=options.server,
        enrol=options.enrol,
        state=options.state,
        trust=options.trust,
        simulate=options.simulate,
        faults=tuple(options.fault),
        camera=options.camera,
        scanner=options.scanner,
        printer=options.printer,
        print_server=options.print_server,
        learn_bed=options.learn_bed,
        lamp=options.lamp,
        sound=options.sound,
        browser=options.browser,
        profiles=options.profiles,
    )
    try:
        asyncio.run(run_terminal(terminal, say))
    except (NotEnrolled, ValueError) as refused:
        print(refused, file=sys.stderr)
        return 1
    except asyncio.CancelledError:  # SIGTERM: everything was ended in order
        return 0
    return 0


def _enrol(options: argparse.Namespace) -> int:
    from counter.app.operator_asks import NotRunning, ask

    try:
        told = asyncio.run(
            ask(settings_of(options).data, "/enrolment", {"terminal": options.terminal})
        )
    except NotRunning as refused:
        print(refused, file=sys.stderr)
        return 1
    say(str(told["link"]))
    return 0


def _retire_program(options: argparse.Namespace) -> int:
    from counter.app.operator_asks import NotRunning, ask

    try:
        body = {"terminal": options.terminal}
        asyncio.run(ask(settings_of(options).data, "/program/retire", body))
    except NotRunning as refused:
        print(refused, file=sys.stderr)
        return 1
    say(f"{options.terminal} is a browser alone")
    return 0


def _agent(options: argparse.Namespace) -> int:
    from counter.app.operator_asks import NotRunning, ask

    told = {
        "agent": options.agent,
        "name": options.name,
        "departments": options.departments,
        "languages": options.languages,
        "supervisor": options.supervisor,
    }
    try:
        answer = asyncio.run(ask(settings_of(options).data, "/agent", told))
    except NotRunning as refused:
        print(refused, file=sys.stderr)
        return 1
    say(f"{answer['agent']} signs in with {answer['passphrase']}")
    return 0


def _demo(options: argparse.Namespace) -> int:
    from counter.app.clock import new_id
    from counter.app.demo import DemoOptions, play
    from counter.app.operator_asks import NotRunning

    # It sees a few broken pictures until the first whole one; nothing to tell a person.
    logging.getLogger("aiortc").setLevel(logging.ERROR)
    demo = DemoOptions(
        role=options.role,
        data=settings_of(options).data,
        subject=options.subject,
        service=options.service,
        walk_in=options.walk_in,
        visits=options.visits,
        pace_s=options.pace,
        video=options.video,
    )
    try:
        asyncio.run(play(demo, new_id, say))
    except NotRunning as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0
