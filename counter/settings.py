"""Everything that may differ between places, in one frozen object.

From `counter.toml` (or the file named by COUNTER_SETTINGS) and the environment (`COUNTER_…`),
over defaults that serve one machine.  All mistakes are reported at once, also names that are no
setting; the values of secrets are not.
"""

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from counter.media.node_name import node_name
from counter.media.turn import is_turn_url

PREFIX: Final = "COUNTER_"
FILE: Final = "COUNTER_SETTINGS"

THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")


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


def _postgres(text: str) -> str:
    if re.fullmatch(r"[^@/\s]+@[^@/\s]+/[^/\s?]+", text) is None:
        raise ValueError("is not user:password@host:port/database, without a scheme")
    return text


def _redis(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("does not begin with redis://, rediss:// or unix://")
    return text


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("is not an IP address") from None


def _mailbox(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]+", text) is None:
        raise ValueError("is not an e-mail address")
    return text


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("is not an absolute path: where the counter was started would decide")
    return path


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise ValueError("is not a network such as 10.20.0.0/16") from None


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
Ipv4 = Annotated[str, AfterValidator(_ipv4)]
Ipv6 = Annotated[str, AfterValidator(_ipv6)]
Ip = Annotated[str, AfterValidator(_ip)]
Network = Annotated[str, AfterValidator(_network)]
MediaNode = Annotated[str, AfterValidator(_media_node)]
TurnUrl = Annotated[str, AfterValidator(_turn_url)]


class Settings(BaseSettings):
    """The settings of one node."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    profile: Literal["development", "production"] = "development"
    """Development seeds demo departments, prints how to sign in and makes its own keys."""
    data: Path = Path("var")
    """Where everything durable of this node lives: store, pages, keys, sockets."""
    shared: Path | None = None
    """What all nodes of one counter have in common: keys and big bytes.  A directory that every
    node reaches; none: in `data`."""
    host: str = "127.0.0.1"
    """Where the pages are served."""
    port: Port = 8080
    """0 takes a free one."""
    lan: bool = False
    """Serve https on all addresses with a certificate made here, so that a second machine's
    browser gives its camera."""
    origin: Annotated[str, Field(pattern=r"^https?://[^/\s]+$")] | None = None
    """What browsers call this counter when a proxy stands before it, such as
    `https://counter.example`; with https, cookies are bound to it."""
    proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_several)] = ()
    """Networks in which the proxies are, such as `192.0.2.7/32`: what they say in
    `X-Forwarded-For` is believed, so that who asks too often holds up nobody else."""
    postgres: Annotated[str, AfterValidator(_postgres)] | None = None
    """`user:password@host:port/database`; none: SQLite in the data directory."""
    redis: Annotated[str, AfterValidator(_redis)] | None = None
    """`redis://host:port/0`; none: one node, wake-ups in process."""
    practice: bool = True
    """Development only: demo places are open day and night; false seeds the official hours and
    calendars."""
    media_workers: Annotated[int, Field(ge=0, le=64)] | None = None
    """Media processes of this machine; none: one per core, or with `media_nodes` 0."""
    media_directory: Path | None = None
    """Sockets and logs of the media processes; none: in `data`.  Nodes on one machine that name
    the same directory share the processes, so that a call may have its sides on two nodes."""
    media_ip: Ipv4 = "127.0.0.1"
    """The address browsers send media to."""
    media_bind_ip: Ipv4 | None = None
    """This machine's own address, where it differs from `media_ip` (address translation)."""
    media_ip6: Ipv6 | None = None
    """This machine's IPv6 address, which browsers may send media to as well; none: IPv4 only."""
    media_udp_port: Port = 40_000
    """UDP port of the first media process, the others count on; 0 takes free ones."""
    media_nodes: Annotated[tuple[MediaNode, ...], NoDecode, BeforeValidator(_several)] = ()
    """Media processes of other machines, `https://host:port` each; the same on every node."""
    media_tls_cert: Path | None = None
    """What this counter proves itself to media nodes with, PEM; its certificate names `counter`."""
    media_tls_key: Path | None = None
    media_tls_ca: Path | None = None
    """Who vouches for the media nodes' certificates, which name `media`."""
    turn_urls: Annotated[tuple[TurnUrl, ...], NoDecode, BeforeValidator(_several)] = ()
    """Relays that pages may reach media through: `turn:host:port?transport=udp` (or `tcp`),
    `turns:host:port?transport=tcp`; none: pages reach media by themselves."""
    turn_secret: SecretStr | None = None
    """What the relays make passwords from (`turnadmin --set-secret`)."""
    turn_ips: Annotated[tuple[Ip, ...], NoDecode, BeforeValidator(_several)] = ()
    """Where the relays send media from (`relay-ip` of coturn)."""
    relay_only: bool | None = None
    """Pages reach media through relays and in no other way, and media takes nothing from
    elsewhere than `turn_ips`; not said: in production with `turn_urls`."""
    recording_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """How long a recorded conversation is kept; then its key is destroyed."""
    document_camera: str = ""
    """Part of the document camera's name, as the terminals' browsers give it; empty: a terminal
    has one camera for the face and for papers."""
    terminal_printing: Literal["page", "none"] | None = None
    """`page`: the terminals' browsers print.  `none`: whoever asks for a print is told that there
    is no printer.  Not said: `page` in development, `none` in production."""
    smtp_host: str | None = None
    """Who takes the counter's e-mail; none: notices are files in `data/notices`."""
    smtp_port: Port = 0
    """0: the usual one, 587 with starttls, 465 with implicit, 25 with none."""
    smtp_tls: Literal["starttls", "implicit", "none"] = "starttls"
    """How the way there is sealed; `none` is for a relay on this machine."""
    smtp_ca: Path | None = None
    """Who vouches for the relay's certificate, PEM; none: whom this machine believes."""
    smtp_user: str = ""
    """Empty: nobody signs in at the relay."""
    smtp_password: SecretStr | None = None
    smtp_from: Annotated[str, AfterValidator(_mailbox)] | None = None
    """The address that letters come from, such as `counter@counter.example`."""
    clamd: Annotated[str, AfterValidator(_clamd)] | None = None
    """Where clamd looks for viruses in what citizens send, `unix:/run/clamav/clamd.ctl` or
    `host:port`; none: nothing does, and files are drawn anew all the same."""
    clamd_required: bool = True
    """A file that clamd gave no verdict on is refused; false takes it."""
    webhook_networks: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_several)] = ()
    """Networks in which receivers of webhooks may be although they are not public, such as
    `10.20.0.0/16`."""
    handover: dict[str, Annotated[Path, AfterValidator(_absolute)]] = {}
    """Where folders of closed cases go, by the department's id, or `all` for those that are not
    named; in `counter.toml` as `[handover]`, in the environment as JSON.  Departments that have no
    directory hand nothing over."""
    waiting_room_per_s: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    """When a department opens its days for booking, people gather in a waiting room and so many
    go in each second on this node; 0: there are no waiting rooms."""
    signing: Path | None = None
    """The file that names the keys for signing and the time-stamping services; none: keys of the
    counter's own making, for development."""
    trust: Annotated[Path, AfterValidator(_policy)] | None = None
    """The trust policy: roots, time-stamping services, algorithms, how soon revocation is asked
    about again; none: the roots and services of `signing`."""
    tsa_port: Port = 0
    """Loopback port of the development time-stamp authority; 0 takes a free one."""
    drain_s: Annotated[float, Field(ge=0, le=300)] = 0.0
    """Between SIGTERM and the doors closing `/readyz` says no for so long, so that a proxy sends
    nobody here any more."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, toml_file=_file()),
        )

    @property
    def secure(self) -> bool:
        """Browsers reach the pages over https."""
        return self.lan or (self.origin or "").startswith("https://")

    @property
    def domain(self) -> str:
        """The name of the counter, which the ids of calendar entries end in."""
        return (urlsplit(self.origin or "").hostname) or "counter.invalid"

    @property
    def workers(self) -> int:
        """How many media processes run."""
        if self.media_workers is not None:
            return self.media_workers
        return 0 if self.media_nodes else os.cpu_count() or 1

    @property
    def page_printing(self) -> Literal["page", "none"]:
        """Whether the terminals' browsers print."""
        if self.terminal_printing is None:
            return "page" if self.profile == "development" else "none"
        return self.terminal_printing

    @property
    def only_relayed(self) -> bool:
        """Pages reach media through relays and in no other way."""
        if self.relay_only is None:
            return self.profile == "production" and bool(self.turn_urls)
        return self.relay_only

    @property
    def keys(self) -> Path:
        """Where keys and other small secrets lie."""
        return (self.shared or self.data) / "keys"

    @property
    def blobs(self) -> Path:
        """Where big bytes lie by their digest."""
        return (self.shared or self.data) / "blobs"

    @property
    def captures(self) -> Path:
        """Where photographs lie that have come up in part; any node goes on with any of them."""
        return (self.shared or self.data) / "captures"

    @property
    def recordings(self) -> Path:
        """Where what is being recorded lies, sealed, until it is made into one file."""
        if self.media_nodes and self.shared is not None:
            return self.shared / "recordings"
        return self.media / "recordings"

    @property
    def media(self) -> Path:
        """Where media processes are found."""
        return self.media_directory or self.data / "media"


class _OnlyWhatIsKnown(Settings):
    """To look at the rest when something is wrong."""

    model_config = SettingsConfigDict(extra="ignore")


class BadSettings(Exception):
    """The settings cannot be used; the text says everything that is wrong."""


def read_settings(*, serving: bool = False, **over: object) -> Settings:
    """The settings of this machine; `over` wins.

    serving: ask also for what a node needs to open its doors, not only for what can be read.
    Raises `BadSettings` with all mistakes.
    """
    given: dict[str, Any] = {key: value for key, value in over.items() if value is not None}
    mistakes = _unknown_in_environment()
    wrong: set[str] = set()
    try:
        if FILE in os.environ and not _file().exists():
            raise FileNotFoundError("there is no such file")
        try:
            settings = Settings(**given)
        except ValidationError as error:
            mistakes += [_sentence(one["loc"], one["msg"], one["type"]) for one in error.errors()]
            wrong = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
            # With defaults in the wrong places, the rest can be looked at too.
            fields = Settings.model_fields
            defaults = {name: fields[name].default for name in wrong & fields.keys()}
            settings = _OnlyWhatIsKnown(**given | defaults)
    except (tomllib.TOMLDecodeError, OSError) as unreadable:
        raise BadSettings(f"{_file()} cannot be read: {unreadable}") from unreadable
    if serving:
        mistakes += [*_apart(settings, wrong), *_missing(settings, wrong)]
    if mistakes:
        raise BadSettings("\n  ".join(["these settings cannot be used:", *mistakes]))
    return settings


def shown(settings: Settings) -> list[str]:
    """Each setting as `name = value`; what is secret in it is not shown."""
    return [
        f"{name} = {re.sub(r'(?<=:)[^:@/]+(?=@)', '…', str(value))}" for name, value in settings
    ]


def doubts(settings: Settings) -> list[str]:
    """What can be meant so and seldom is, one sentence each."""
    if settings.origin is None or settings.proxies:
        return []
    said = (
        "proxies: origin is set and no proxy is named: all visitors of /signed, /papers, /check and"
        " of the codes on papers are one address, and use up one another's tries"
    )
    return [said]


def _apart(settings: Settings, wrong: set[str]) -> list[str]:
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


def _missing(settings: Settings, wrong: set[str]) -> list[str]:
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


def _unknown_in_environment() -> list[str]:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | {FILE}
    return [
        f"{name}: there is no such setting"
        for name in sorted(os.environ)
        if name.upper().startswith(PREFIX) and name.upper() not in known
    ]


def _sentence(place: tuple[int | str, ...], message: str, kind: str) -> str:
    name = ".".join(map(str, place))
    if kind == "extra_forbidden":
        return f"{name}: there is no such setting"
    return f"{name}: {message.removeprefix('Value error, ')}"


def _file() -> Path:
    return Path(os.environ.get(FILE, "counter.toml"))
