"""Settings that are each right and do not fit together, or not what the node is for."""

import ipaddress
from pathlib import Path
from typing import Final

from counter.settings.node import Settings

THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")


def doubts(settings: Settings) -> list[str]:
    """What can be meant so and seldom is, one sentence each."""
    if settings.origin is None:
        return []
    practice = (
        "profile: a counter in development has invented agents, keys that are worth nothing and"
        f" practice hours, and {settings.origin} leads to it; production says profile"
    )
    crowd = (
        "proxies: origin is set and no proxy is named: all visitors of /signed, /papers, /check and"
        " of the codes on papers are one address, and use up one another's tries"
    )
    found = {practice: settings.profile != "production" and not settings.lan}
    found[crowd] = not settings.proxies
    return [said for said, doubted in found.items() if doubted]


def apart(settings: Settings, wrong: set[str]) -> list[str]:
    """Settings that mean nothing without another one; about a wrong one all is said."""
    needs = {
        "media_workers": (
            settings.workers > 0 or bool(settings.media_nodes),
            "0 needs media_nodes: somebody has to carry the calls",
        ),
        "media_tls_cert": (
            len({path is None for path in _media_tls(settings)}) == 1,
            "it, media_tls_key and media_tls_ca are named together or not at all",
        ),
        "turn_urls": (
            bool(settings.turn_urls) or not settings.only_relayed,
            "relay_only needs relays",
        ),
        "turn_secret": (
            settings.turn_secret is not None or not settings.turn_urls,
            "the relays of turn_urls take nobody without it",
        ),
        "turn_ips": (
            bool(settings.turn_ips) or not settings.only_relayed,
            "relay_only needs the addresses that the relays send from",
        ),
        "smtp_from": (
            settings.smtp_from is not None or settings.smtp_host is None,
            "letters by smtp_host come from somebody",
        ),
        "smtp_password": (
            bool(settings.smtp_user) == (settings.smtp_password is not None),
            "it and smtp_user are named together or not at all",
        ),
        "smtp_tls": (
            settings.smtp_tls != "none" or settings.smtp_host in (None, *THIS_MACHINE),
            "what is in letters does not go over a network in the clear",
        ),
    }
    found = [f"{name}: {why}" for name, (there, why) in needs.items() if not there]
    return [line for line in found if line.split(":")[0] not in wrong]


def missing(settings: Settings, wrong: set[str]) -> list[str]:
    """What production needs and these settings do not have; about a wrong one all is said."""
    if settings.profile != "production":
        return []
    needs = {
        "postgres": (settings.postgres, "production keeps its facts in PostgreSQL"),
        "media_ip": (
            not ipaddress.IPv4Address(settings.media_ip).is_loopback,
            "production needs an address that browsers reach",
        ),
        "origin": (
            (settings.origin or "").startswith("https://"),
            "production is reached over https; name what browsers call it",
        ),
        "signing": (
            settings.signing,
            "production signs with keys of the departments; name the file that says where they are",
        ),
        "media_nodes": (
            not settings.media_nodes or None not in _media_tls(settings),
            "production proves itself to them: media_tls_cert, media_tls_key and media_tls_ca",
        ),
        "lan": (
            not settings.lan,
            "production has no certificates made here; leave it out and put a proxy in front",
        ),
    }
    found = [f"{name}: {why}" for name, (there, why) in needs.items() if not there]
    return [line for line in found if line.split(":")[0] not in wrong]


def _media_tls(settings: Settings) -> tuple[Path | None, ...]:
    return settings.media_tls_cert, settings.media_tls_key, settings.media_tls_ca
