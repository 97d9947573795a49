import asyncio
from pathlib import Path

import pytest

from counter.esign.key_ports import KeyFiles, Pkcs11Key, Pkcs12File
from counter.esign.keys_toml import read
from counter.esign.pki_development import DevelopmentPki
from counter.esign.sign_worker import opened
from counter.esign.signing_refusals import KeyUnusable

TEXT = """
timestamps = ["https://tsa.example/"]
roots = ["root.crt"]

[witness]
kind = "pkcs12"
path = "witness.p12"
passphrase_file = "secret"

[seal]
kind = "pkcs11"
library = "/usr/lib/maker.so"
token = "dept"
label = "seal"
pin_file = "secret"
chain = ["issuing.crt"]
"""


def written(directory: Path, text: str = TEXT) -> Path:
    (directory / "secret").write_text("open sesame\n")
    file = directory / "signing.toml"
    file.write_text(text)
    return file


def test_keys_of_every_kind_are_named_in_one_file(tmp_path: Path) -> None:
    setup = read(written(tmp_path))
    assert setup.tsa_urls == ("https://tsa.example/",)
    witness, seal = setup.keys.witness, setup.keys.seal
    assert witness == Pkcs12File(path=tmp_path / "witness.p12", passphrase="open sesame")
    assert isinstance(seal, Pkcs11Key)
    assert (seal.token, seal.label, seal.pin) == ("dept", "seal", "open sesame")
    assert seal.chain == (tmp_path / "issuing.crt",)
    assert "sesame" not in repr(setup)


DEPARTMENTS = """
[seals.dsi]
kind = "pkcs12"
path = "dsi.p12"
passphrase_file = "secret"

[witnesses.dsi]
kind = "pkcs12"
path = "dsi-witness.p12"

[agents.lei]
kind = "pkcs12"
path = "lei.p12"
"""


def test_departments_and_agents_have_keys_of_their_own(tmp_path: Path) -> None:
    keys = read(written(tmp_path, TEXT + DEPARTMENTS)).keys
    assert keys.named() == {
        "witness": keys.witness,
        "agent": keys.witness,
        "seal": keys.seal,
        "agent:lei": Pkcs12File(path=tmp_path / "lei.p12"),
        "seal:dsi": Pkcs12File(path=tmp_path / "dsi.p12", passphrase="open sesame"),
        "witness:dsi": Pkcs12File(path=tmp_path / "dsi-witness.p12"),
    }


CITIZEN = """
[citizen]
kind = "csc"
name = "eSignCloud"
url = "https://signing.example/"
version = 1
class = "advanced"
token_file = "secret"
"""


def test_the_provider_of_citizens_certificates_is_named_with_its_class(tmp_path: Path) -> None:
    assert read(written(tmp_path)).citizen is None
    setup = read(written(tmp_path, TEXT + CITIZEN))
    assert setup.citizen is not None
    assert (setup.citizen.name, setup.citizen.gives) == ("eSignCloud", "advanced")
    access = setup.citizen.access
    assert (access.url, access.version) == ("https://signing.example", 1)
    assert access.access_token == "open sesame" and "sesame" not in repr(setup)
    with pytest.raises(KeyUnusable, match="class"):
        read(written(tmp_path, TEXT + CITIZEN.replace("advanced", "simple")))
    assert setup.citizen.by_word
    for more in ('policies = ["1.2.3"]', 'statements = ["0.4.0.1862.1.1"]'):
        read_in_it = read(written(tmp_path, f"{TEXT}{CITIZEN}{more}\n")).citizen
        assert read_in_it is not None and not read_in_it.by_word
    for wrong in ("qualified", "1.02.3", "1."):
        with pytest.raises(KeyUnusable, match="policies"):
            read(written(tmp_path, f'{TEXT}{CITIZEN}policies = ["{wrong}"]\n'))


def test_what_it_names_is_opened(tmp_path: Path, pki: DevelopmentPki) -> None:
    files = pki.seal
    pem = (
        f'kind = "pem"\nkey = "{files.key}"\ncertificate = "{files.certificate}"\n'
        f'chain = ["{files.chain[0]}"]\n'
    )
    file = written(
        tmp_path,
        f'timestamps = ["t"]\nroots = ["{pki.roots[0]}"]\n[witness]\n{pem}[seal]\n{pem}',
    )
    keys = read(file).keys
    assert isinstance(keys.seal, KeyFiles)
    chain = asyncio.run(opened(keys.seal).certificates())
    assert chain.certificate and len(chain.issuers) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("timestamps = [", "timestamp = ["), "timestamps"),
        (('["https://tsa.example/"]', "[]"), "timestamps"),
        (('kind = "pkcs12"', 'kind = "paper"'), "witness"),
        (('label = "seal"', ""), "label"),
        (("[witness]", "[witness"), "TOMLDecodeError"),
        (('pin_file = "secret"', 'pin_file = "nowhere"'), "FileNotFoundError"),
    ],
)
def test_what_is_wrong_is_named_without_secrets(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    with pytest.raises(KeyUnusable, match=told) as refused:
        read(written(tmp_path, TEXT.replace(*change)))
    assert "sesame" not in str(refused.value)
