"""Every setting that there is, with its default and what it means."""

import os
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from counter.settings.values import (
    AbsolutePath,
    Clamd,
    Ips,
    Ipv4,
    Ipv6,
    Mailbox,
    MediaNodes,
    Networks,
    Origin,
    Port,
    Postgres,
    Redis,
    TrustPolicy,
    TurnUrls,
)

PREFIX: Final = "COUNTER_"
FILE: Final = "COUNTER_SETTINGS"


def settings_file() -> Path:
    """Return the file that settings are read from, whether or not it is there."""
    return Path(os.environ.get(FILE, "counter.toml"))


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
    origin: Origin | None = None
    """What browsers call this counter when a proxy stands before it, such as
    `https://counter.example`; with https, cookies are bound to it."""
    proxies: Networks = ()
    """Networks in which the proxies are, such as `192.0.2.7/32`: what they say in
    `X-Forwarded-For` is believed, so that who asks too often holds up nobody else."""
    postgres: Postgres | None = None
    """`user:password@host:port/database`; none: SQLite in the data directory."""
    redis: Redis | None = None
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
    media_nodes: MediaNodes = ()
    """Media processes of other machines, `https://host:port` each; the same on every node."""
    media_tls_cert: Path | None = None
    """What this counter proves itself to media nodes with, PEM; its certificate names `counter`."""
    media_tls_key: Path | None = None
    media_tls_ca: Path | None = None
    """Who vouches for the media nodes' certificates, which name `media`."""
    turn_urls: TurnUrls = ()
    """Relays that pages may reach media through: `turn:host:port?transport=udp` (or `tcp`),
    `turns:host:port?transport=tcp`; none: pages reach media by themselves."""
    turn_secret: SecretStr | None = None
    """What the relays make passwords from (`turnadmin --set-secret`)."""
    turn_ips: Ips = ()
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
    smtp_from: Mailbox | None = None
    """The address that letters come from, such as `counter@counter.example`."""
    clamd: Clamd | None = None
    """Where clamd looks for viruses in what citizens send, `unix:/run/clamav/clamd.ctl` or
    `host:port`; none: nothing does, and files are drawn anew all the same."""
    clamd_required: bool = True
    """A file that clamd gave no verdict on is refused; false takes it."""
    webhook_networks: Networks = ()
    """Networks in which receivers of webhooks may be although they are not public, such as
    `10.20.0.0/16`."""
    handover: dict[str, AbsolutePath] = {}
    """Where folders of closed cases go, by the department's id, or `all` for those that are not
    named; in `counter.toml` as `[handover]`, in the environment as JSON.  Departments that have no
    directory hand nothing over."""
    waiting_room_per_s: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    """When a department opens its days for booking, people gather in a waiting room and so many
    go in each second on this node; 0: there are no waiting rooms."""
    signing: Path | None = None
    """The file that names the keys for signing and the time-stamping services; none: keys of the
    counter's own making, for development."""
    trust: TrustPolicy | None = None
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
            TomlConfigSettingsSource(settings_cls, toml_file=settings_file()),
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
