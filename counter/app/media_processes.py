"""The media processes that this node uses: its own ones, and those of media nodes."""

import sys

from counter.app.clock import clock, new_id
from counter.app.files import kept
from counter.app.store import Store
from counter.identity.tls_development import own_address
from counter.media.control_client import ControlClient
from counter.media.mutual_tls import TlsFiles, TlsRenewal, tls_of_counter
from counter.media.node_name import node_name
from counter.media.pool import WorkerPool
from counter.media.tls_development import counter_files
from counter.settings.node import Settings
from counter.store.nodes import place_lives


def media_pool(settings: Settings, store: Store) -> tuple[WorkerPool, TlsRenewal | None]:
    """The pool, and what takes a renewed certificate over when there are media nodes."""
    command = [sys.executable, "-m", "counter", "media"]
    command += ["--recordings", str(settings.recordings)]
    if settings.media_bind_ip is not None:
        command += ["--bind-ip", settings.media_bind_ip]
    if settings.media_ip6 is not None:
        command += ["--ip6", settings.media_ip6]
    if settings.only_relayed:
        command += [word for ip in settings.turn_ips for word in ("--only-from", ip)]

    async def lives(place: str) -> bool:
        return await store.executor.read(place_lives, place, clock())

    nodes, renewal = _nodes(settings)
    # With --lan the address that other machines reach is known: they would get no picture else.
    guessed = settings.lan and settings.media_ip == "127.0.0.1"
    pool = WorkerPool(
        settings.media,
        settings.workers,
        own_address() if guessed else settings.media_ip,
        settings.media_udp_port,
        command,
        place=kept(settings.media / "place", lambda: new_id()[:12].encode()).decode(),
        lives=lives,
        nodes=nodes,
    )
    return pool, renewal


def tls_files(settings: Settings) -> TlsFiles:
    """What this counter proves itself to media nodes with; in development made when needed."""
    named = settings.media_tls_cert, settings.media_tls_key, settings.media_tls_ca
    match named:
        case (None, _, _) | (_, None, _) | (_, _, None):
            return counter_files(settings.keys / "media-tls", clock())
        case certificate, key, authority:
            return TlsFiles(certificate=certificate, key=key, authority=authority)


def _nodes(settings: Settings) -> tuple[dict[str, ControlClient], TlsRenewal | None]:
    if not settings.media_nodes:
        return {}, None
    files = tls_files(settings)
    context = tls_of_counter(files)
    clients = {node_name(url): ControlClient.over_tls(url, context) for url in settings.media_nodes}
    return clients, TlsRenewal(context, files)
