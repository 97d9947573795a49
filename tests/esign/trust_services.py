"""A whole PKI on loopback for tests: TSA, OCSP, CRLs and issuers, each with faults to switch on.

One server in a thread, one port, started once per session.  `faults` is keyed by kind (`ocsp`) or
by kind and label (`tsa/one`): "down" (503), "hang" (no answer until `reset`), "garbage" (HTML),
"slow" (150 ms), "unknown" (OCSP without a certificate to speak about).  `hits` counts requests.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from asn1crypto import crl, ocsp, pem, tsp
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, ServiceLabel
from certomancer.registry.pki_arch import PKIArchitecture
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from counter.esign.key_ports import KeyFiles, SigningKeys

NAMES = (
    "root", "issuing", "witness", "seal", "citizen", "agent", "revoked", "fading", "expired",
    "ending", "leaving", "one", "two", "stamping", "three", "responder",
)  # fmt: skip
SLOW_S = 0.15
REVOKED = {"revoked": "2026-01-01T00:00:00+0000", "fading": "2026-11-23T02:00:05+0000"}
REVOKED["leaving"] = REVOKED["fading"]
"Since when; `fading` and `leaving` five seconds after the usual time of the tests."
LIVES = {
    "expired": ("2020", "2021-01-01T00:00:00+0000"),
    "ending": ("2025", "2026-11-24T00:00:00+0000"),
    "leaving": ("2025", "2026-11-24T00:00:00+0000"),
}
"From the first of January of a year; `ending` and `leaving` a day after the usual time."

LEAF = """
      {name}:
        issuer: issuing
        validity: {{valid-from: "{since}-01-01T00:00:00+0000", valid-to: "{until}"}}
        extensions:
          - id: key_usage
            critical: true
            smart-value: {{schema: key-usage, params: [digital_signature, non_repudiation]}}
          - id: crl_distribution_points
            smart-value: {{schema: crl-dist-url, params: {{crl-repo-names: [issuing]}}}}
          - id: authority_information_access
            smart-value:
              schema: aia-urls
              params:
                ocsp-responder-names: [issuing]
                ca-issuer-links: [{{repo: issuing, include-repo-authority: true}}]
"""

TSA = """
      {name}:
        issuer: {issuer}
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2040-01-01T00:00:00+0000"}}
        extensions:
          - id: key_usage
            critical: true
            smart-value: {{schema: key-usage, params: [digital_signature]}}
          - id: extended_key_usage
            critical: true
            value: [time_stamping]
          - id: crl_distribution_points
            smart-value: {{schema: crl-dist-url, params: {{crl-repo-names: [{issuer}]}}}}
"""

STAMPING_ENDS = datetime(2027, 6, 11, 2, tzinfo=UTC)
"""The authority above the time-stamping service `three`, 200 days after the usual time of the
tests; that service's own certificate ends in 2040."""

SETUP = """
external-url-prefix: "{url}"
keysets:
  test:
    path-prefix: keys
    keys:
{keys}
pki-architectures:
  test:
    keyset: test
    entity-defaults: {{country-name: MO, organization-name: Test Trust Service}}
    entities:
{entities}
    certs:
      root:
        subject: root
        subject-key: root
        issuer: root
        authority-key: root
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2050-01-01T00:00:00+0000"}}
        profiles:
          - id: simple-ca
            params: {{crl-repo: root}}
      issuing:
        issuer: root
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2045-01-01T00:00:00+0000"}}
        profiles:
          - id: simple-ca
            params: {{max-path-len: 0, crl-repo: root}}
      stamping:
        issuer: root
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "{stamping_ends}"}}
        profiles:
          - id: simple-ca
            params: {{max-path-len: 0, crl-repo: root}}
      responder:
        issuer: issuing
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2045-01-01T00:00:00+0000"}}
        profiles: [ocsp-responder]
{leaves}
    services:
      ocsp:
        issuing: {{for-issuer: issuing, responder-cert: responder, signing-key: responder}}
      crl-repo:
        root: {{for-issuer: root, signing-key: root, simulated-update-schedule: "P30D"}}
        stamping: {{for-issuer: stamping, signing-key: stamping, simulated-update-schedule: "P1D"}}
        issuing: {{for-issuer: issuing, signing-key: issuing, simulated-update-schedule: "P1D"}}
      cert-repo:
        root: {{for-issuer: root, publish-issued-certs: yes}}
        issuing: {{for-issuer: issuing, publish-issued-certs: no}}
      time-stamping:
        one: {{signing-key: one, signing-cert: one}}
        two: {{signing-key: two, signing-cert: two}}
        three: {{signing-key: three, signing-cert: three, certs-to-embed: [stamping]}}
"""


class TrustServices:
    """See the module."""

    def __init__(self, directory: Path, now: datetime) -> None:
        self.time = now
        "What all of them say it is."
        self.clock: Callable[[], datetime] | None = None
        "In its place, for a counter that looks at its own clock."
        self.faults: dict[str, str] = {}
        self.hits: Counter[str] = Counter()
        self._directory = directory
        self._port = 0
        self._arch: PKIArchitecture
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._go_on = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def tsa(self, name: str = "one") -> str:
        """Return the address of a time-stamping service."""
        return f"{self.url}/test/tsa/{name}"

    @property
    def tsas(self) -> list[str]:
        return [self.tsa("one"), self.tsa("two")]

    def files(self, name: str) -> KeyFiles:
        """Return where the key and the certificates of a leaf are."""
        under_root = name in ("one", "two")
        return KeyFiles(
            key=self._directory / "keys" / f"{name}.pem",
            certificate=self._directory / f"{name}.crt",
            chain=() if under_root else (self._directory / "issuing.crt",),
        )

    @property
    def roots(self) -> tuple[Path, ...]:
        return (self._directory / "root.crt",)

    @property
    def signing(self) -> SigningKeys:
        return SigningKeys(witness=self.files("witness"), seal=self.files("seal"), roots=self.roots)

    @property
    def config(self) -> CertomancerConfig:
        """Of the whole PKI, for other servers on it."""
        where = self._directory / "certomancer.yml"
        return CertomancerConfig.from_file(str(where), key_search_dir=str(self._directory))

    def asked(self, kind: str) -> int:
        """Return how many requests of a kind came in."""
        return sum(n for name, n in self.hits.items() if name.split("/")[0] == kind)

    def reset(self, now: datetime) -> None:
        """Forget hits and faults, and let go of who hangs."""
        self.time = now
        self.faults.clear()
        self.hits.clear()
        self._loop.call_soon_threadsafe(self._let_go)

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(timeout=60)

    def stop(self) -> None:
        self.faults.clear()
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(timeout=60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=60)

    def _let_go(self) -> None:
        waiting, self._go_on = self._go_on, asyncio.Event()
        waiting.set()

    async def _start(self) -> None:
        application = web.Application(client_max_size=65_536)
        application.router.add_route("*", "/{arch}/{kind}/{label}", self._answer)
        application.router.add_route("*", "/{arch}/{kind}/{label}/{rest:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        await asyncio.to_thread(self._make)

    async def _stop(self) -> None:
        self._let_go()
        await self._runner.cleanup()

    def _make(self) -> None:
        """Draw the keys, and have certomancer issue everything."""
        keys = self._directory / "keys"
        keys.mkdir(parents=True)
        for name in NAMES:
            drawn = ec.generate_private_key(ec.SECP256R1())
            (keys / f"{name}.pem").write_bytes(
                drawn.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        leaves = "".join(TSA.format(name=name, issuer="root") for name in ("one", "two"))
        leaves += TSA.format(name="three", issuer="stamping")
        for name in NAMES[NAMES.index("witness") : NAMES.index("one")]:
            since, until = LIVES.get(name, ("2025", "2030-01-01T00:00:00+0000"))
            leaves += LEAF.format(name=name, since=since, until=until)
            at = REVOKED.get(name)
            if at is not None:
                leaves += f'        revocation: {{revoked-since: "{at}", reason: key_compromise}}\n'
        setup = SETUP.format(
            url=self.url,
            stamping_ends=f"{STAMPING_ENDS:%Y-%m-%dT%H:%M:%S%z}",
            keys="\n".join(f"      {name}: {{path: {name}.pem}}" for name in NAMES),
            entities="\n".join(f'      {n}: {{common-name: "Test {n}"}}' for n in NAMES),
            leaves=leaves,
        )
        path = self._directory / "certomancer.yml"
        path.write_text(setup, encoding="utf-8")
        made = CertomancerConfig.from_file(str(path), key_search_dir=str(self._directory))
        self._arch = made.get_pki_arch(ArchLabel("test"))
        for name in NAMES:
            der = self._arch.get_cert(CertLabel(name)).dump()
            (self._directory / f"{name}.crt").write_bytes(pem.armor("CERTIFICATE", der))

    async def _answer(self, request: web.Request) -> web.Response:
        kind, label = request.match_info["kind"], request.match_info["label"]
        name = f"{kind}/{label}"
        self.hits[name] += 1
        match self.faults.get(name) or self.faults.get(kind):
            case "down":
                raise web.HTTPServiceUnavailable
            case "hang":
                await self._go_on.wait()
                raise web.HTTPServiceUnavailable
            case "garbage":
                return web.Response(text="<html>oops</html>", content_type="text/html")
            case "slow":
                await asyncio.sleep(SLOW_S)
        body = await request.read()
        content, content_type = self._made(kind, ServiceLabel(label), body)
        if (self.faults.get(name) or self.faults.get(kind)) == "forged":
            content = _forged(kind, content)
        return web.Response(body=content, content_type=content_type)

    def _made(self, kind: str, label: ServiceLabel, body: bytes) -> tuple[bytes, str]:
        services = self._arch.service_registry
        now = self.clock() if self.clock is not None else self.time
        match kind:
            case "ocsp":
                asked = ocsp.OCSPRequest.load(body)
                answer = services.summon_responder(label, now).build_ocsp_response(asked)
                return answer.dump(), "application/ocsp-response"
            case "tsa":
                stamp = services.summon_timestamper(label, now)
                made = stamp.request_tsa_response(tsp.TimeStampReq.load(body))
                return made.dump(), "application/timestamp-reply"
            case "crls":
                return services.get_crl(label, now).dump(), "application/pkix-crl"
            case "certs":
                found = services.get_cert_from_repo(label, None)
                assert found is not None
                return found.dump(), "application/pkix-cert"
            case _:
                raise web.HTTPNotFound


def _forged(kind: str, content: bytes) -> bytes:
    """The same answer, whose signature somebody made up."""
    made = crl.CertificateList.load(content) if kind == "crls" else ocsp.OCSPResponse.load(content)
    signed = made if kind == "crls" else made["response_bytes"]["response"].parsed
    value = bytearray(signed["signature"].native)
    value[-1] ^= 1
    signed["signature"] = bytes(value)
    return bytes(made.dump(force=True))
