"""Both ends of a control connection between machines prove what they are (TLS 1.3).

The authority vouches for nothing else than control of media, and each certificate names a role as a
DNS name: `counter` or `media`.  So the certificate of a media node cannot give orders, and that of
a counter cannot pass for a media node; a media node also has the name that it was reached by.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

COUNTER: Final = "counter"
MEDIA: Final = "media"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Where a machine's proof lies, in PEM."""

    certificate: Path
    key: Path
    authority: Path


class ProvenContext(ssl.SSLContext):
    """Takes nobody whose certificate does not name the role that is expected."""

    expected: str = ""

    def check(self, certificate: Any) -> None:
        """Raise `ssl.SSLCertVerificationError` for another role."""
        names = (certificate or {}).get("subjectAltName", ())
        if ("DNS", self.expected) not in names:
            raise ssl.SSLCertVerificationError(f"its certificate is not of a {self.expected}")


class _ProvenEnd(ssl.SSLObject):
    """Looks at the other end's role as the last step of the handshake, before anything is said."""

    def do_handshake(self) -> None:
        super().do_handshake()
        context = self.context
        assert isinstance(context, ProvenContext)
        context.check(self.getpeercert())


def tls_of_counter(files: TlsFiles) -> ssl.SSLContext:
    """What a counter asks media nodes with.  Raises `OSError`, also for a file that is no PEM."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, files, expected=MEDIA)


def tls_of_media(files: TlsFiles) -> ssl.SSLContext:
    """What a media node answers counters with.  Raises `OSError` as well."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, files, expected=COUNTER)
    context.num_tickets = 0  # every connection is proved anew
    return context


def _context(protocol: int, files: TlsFiles, *, expected: str) -> ssl.SSLContext:
    for path in (files.certificate, files.key, files.authority):
        path.read_bytes()  # ssl does not say which file is missing
    context = ProvenContext(protocol)
    context.expected = expected
    context.sslobject_class = _ProvenEnd
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(files.authority)
    context.load_cert_chain(files.certificate, files.key)
    return context


class TlsRenewal:
    """Takes over a certificate that was replaced on disk: calls do not end for it."""

    def __init__(self, context: ssl.SSLContext, files: TlsFiles) -> None:
        self._context = context
        self._files = files
        self._seen = self._changed_at()

    def look(self) -> bool:
        """Whether there was a new one; connections made from now on use it.

        Raises `OSError` while half of it is there; to be repeated.
        """
        now = self._changed_at()
        if now == self._seen:
            return False
        # First into one that is not in use: half of a pair would spoil that.
        for context in (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), self._context):
            context.load_cert_chain(self._files.certificate, self._files.key)
        self._seen = now
        return True

    def _changed_at(self) -> tuple[int, int]:
        return self._files.certificate.stat().st_mtime_ns, self._files.key.stat().st_mtime_ns
