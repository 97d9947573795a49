"""Who may speak with whom between machines: real handshakes on the loopback."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from counter.media.mutual_tls import TlsFiles, TlsRenewal, tls_of_counter, tls_of_media
from counter.media.tls_development import certificate_files, counter_files, media_files

HOST = "127.0.0.1"
NOW = datetime.now(UTC)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


class Listener:
    """A media node's end: says `heard` of whoever passed, and keeps what was said to it."""

    def __init__(self) -> None:
        self.port = 0
        self.said: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.said.append(await reader.readuntil(b"."))
            writer.write(b"heard.")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(context: ssl.SSLContext) -> AsyncIterator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener.serve, HOST, 0, ssl=context)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        await server.wait_closed()


async def ask(listener: Listener, context: ssl.SSLContext, host: str = HOST) -> bytes:
    """What the listener answers; empty when it closes the door."""
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(
            HOST, listener.port, ssl=context, server_hostname=host
        )
        try:
            writer.write(b"an order.")
            await writer.drain()
            return await reader.read(6)
        finally:
            writer.close()


def with_names(directory: Path, names: list[str], usage: x509.ObjectIdentifier) -> TlsFiles:
    return certificate_files(directory, "made", names, usage, NOW)


async def test_a_counter_and_a_media_node_of_one_authority_speak(tmp_path: Path) -> None:
    async with listening(tls_of_media(media_files(tmp_path, HOST, NOW))) as node:
        assert await ask(node, tls_of_counter(counter_files(tmp_path, NOW))) == b"heard."
    assert node.said == [b"an order."]


def no_certificate(directory: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=directory / "authority.pem")


def of_another_authority(directory: Path) -> ssl.SSLContext:
    context = tls_of_counter(counter_files(directory / "other", NOW))
    context.load_verify_locations(directory / "authority.pem")
    return context


def of_a_media_node(directory: Path) -> ssl.SSLContext:
    return tls_of_counter(media_files(directory, HOST, NOW))


def of_another_role(directory: Path) -> ssl.SSLContext:
    return tls_of_counter(with_names(directory, ["printer", "counter.example"], CLIENT))


def that_has_run_out(directory: Path) -> ssl.SSLContext:
    long_ago = NOW - timedelta(days=1000)
    return tls_of_counter(certificate_files(directory, "old", ["counter"], CLIENT, long_ago))


def of_an_old_version(directory: Path) -> ssl.SSLContext:
    files = counter_files(directory, NOW)
    context = ssl.create_default_context(cafile=files.authority)
    context.load_cert_chain(files.certificate, files.key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


STRANGERS = [
    no_certificate,
    of_another_authority,
    of_a_media_node,
    of_another_role,
    that_has_run_out,
    of_an_old_version,
]


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_who_does_not_prove_to_be_a_counter_is_not_heard(
    tmp_path: Path, stranger: Callable[[Path], ssl.SSLContext]
) -> None:
    async with listening(tls_of_media(media_files(tmp_path, HOST, NOW))) as node:
        with suppress(OSError):  # the door was closed while it was speaking, or before
            assert await ask(node, stranger(tmp_path)) == b""
        assert await ask(node, tls_of_counter(counter_files(tmp_path, NOW))) == b"heard."
    assert node.said == [b"an order."], "of the counter only"


def node_of_another_authority(directory: Path) -> ssl.SSLContext:
    context = tls_of_media(media_files(directory / "other", HOST, NOW))
    context.load_verify_locations(directory / "authority.pem")
    return context


def node_elsewhere(directory: Path) -> ssl.SSLContext:
    return tls_of_media(media_files(directory, "192.0.2.1", NOW))


def node_that_is_a_counter(directory: Path) -> ssl.SSLContext:
    return tls_of_media(with_names(directory, ["counter", HOST], SERVER))


@pytest.mark.parametrize(
    "pretender", [node_of_another_authority, node_elsewhere, node_that_is_a_counter]
)
async def test_a_counter_says_nothing_to_who_does_not_prove_to_be_this_node(
    tmp_path: Path, pretender: Callable[[Path], ssl.SSLContext]
) -> None:
    counter = tls_of_counter(counter_files(tmp_path, NOW))
    async with listening(pretender(tmp_path)) as node:
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask(node, counter)
    assert node.said == []


async def test_a_renewed_certificate_is_taken_over_and_half_of_one_is_not(tmp_path: Path) -> None:
    files = media_files(tmp_path, HOST, NOW)
    context = tls_of_media(files)
    renewal = TlsRenewal(context, files)
    counter = tls_of_counter(counter_files(tmp_path, NOW))

    async def serial(node: Listener) -> int:
        _, writer = await asyncio.open_connection(HOST, node.port, ssl=counter)
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return x509.load_der_x509_certificate(shown).serial_number

    async with listening(context) as node:
        first = await serial(node)
        assert not renewal.look()
        before = files.certificate.read_bytes()
        files.certificate.unlink()
        media_files(tmp_path, HOST, NOW)
        new = files.certificate.read_bytes()
        files.certificate.write_bytes(before)  # its key is there already
        with pytest.raises(OSError):
            renewal.look()
        assert await serial(node) == first
        files.certificate.write_bytes(new)
        assert renewal.look()
        assert not renewal.look()
        assert await serial(node) != first


def test_certificates_are_made_once_and_again_before_they_run_out(tmp_path: Path) -> None:
    first = counter_files(tmp_path, NOW).certificate.read_bytes()
    assert counter_files(tmp_path, NOW).certificate.read_bytes() == first
    authority = (tmp_path / "authority.pem").read_bytes()
    in_a_year = NOW + timedelta(days=370)
    assert counter_files(tmp_path, in_a_year).certificate.read_bytes() != first
    assert (tmp_path / "authority.pem").read_bytes() == authority
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    files = counter_files(tmp_path, NOW)
    for path in (files.certificate, files.key, files.authority):
        kept = path.read_bytes()
        path.unlink()
        with pytest.raises(OSError, match=path.name):
            tls_of_counter(files)
        path.write_bytes(kept)
    assert tls_of_counter(files)
