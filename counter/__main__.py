"""The command line: `python -m counter serve`, and what else an operator needs."""

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
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
    import uvloop

    from counter.app.clock import clock, new_id, random32, random_bytes
    from counter.media.mutual_tls import TlsFiles
    from counter.media.worker import Listening, WorkerSettings, serve_worker

    files = options.tls_cert, options.tls_key, options.tls_ca
    if len({given is None for given in (options.listen, *files)}) > 1:
        print("--listen, --tls-cert, --tls-key and --tls-ca go together", file=sys.stderr)
        return 2
    listening = None
    if options.listen is not None:
        host, port = options.listen
        certificate, key, authority = files
        proof = TlsFiles(certificate=certificate, key=key, authority=authority)
        listening = Listening(host=host, port=port, files=proof)
    settings = WorkerSettings(
        listening=listening,
        drain_for=timedelta(seconds=options.drain_s),
        socket=options.socket,
        ip=options.ip,
        bind_ip=options.bind_ip,
        ip6=options.ip6,
        only_from=tuple(options.only_from),
        udp_port=options.udp_port,
        recordings=options.recordings or options.socket.parent / "recordings",
    )
    # Its way from the kernel to the packet loop is shorter than that of asyncio's own.
    uvloop.run(
        serve_worker(
            settings, new_id=new_id, random32=random32, random_bytes=random_bytes, wall=clock
        )
    )
    return 0


def _media_certificate(options: argparse.Namespace) -> int:
    from counter.app.clock import clock
    from counter.media.tls_development import media_files

    files = media_files(_settings(options).keys / "media-tls", options.node, clock())
    _say(f"take these to {options.node}, for --tls-cert, --tls-key and --tls-ca:")
    for path in (files.certificate, files.key, files.authority):
        _say(f"  {path}")
    return 0


def _health(options: argparse.Namespace) -> int:
    return _ask_operator(options, "/health", None)


def _recordings(options: argparse.Namespace) -> int:
    return _ask_operator(options, "/recordings", None)


def _recording(options: argparse.Namespace) -> int:
    from counter.app.demo import NotRunning, ask
    from counter.app.recording_out import write_out

    try:
        told = asyncio.run(
            ask(_settings(options).data, "/recording", {"recording": options.recording})
        )
        size = write_out(told, options.file)
    except (NotRunning, FileExistsError) as refused:
        print(refused, file=sys.stderr)
        return 1
    _say(f"{options.file}: {size} bytes, in the clear; the journal says that you have it")
    return 0


def _case_folder(options: argparse.Namespace) -> int:
    from counter.app.clock import new_id
    from counter.app.demo import NotRunning, ask
    from counter.app.folder_out import write_out
    from counter.documents.handover import FolderDiffers

    try:
        told = asyncio.run(ask(_settings(options).data, "/case-folder", {"case": options.case}))
        folder = asyncio.run(write_out(told, options.directory, new_id))
    except (NotRunning, FolderDiffers, FileNotFoundError) as refused:
        print(refused, file=sys.stderr)
        return 1
    _say(f"{folder}: {len(told['files'])} files; the journal says that you have them")
    return 0


def _audit_pack(options: argparse.Namespace) -> int:
    from base64 import b64decode

    from counter.app.demo import NotRunning, ask

    try:
        asked = {"case": options.case, "ceremony": options.ceremony}
        told = asyncio.run(ask(_settings(options).data, "/audit-pack", asked))
        with options.file.open("xb") as out:
            out.write(b64decode(str(told["pack"])))
    except (NotRunning, FileExistsError) as refused:
        print(refused, file=sys.stderr)
        return 1
    _say(f"{options.file}: the journal says that you have it; `counter verify` looks at it")
    return 0


def _withdraw_form(options: argparse.Namespace) -> int:
    sent: dict[str, object] = {"case": options.case, "ceremony": options.ceremony}
    return _ask_operator(options, "/withdraw-form", sent)


def _void_form(options: argparse.Namespace) -> int:
    sent: dict[str, object] = {
        "case": options.case,
        "ceremony": options.ceremony,
        "reason": options.reason,
    }
    return _ask_operator(options, "/void-form", sent)


def _drain(options: argparse.Namespace) -> int:
    return _ask_operator(
        options, "/drain", {"process": options.process, "limit_s": options.limit_s}
    )


def _webhooks(options: argparse.Namespace) -> int:
    sent = _given(options, "webhook", "url", "kinds", "department", "delivery", "since")
    return _ask_operator(options, options.path, sent)


def _api_keys(options: argparse.Namespace) -> int:
    return _ask_operator(options, "/api-keys", None)


def _api_key(options: argparse.Namespace) -> int:
    sent = _given(options, "key", "name", "scopes", "department", "per_s")
    return _ask_operator(options, options.path, sent)


def _given(options: argparse.Namespace, *names: str) -> dict[str, object]:
    """What of these was said on the command line."""
    said = {name: getattr(options, name, None) for name in names}
    return {name: value for name, value in said.items() if value is not None}


def _ask_operator(options: argparse.Namespace, path: str, body: dict[str, object] | None) -> int:
    from counter.app.demo import NotRunning, ask

    try:
        told = asyncio.run(ask(_settings(options).data, path, body))
    except NotRunning as refused:
        print(refused, file=sys.stderr)
        return 1
    _say(json.dumps(told, indent=2))
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
        asyncio.run(run_terminal(terminal, _say))
    except (NotEnrolled, ValueError) as refused:
        print(refused, file=sys.stderr)
        return 1
    except asyncio.CancelledError:  # SIGTERM: everything was ended in order
        return 0
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


def _agent(options: argparse.Namespace) -> int:
    from counter.app.demo import NotRunning, ask

    told = {
        "agent": options.agent,
        "name": options.name,
        "departments": options.departments,
        "languages": options.languages,
        "supervisor": options.supervisor,
    }
    try:
        answer = asyncio.run(ask(_settings(options).data, "/agent", told))
    except NotRunning as refused:
        print(refused, file=sys.stderr)
        return 1
    _say(f"{answer['agent']} signs in with {answer['passphrase']}")
    return 0


def _retire_program(options: argparse.Namespace) -> int:
    from counter.app.demo import NotRunning, ask

    try:
        body = {"terminal": options.terminal}
        asyncio.run(ask(_settings(options).data, "/program/retire", body))
    except NotRunning as refused:
        print(refused, file=sys.stderr)
        return 1
    _say(f"{options.terminal} is a browser alone")
    return 0


def _audit(options: argparse.Namespace) -> int:
    from counter.app.node import verify_journal

    count, faults = asyncio.run(verify_journal(_settings(options)))
    for fault in faults:
        _say(f"entry {fault.seq}: {fault.what}")
    _say(f"{count} entries, {'the chain holds' if not faults else f'{len(faults)} faults'}")
    return 1 if faults else 0


def _verify(options: argparse.Namespace) -> int:
    from counter.app.clock import clock
    from counter.app.signed_files import Unreadable, look_at
    from counter.esign.judging import WORDS, Judgement
    from counter.esign.validation import POLICY

    try:
        looked = asyncio.run(
            look_at(
                _settings(options),
                options.file,
                options.root,
                options.at or clock(),
                record=options.record,
            )
        )
    except Unreadable as refused:
        print(refused, file=sys.stderr)
        return 2
    found, pack = looked.found, looked.pack
    since = ""
    if looked.judgement is Judgement.VOIDED and looked.voided_at is not None:
        since = f" on {looked.voided_at:%Y-%m-%d %H:%M:%S %Z}"
    _say(WORDS[looked.judgement] + since)
    if pack is not None:
        when = f"{pack.stamped_at:%Y-%m-%d %H:%M:%S %Z}" if pack.stamped_at else "no timestamp"
        _say(f"  audit pack: sealed by {pack.signer}, {when}: {pack.why or 'holds'}")
    for one in found.signatures:
        when = f"{one.stamped_at:%Y-%m-%d %H:%M:%S %Z}" if one.stamped_at else "no timestamp"
        later = ""
        if one.revoked_at is not None and one.trusted:
            later = f"; certificate revoked later, on {one.revoked_at:%Y-%m-%d %H:%M:%S %Z}"
        _say(f"  {one.field}: {one.signer}, {when}: {one.why or 'holds'}{later}")
    _say(f"  level {found.level}, by {POLICY}; SHA-256 {found.sha256}")
    said = {Judgement.SOUND: 0, Judgement.UNCOMPARED: 3, Judgement.VOIDED: 4}
    return said.get(looked.judgement, 1)


def _check(options: argparse.Namespace) -> int:
    from counter.documents.text_process import find_tools
    from counter.errors import Refusal
    from counter.esign import keys_toml

    settings = _settings(options, serving=True)
    for line in shown(settings):
        _say(line)
    if settings.signing is not None:
        try:
            keys_toml.read(settings.signing)
        except Refusal as refused:
            print(refused, file=sys.stderr)
            return 1
    _say(find_tools().sentence())
    return 0


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its offset")
    return moment


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
    media.add_argument("--ip6", help="this machine's IPv6 address, if browsers are to use it")
    media.add_argument("--udp-port", type=int, default=0)
    media.add_argument(
        "--only-from",
        action="append",
        default=[],
        metavar="IP",
        help="take media from this relay and from nowhere else; to be repeated for more relays",
    )
    media.add_argument("--recordings", type=Path, help="dumps of recorded calls")
    media.add_argument(
        "--listen",
        type=_address,
        metavar="HOST:PORT",
        help="where other machines' counters ask",
    )
    for name, what in (("cert", "its certificate"), ("key", "its key"), ("ca", "whom it believes")):
        media.add_argument(f"--tls-{name}", type=Path, help=f"{what}, PEM")
    media.add_argument(
        "--drain-s", type=int, default=0, help="how long calls may go on after SIGTERM"
    )
    media.set_defaults(run=_media)

    certificate = commands.add_parser(
        "media-certificate", parents=[common], help="what a media node proves itself with"
    )
    certificate.add_argument("node", help="the name or address that counters reach it by")
    certificate.set_defaults(run=_media_certificate)

    health = commands.add_parser("health", parents=[common], help="how the counter does")
    health.set_defaults(run=_health)

    recordings = commands.add_parser(
        "recordings", parents=[common], help="the newest recordings, and what is wrong with any"
    )
    recordings.set_defaults(run=_recordings)

    recording = commands.add_parser(
        "recording", parents=[common], help="take a recording out, in the clear"
    )
    recording.add_argument("recording", help="its name; see recordings")
    recording.add_argument("file", type=Path, help="such as conversation.mkv; must not be there")
    recording.set_defaults(run=_recording)

    folder = commands.add_parser(
        "case-folder", parents=[common], help="take the papers of a case out, with a manifest"
    )
    folder.add_argument("case", help="its id")
    folder.add_argument("directory", type=Path, help="in which the folder is made")
    folder.set_defaults(run=_case_folder)

    proof = commands.add_parser(
        "audit-pack", parents=[common], help="the proof of a signed document (ASiC-E)"
    )
    proof.add_argument("case", help="its id")
    proof.add_argument("ceremony", help="its id")
    proof.add_argument("file", type=Path, help="where to write it: such as proof.asice")
    proof.set_defaults(run=_audit_pack)

    withdraw = commands.add_parser(
        "withdraw-form", parents=[common], help="take a form back that cannot be sealed"
    )
    withdraw.add_argument("case", help="its id")
    withdraw.add_argument("ceremony", help="its id; the log names both")
    withdraw.set_defaults(run=_withdraw_form)

    void = commands.add_parser(
        "void-form", parents=[common], help="what was signed does not count, also of a closed case"
    )
    void.add_argument("case", help="its id")
    void.add_argument("ceremony", help="its id; the page of the case names both")
    void.add_argument("--reason", required=True, help="data_wrong, wrong_person, citizen_asked, …")
    void.set_defaults(run=_void_form)

    webhooks = commands.add_parser("webhooks", help="which programs are told what")
    asked = webhooks.add_subparsers(required=True, metavar="WHAT")
    which = asked.add_parser("list", parents=[common], help="all, or what one was told")
    which.add_argument("webhook", nargs="?", help="its id")
    which.set_defaults(run=_webhooks, path="/webhooks")
    new = asked.add_parser("add", parents=[common], help="a new one; shows its secret, this once")
    new.add_argument("url", help="such as https://program.example/hook")
    new.add_argument("--kind", dest="kinds", action="append", default=[], help="(all)")
    new.add_argument("--department", help="only of its appointments (of all)")
    new.set_defaults(run=_webhooks, path="/webhooks/add")
    gone = asked.add_parser("remove", parents=[common], help="tell it nothing any more")
    gone.add_argument("webhook")
    gone.set_defaults(run=_webhooks, path="/webhooks/remove")
    again = asked.add_parser("replay", parents=[common], help="tell it again")
    again.add_argument("webhook")
    chosen = again.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--delivery", type=int, help="this one; see list")
    chosen.add_argument("--since", help="all since then: 2026-11-23T10:00:00+08:00")
    again.set_defaults(run=_webhooks, path="/webhooks/replay")

    _add_api_key(commands.add_parser("api-key", help="which programs may book"), common)

    drain = commands.add_parser("drain", parents=[common], help="empty a media process")
    drain.add_argument("process", help="such as media-0; see health")
    drain.add_argument("--limit-s", type=int, default=3600, help="how long calls may go on (3600)")
    drain.set_defaults(run=_drain)

    demo = commands.add_parser("demo", parents=[common], help="play a citizen, or an agent")
    demo.add_argument("--as", dest="role", choices=("citizen", "agent"), default="citizen")
    demo.add_argument("--subject", help="which terminal or agent")
    demo.add_argument("--service", help="what the citizen comes for")
    demo.add_argument("--walk-in", action="store_true", help="come without an appointment")
    demo.add_argument("--visits", type=int, help="how many (until stopped)")
    demo.add_argument("--pace", type=float, default=1.5, help="seconds between steps")
    demo.add_argument("--video", type=Path, help="a video file as the citizen's picture")
    demo.set_defaults(run=_demo)

    _add_terminal(commands.add_parser("terminal", help="the program beside a terminal's page"))

    enrol = commands.add_parser("enrol", parents=[common], help="a link that makes a terminal")
    enrol.add_argument("terminal")
    enrol.set_defaults(run=_enrol)

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
    retire = commands.add_parser(
        "retire-program", parents=[common], help="a terminal goes back to a browser alone"
    )
    retire.add_argument("terminal")
    retire.set_defaults(run=_retire_program)

    audit = commands.add_parser("audit", parents=[common], help="verify the journal's chain")
    audit.set_defaults(run=_audit)

    verify = commands.add_parser(
        "verify",
        parents=[common],
        help="whether a signed PDF or an audit pack is sound; asks nobody",
    )
    verify.add_argument("file", type=Path)
    verify.add_argument(
        "--root", type=Path, action="append", help="a certificate to trust, PEM (our own root)"
    )
    verify.add_argument(
        "--record", action="store_true", help="also whether it was given out here: reads the store"
    )
    verify.add_argument(
        "--at", type=_moment, help="as of this time, ISO 8601 with its offset (now)"
    )
    verify.set_defaults(run=_verify)

    check = commands.add_parser(
        "check-settings", parents=[common], help="show the settings, or all that is wrong"
    )
    check.set_defaults(run=_check)
    return parser


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


def _add_api_key(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    asked = parser.add_subparsers(required=True, metavar="WHAT")
    known = asked.add_parser("list", parents=[common], help="all of them, without their secrets")
    known.set_defaults(run=_api_keys)
    new = asked.add_parser("make", parents=[common], help="a new one; shows it, this once")
    new.add_argument("name", help="of the program")
    new.add_argument(
        "--scope",
        dest="scopes",
        action="append",
        required=True,
        choices=("read", "book", "webhooks"),
        help="what it may do; to be repeated",
    )
    new.add_argument("--department", help="only its services (all)")
    new.add_argument("--per-s", type=int, help="requests a second, on average (50)")
    new.set_defaults(run=_api_key, path="/api-keys/make")
    for what, how in (
        ("renew", "another secret for the same program; the old one is void"),
        ("revoke", "let it ask nothing any more; what it booked stays"),
    ):
        one = asked.add_parser(what, parents=[common], help=how)
        one.add_argument("key", help="its id; see list")
        one.set_defaults(run=_api_key, path=f"/api-keys/{what}")


if __name__ == "__main__":
    sys.exit(main())
