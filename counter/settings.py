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

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX: Final = "COUNTER_"
FILE: Final = "COUNTER_SETTINGS"

NO_KEYS: Final = (
    "keys: this version has no key provider for production, only the development authority that "
    "it makes itself; papers sealed by that prove nothing, so production does not start. "
    "Use profile = development to try the counter out"
)


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError("is not an IPv4 address") from None


def _postgres(text: str) -> str:
    if re.fullmatch(r"[^@/\s]+@[^@/\s]+/[^/\s?]+", text) is None:
        raise ValueError("is not user:password@host:port/database, without a scheme")
    return text


def _redis(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("does not begin with redis://, rediss:// or unix://")
    return text


Port = Annotated[int, Field(ge=0, le=65_535)]
Ipv4 = Annotated[str, AfterValidator(_ipv4)]


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
    postgres: Annotated[str, AfterValidator(_postgres)] | None = None
    """`user:password@host:port/database`; none: SQLite in the data directory."""
    redis: Annotated[str, AfterValidator(_redis)] | None = None
    """`redis://host:port/0`; none: one node, wake-ups in process."""
    practice: bool = True
    """Development only: demo places are open day and night; false seeds the official hours and
    calendars."""
    media_workers: Annotated[int, Field(ge=1, le=64)] | None = None
    """Media processes; none: one per core."""
    media_directory: Path | None = None
    """Sockets and logs of the media processes; none: in `data`.  Nodes on one machine that name
    the same directory share the processes, so that a call may have its sides on two nodes."""
    media_ip: Ipv4 = "127.0.0.1"
    """The address browsers send media to."""
    media_bind_ip: Ipv4 | None = None
    """This machine's own address, where it differs from `media_ip` (address translation)."""
    media_udp_port: Port = 40_000
    """UDP port of the first media process, the others count on; 0 takes free ones."""
    document_camera: str = ""
    """Part of the document camera's name, as the terminals' browsers give it; empty: a terminal
    has one camera for the face and for papers."""
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
    def workers(self) -> int:
        """How many media processes run."""
        return self.media_workers or os.cpu_count() or 1

    @property
    def keys(self) -> Path:
        """Where keys and other small secrets lie."""
        return (self.shared or self.data) / "keys"

    @property
    def blobs(self) -> Path:
        """Where big bytes lie by their digest."""
        return (self.shared or self.data) / "blobs"

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
        mistakes += _missing(settings, wrong)
    if mistakes:
        raise BadSettings("\n  ".join(["these settings cannot be used:", *mistakes]))
    return settings


def shown(settings: Settings) -> list[str]:
    """Each setting as `name = value`; what is secret in it is not shown."""
    return [
        f"{name} = {re.sub(r'(?<=:)[^:@/]+(?=@)', '…', str(value))}" for name, value in settings
    ]


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
        "lan": (
            not settings.lan,
            "production has no certificates made here; leave it out and put a proxy in front",
        ),
    }
    found = [f"{name}: {why}" for name, (there, why) in needs.items() if not there]
    return [*(line for line in found if line.split(":")[0] not in wrong), NO_KEYS]


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
