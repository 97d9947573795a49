"""Reads the settings of this machine, and says what is wrong with them, all of it at once."""

import os
import re
import tomllib
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from counter.settings.fitting import apart, missing
from counter.settings.node import FILE, PREFIX, Settings, settings_file


class BadSettings(Exception):
    """The settings cannot be used; the text says everything that is wrong."""


class _OnlyWhatIsKnown(Settings):
    """To look at the rest when something is wrong."""

    model_config = SettingsConfigDict(extra="ignore")


def read_settings(*, serving: bool = False, **over: object) -> Settings:
    """The settings of this machine; `over` wins.

    serving: ask also for what a node needs to open its doors, not only for what can be read.
    Raises `BadSettings` with all mistakes.
    """
    given: dict[str, Any] = {key: value for key, value in over.items() if value is not None}
    mistakes = _unknown_in_environment()
    wrong: set[str] = set()
    try:
        if FILE in os.environ and not settings_file().exists():
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
        raise BadSettings(f"{settings_file()} cannot be read: {unreadable}") from unreadable
    if serving:
        mistakes += [*apart(settings, wrong), *missing(settings, wrong)]
    if mistakes:
        raise BadSettings("\n  ".join(["these settings cannot be used:", *mistakes]))
    return settings


def shown(settings: Settings) -> list[str]:
    """Each setting as `name = value`; what is secret in it is not shown."""
    return [
        f"{name} = {re.sub(r'(?<=:)[^:@/]+(?=@)', '…', str(value))}" for name, value in settings
    ]


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
