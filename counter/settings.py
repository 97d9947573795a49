"""Everything that may differ between places, in one frozen object.

From `counter.toml` (or the file named by COUNTER_SETTINGS) and the environment (`COUNTER_…`,
nested with `__`), over defaults that serve one machine.  All mistakes are reported at once.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

Port = Annotated[int, Field(ge=0, le=65_535)]


class Settings(BaseSettings):
    """The settings of one node."""

    model_config = SettingsConfigDict(
        env_prefix="COUNTER_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    profile: Literal["development", "production"] = "development"
    """Development seeds demo departments, prints how to sign in and makes its own keys."""
    data: Path = Path("var")
    """Where everything durable of this node lives: store, pages, keys, sockets."""
    host: str = "127.0.0.1"
    """Where the pages are served."""
    port: Port = 8080
    """0 takes a free one."""
    lan: bool = False
    """Serve https on all addresses with a certificate made here, so that a second machine's
    browser gives its camera."""
    postgres: str | None = None
    """`user:password@host:port/database`; none: SQLite in the data directory."""
    redis: str | None = None
    """`redis://host:port/0`; none: one node, wake-ups in process."""
    practice: bool = True
    """Development only: demo places are open day and night; false seeds the official hours and
    calendars."""
    media_workers: Annotated[int, Field(ge=1, le=64)] | None = None
    """Media processes; none: one per core."""
    media_ip: str = "127.0.0.1"
    """The address browsers send media to."""
    media_udp_port: Port = 40_000
    """UDP port of the first media process, the others count on; 0 takes free ones."""
    tsa_port: Port = 0
    """Loopback port of the development time-stamp authority; 0 takes a free one."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = Path(os.environ.get("COUNTER_SETTINGS", "counter.toml"))
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, toml_file=toml),
        )

    @property
    def workers(self) -> int:
        """How many media processes run."""
        return self.media_workers or os.cpu_count() or 1


class BadSettings(Exception):
    """The settings cannot be used; the text says everything that is wrong."""


def read_settings(**over: object) -> Settings:
    """The settings of this machine; `over` wins.  Raises `BadSettings` with all mistakes."""
    try:
        settings = Settings(**{key: value for key, value in over.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as wrong:
        lines = [
            f"  {'.'.join(map(str, error['loc']))}: {error['msg']}" for error in wrong.errors()
        ]
        raise BadSettings("\n".join(["these settings cannot be used:", *lines])) from wrong
    if settings.profile == "production":
        missing = [
            f"  {what}"
            for what, there in (
                ("postgres: production keeps its facts in PostgreSQL", settings.postgres),
                (
                    "lan or a proxy: media_ip must be an address that browsers reach",
                    settings.media_ip != "127.0.0.1",
                ),
            )
            if not there
        ]
        if missing:
            raise BadSettings("\n".join(["production also needs:", *missing]))
    return settings
