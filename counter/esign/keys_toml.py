"""Which keys sign, from a file of the operator's: TOML, with secrets in files of their own.

    timestamps = ["https://tsa.example/", "https://tsa.other.example/"]
    roots = ["root.pem"]

    [witness]
    kind = "pkcs12"
    path = "witness.p12"
    passphrase_file = "witness.passphrase"

    [seal]
    kind = "pkcs11"
    library = "/usr/lib/maker/pkcs11.so"
    token = "dept"
    label = "seal"
    pin_file = "seal.pin"
    chain = ["issuing.pem"]

`kind = "pem"` has `key`, `certificate` and `chain`.  Paths are relative to the file.  `[agent]` is
the key with which agents witness, the witness key when it is left out; `[agents.ID]` is an agent's
own one.  `[seals.DEPARTMENT]` and `[witnesses.DEPARTMENT]` are those of a department, by its id in
the catalogue; `[seal]` and `[witness]` sign for the rest.

Citizens who have keys of their own at a remote service (CSC API; only SCAL2 is taken) sign with
them where there is

    [citizen]
    kind = "csc"
    name = "eSignCloud"
    url = "https://signing.example"
    version = 2
    class = "qualified"
    token_file = "citizen.token"

`class` is what its certificates make, `advanced` or `qualified`; their root is among `roots`.
With `policies` a certificate has to be issued under one of these, with `statements` to make all of
these (`QCStatements`), dotted numbers; without either the class is the operator's word.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from counter.esign.certificate_ports import CitizenProvider, CscAccess
from counter.esign.key_ports import KeyFiles, KeySource, Pkcs11Key, Pkcs12File, SigningKeys
from counter.esign.signing_refusals import KeyUnusable


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Pem(_Said):
    kind: Literal["pem"]
    key: Path
    certificate: Path
    chain: tuple[Path, ...] = ()


class _Pkcs12(_Said):
    kind: Literal["pkcs12"]
    path: Path
    passphrase_file: Path | None = None


class _Pkcs11(_Said):
    kind: Literal["pkcs11"]
    library: Path
    token: str
    label: str
    pin_file: Path
    chain: tuple[Path, ...] = ()


_Key = Annotated[_Pem | _Pkcs12 | _Pkcs11, Field(discriminator="kind")]


_Oid = Annotated[str, Field(pattern=r"^[0-2](\.(0|[1-9][0-9]*))+$")]


class _Citizen(_Said):
    kind: Literal["csc"]
    name: Annotated[str, Field(min_length=1, max_length=40)]
    url: str
    version: Literal[1, 2] = 2
    gives: Annotated[Literal["advanced", "qualified"], Field(alias="class")]
    token_file: Path
    policies: tuple[_Oid, ...] = ()
    statements: tuple[_Oid, ...] = ()


class _File(_Said):
    timestamps: Annotated[tuple[str, ...], Field(min_length=1)]
    roots: Annotated[tuple[Path, ...], Field(min_length=1)]
    witness: _Key
    agent: _Key | None = None
    agents: dict[str, _Key] = Field(default_factory=dict)
    seal: _Key
    seals: dict[str, _Key] = Field(default_factory=dict)
    witnesses: dict[str, _Key] = Field(default_factory=dict)
    citizen: _Citizen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningSetup:
    """Keys, whom we trust, and where timestamps come from."""

    keys: SigningKeys
    tsa_urls: tuple[str, ...]
    "Asked in this order."
    citizen: CitizenProvider | None = None
    "None: nobody signs with a certificate of his own."


def read(file: Path) -> SigningSetup:
    """What the file says.  Raises `KeyUnusable` when it cannot be read; secrets are in no text."""
    try:
        said = _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        keys = SigningKeys(
            witness=_source(said.witness, file.parent),
            agent=_source(said.agent, file.parent) if said.agent else None,
            agents=_sources(said.agents, file.parent),
            seals=_sources(said.seals, file.parent),
            witnesses=_sources(said.witnesses, file.parent),
            seal=_source(said.seal, file.parent),
            roots=tuple(file.parent / path for path in said.roots),
        )
        citizen = _provider(said.citizen, file.parent) if said.citizen else None
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise KeyUnusable(f"{file.name}: look at {wrong}") from None
    except (OSError, ValueError) as error:
        raise KeyUnusable(f"{file.name}: {type(error).__name__} while reading it") from error
    return SigningSetup(keys=keys, tsa_urls=said.timestamps, citizen=citizen)


def _provider(said: _Citizen, beside: Path) -> CitizenProvider:
    return CitizenProvider(
        name=said.name,
        gives=said.gives,
        access=CscAccess(
            url=said.url.rstrip("/"),
            version=said.version,
            access_token=_secret(beside / said.token_file),
        ),
        policies=said.policies,
        statements=said.statements,
    )


def _sources(said: Mapping[str, _Key], beside: Path) -> dict[str, KeySource]:
    return {who: _source(key, beside) for who, key in said.items()}


def _source(said: _Pem | _Pkcs12 | _Pkcs11, beside: Path) -> KeySource:
    if isinstance(said, _Pem):
        return KeyFiles(
            key=beside / said.key,
            certificate=beside / said.certificate,
            chain=tuple(beside / path for path in said.chain),
        )
    if isinstance(said, _Pkcs12):
        secret = said.passphrase_file
        return Pkcs12File(
            path=beside / said.path, passphrase=_secret(beside / secret) if secret else ""
        )
    return Pkcs11Key(
        library=said.library,
        token=said.token,
        label=said.label,
        pin=_secret(beside / said.pin_file),
        chain=tuple(beside / path for path in said.chain),
    )


def _secret(file: Path) -> str:
    return file.read_text(encoding="utf-8").removesuffix("\n")
