"""Media processes, and recordings of what went through them."""

import argparse
import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from counter.commands.asking import Commands, ask_operator, say, settings_of


def add(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Its commands, with what each takes."""
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

    drain = commands.add_parser("drain", parents=[common], help="empty a media process")
    drain.add_argument("process", help="such as media-0; see health")
    drain.add_argument("--limit-s", type=int, default=3600, help="how long calls may go on (3600)")
    drain.set_defaults(run=_drain)

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

    files = media_files(settings_of(options).keys / "media-tls", options.node, clock())
    say(f"take these to {options.node}, for --tls-cert, --tls-key and --tls-ca:")
    for path in (files.certificate, files.key, files.authority):
        say(f"  {path}")
    return 0


def _drain(options: argparse.Namespace) -> int:
    return ask_operator(options, "/drain", {"process": options.process, "limit_s": options.limit_s})


def _recordings(options: argparse.Namespace) -> int:
    return ask_operator(options, "/recordings", None)


def _recording(options: argparse.Namespace) -> int:
    from counter.app.operator_asks import NotRunning, ask
    from counter.app.recording_out import write_out

    try:
        told = asyncio.run(
            ask(settings_of(options).data, "/recording", {"recording": options.recording})
        )
        size = write_out(told, options.file)
    except (NotRunning, FileExistsError) as refused:
        print(refused, file=sys.stderr)
        return 1
    say(f"{options.file}: {size} bytes, in the clear; the journal says that you have it")
    return 0


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
