"""What the value of a setting may be; each mistake is a sentence that follows the name."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from counter.media.node_name import node_name
from counter.media.turn import is_turn_url


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError("is not an IPv4 address") from None


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise ValueError("is not an IPv6 address") from None
    if address.is_link_local:
        raise ValueError("is valid on one link only; browsers elsewhere cannot use it")
    return str(address)


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("is not an IP address") from None


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise ValueError("is not a network such as 10.20.0.0/16") from None


def _postgres(text: str) -> str:
    if re.fullmatch(r"[^@/\s]+@[^@/\s]+/[^/\s?]+", text) is None:
        raise ValueError("is not user:password@host:port/database, without a scheme")
    return text


def _redis(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("does not begin with redis://, rediss:// or unix://")
    return text


def _mailbox(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]+", text) is None:
        raise ValueError("is not an e-mail address")
    return text


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("is not an absolute path: where the counter was started would decide")
    return path


def _turn_url(text: str) -> str:
    if not is_turn_url(text):
        raise ValueError(
            "is not turn:host:port?transport=udp, turn:host:port?transport=tcp "
            "or turns:host:port?transport=tcp"
        )
    return text


def _media_node(text: str) -> str:
    node_name(text)
    return text


def _clamd(text: str) -> str:
    if re.fullmatch(r"unix:/[^\s]+|[^\s:/]+:[0-9]{1,5}", text) is None:
        raise ValueError("is neither unix:/path nor host:port")
    return text


def _policy(path: Path) -> Path:
    from counter.esign.trust_toml import PolicyUnfit, read

    try:
        read(path)
    except PolicyUnfit as unfit:
        raise ValueError(f"names no trust policy: {unfit}") from None
    return path


def _several(given: object) -> object:
    """In the environment, several values are words."""
    return tuple(given.split()) if isinstance(given, str) else given


Port = Annotated[int, Field(ge=0, le=65_535)]
Ip = Annotated[str, AfterValidator(_ip)]
Ips = Annotated[tuple[Ip, ...], NoDecode, BeforeValidator(_several)]
Ipv4 = Annotated[str, AfterValidator(_ipv4)]
Ipv6 = Annotated[str, AfterValidator(_ipv6)]
Network = Annotated[str, AfterValidator(_network)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_several)]
Origin = Annotated[str, Field(pattern=r"^https?://[^/\s]+$")]
Postgres = Annotated[str, AfterValidator(_postgres)]
Redis = Annotated[str, AfterValidator(_redis)]
MediaNode = Annotated[str, AfterValidator(_media_node)]
MediaNodes = Annotated[tuple[MediaNode, ...], NoDecode, BeforeValidator(_several)]
TurnUrl = Annotated[str, AfterValidator(_turn_url)]
TurnUrls = Annotated[tuple[TurnUrl, ...], NoDecode, BeforeValidator(_several)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Clamd = Annotated[str, AfterValidator(_clamd)]
AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
TrustPolicy = Annotated[Path, AfterValidator(_policy)]
