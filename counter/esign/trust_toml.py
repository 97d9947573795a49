"""The trust policy from a file of the operator's: TOML.

    version = "2026-12"
    anchors = ["root.pem"]
    timestamps = ["https://tsa.example/", "https://tsa.other.example/"]
    algorithms = ["ecdsa_sha256", "rsa_sha256"]
    grace = false

    [ceilings]
    ocsp_minutes = 10
    crl_minutes = 60

Paths are relative to the file.  All mistakes are told at once.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from asn1crypto import pem, x509
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from counter.esign.ticket import Mechanism
from counter.esign.trust import BUILT_IN, TrustPolicy


class PolicyUnfit(ValueError):
    """The file is no trust policy; the text has every mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """A policy and where its anchors are."""

    policy: TrustPolicy
    anchors: tuple[Path, ...]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Ceilings(_Said):
    ocsp_minutes: Annotated[float, Field(gt=0, le=10)] = 10
    crl_minutes: Annotated[float, Field(gt=0, le=60)] = 60


class _File(_Said):
    version: Annotated[str, Field(min_length=1, max_length=40)]
    anchors: Annotated[tuple[Path, ...], Field(min_length=1)]
    timestamps: Annotated[tuple[str, ...], Field(min_length=1)]
    algorithms: Annotated[tuple[Mechanism, ...], Field(min_length=1)]
    grace: bool
    ceilings: _Ceilings = _Ceilings()


def read(file: Path) -> PolicyFile:
    """What the file says.  Raises `PolicyUnfit`."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PolicyUnfit(f"{file.name}: {type(error).__name__} while reading it") from error
    wrong: list[str] = []
    said: _File | None = None
    try:
        said = _File.model_validate(content)
    except ValidationError as error:
        wrong += [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    # What else is wrong is said in the same breath, as far as it can be read.
    paths = said.anchors if said else _texts(content.get("anchors"))
    anchors = [_anchor(file.parent / one, wrong) for one in paths]
    addresses = said.timestamps if said else _texts(content.get("timestamps"))
    wrong += [f"timestamps: {one!r} is no address" for one in addresses if not _is_http(one)]
    if len(set(addresses)) != len(addresses):
        wrong.append("timestamps: the same service twice")
    if content.get("version") == BUILT_IN:
        wrong.append(f"version: {BUILT_IN!r} is the name of the policy without a file")
    if wrong or said is None:
        raise PolicyUnfit(f"{file.name}: {'; '.join(wrong)}")
    policy = TrustPolicy(
        version=said.version,
        anchors=tuple(one for one in anchors if one is not None),
        timestamps=said.timestamps,
        algorithms=said.algorithms,
        ceilings={
            "ocsp": timedelta(minutes=said.ceilings.ocsp_minutes),
            "crl": timedelta(minutes=said.ceilings.crl_minutes),
        },
        grace=said.grace,
    )
    return PolicyFile(policy=policy, anchors=tuple(file.parent / one for one in said.anchors))


def _texts(given: object) -> Sequence[str]:
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []


def _is_http(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _anchor(path: Path, wrong: list[str]) -> bytes | None:
    try:
        _, _, der = pem.unarmor(path.read_bytes())
        certificate = x509.Certificate.load(der, strict=True)
        if not certificate.ca or certificate.self_signed == "no":
            wrong.append(f"anchors: {path.name} is not the certificate of a root")
        return bytes(der)
    except (OSError, ValueError, TypeError) as error:
        wrong.append(f"anchors: {path.name}: {type(error).__name__} while reading it")
        return None
