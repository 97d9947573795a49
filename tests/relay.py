"""A real relay on the loopback: coturn with the file that we ship, but for addresses and keys."""

import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from types import TracebackType

from counter.identity.tls_development import ensure_tls
from tests.servers import NotInstalled, free_port, wait_for_port

CONFIG = Path(__file__).resolve().parents[1] / "deploy" / "coturn" / "turnserver.conf"
REALM = "counter.example"
RELAYED_FROM = "127.0.0.2"
"Another address than that of pages that come by themselves."
LOGS_OF_TURNADMIN = (Path("/var/log"), Path("/var/tmp"), Path("/tmp"), Path())


class Relay:
    """coturn, which may reach 127.0.0.1 only; a context that ends it."""

    def __init__(self, directory: Path, now: datetime, *, secret: str, quota: int = 600) -> None:
        """directory: keeps its certificate and its secrets.  quota: relays at once."""
        programs = shutil.which("turnserver"), shutil.which("turnadmin")
        if programs[0] is None or programs[1] is None:
            raise NotInstalled("coturn is not installed: apt-get install coturn")
        self.port, self.tls_port = free_port(), free_port()
        self.secret = secret
        tls = ensure_tls(directory / "tls", now)
        self.authority = tls.authority
        "PEM of who signed its certificate, which is for 127.0.0.1."
        self._admin, self._secrets = programs[1], directory / "turndb"
        chain = str(directory / "tls" / f"{tls.address}.pem")
        text = CONFIG.read_text()
        for before, after in {
            "listening-port=3478": f"listening-port={self.port}",
            "tls-listening-port=443": f"tls-listening-port={self.tls_port}",
            "relay-ip=198.51.100.5": f"relay-ip={RELAYED_FROM}",
            "cert=/etc/turnserver/counter.example.crt": f"cert={chain}",
            "pkey=/etc/turnserver/counter.example.key": f"pkey={chain}",
            "userdb=/var/lib/turn/turndb": f"userdb={self._secrets}",
            "total-quota=600": f"total-quota={quota}",
            "allowed-peer-ip=198.51.100.11": "allowed-peer-ip=127.0.0.1",
        }.items():
            assert text.count(f"\n{before}\n") == 1, before
            text = text.replace(f"\n{before}\n", f"\n{after}\n")
        here = f"listening-ip=127.0.0.1\nallow-loopback-peers\npidfile={directory}/pid\n"
        config = directory / "turnserver.conf"
        config.write_text(text + here)
        self.take(secret)
        self._log = directory / "relay.log"
        with self._log.open("wb") as said:
            self._process = subprocess.Popen(
                [programs[0], "-c", str(config)], stdout=said, stderr=said
            )
        wait_for_port(self.port, self._process, "coturn")
        wait_for_port(self.tls_port, self._process, "coturn")

    @property
    def urls(self) -> dict[str, str]:
        """Its addresses for a page, by the way to it: `udp`, `tcp`, `tls`."""
        return {
            "udp": f"turn:127.0.0.1:{self.port}?transport=udp",
            "tcp": f"turn:127.0.0.1:{self.port}?transport=tcp",
            "tls": f"turns:127.0.0.1:{self.tls_port}?transport=tcp",
        }

    def take(self, secret: str) -> None:
        """Accept names made with `secret` too, from now on."""
        self._tell("--set-secret", secret)

    def refuse(self, secret: str) -> None:
        """Accept no name made with `secret` any more."""
        self._tell("--delete-secret", secret)

    def __enter__(self) -> "Relay":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        mistake: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it.  A line of the file that it did not know is an error."""
        self._process.terminate()
        self._process.wait(20)
        said = self._log.read_text().lower()
        assert "unknown" not in said and "bad configuration" not in said, said

    def _tell(self, option: str, secret: str) -> None:
        asked = subprocess.Popen(
            [self._admin, option, secret, "--realm", REALM, "--userdb", str(self._secrets)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert asked.wait(20) == 0, f"turnadmin {option} failed"
        # It leaves a log of its own and cannot be told not to.
        for directory in LOGS_OF_TURNADMIN:
            for log in directory.glob(f"turn_{asked.pid}_*.log"):
                log.unlink()
