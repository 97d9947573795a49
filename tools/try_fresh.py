"""Tries the two commands on a fresh Debian 12, as the README promises them, and takes the time.

The tree holds only git, make, python3, python3-venv and gcc; the checkout lies in a directory with
a space in its name; `make run` is an ordinary user's.  This machine's resolver, certificates and
pip configuration are lent, so that packages come the way they come here.  Needs root, debootstrap.

    python3 tools/try_fresh.py run     # clone HEAD, `make run` until a page answers, Ctrl-C; twice
    python3 tools/try_fresh.py test    # what `make test` says without rights, then as root
    python3 tools/try_fresh.py shell   # look around
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
HOME = "/home/citizen"
CHECKOUT = f"{HOME}/remote video counter"
PACKAGES = "ca-certificates,git,make,python3,python3-venv,gcc"
LENT_FILES = (
    "/etc/hosts",
    "/etc/npmrc",
    "/etc/pip.conf",
    "/etc/resolv.conf",
    "/etc/ssl/certs/ca-certificates.crt",
)
LENT_VARIABLES = ("PIP_", "UV_", "NPM_CONFIG_", "NODE_EXTRA_CA", "SSL_CERT_", "HTTP", "NO_PROXY")
PATIENCE_S = 900


def say(words: str) -> None:
    """Print at once, because children print too."""
    print(f"== {words}", flush=True)


def make_tree(fresh: Path, mirror: str) -> None:
    """Make the minimal Debian, once."""
    made = fresh / ".made"
    if not made.exists():
        say(f"making a minimal Debian 12 in {fresh}")
        subprocess.run(
            [
                *("debootstrap", "--variant=minbase", f"--include={PACKAGES}"),
                *("bookworm", str(fresh), mirror),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        subprocess.run(["chroot", str(fresh), "useradd", "--create-home", "citizen"], check=True)
        made.touch()
    for lent in LENT_FILES:
        if Path(lent).exists():
            shutil.copyfile(lent, f"{fresh}{lent}")


def mount(fresh: Path) -> None:
    """Mount what programs expect; this process has mounts of its own, which end with it."""
    for kind, target in (("proc", "proc"), ("tmpfs", "dev/shm")):
        if target == "dev/shm":
            for directory in ("sys", "dev", "dev/pts"):
                subprocess.run(["mount", "--bind", f"/{directory}", fresh / directory], check=True)
        subprocess.run(["mount", "-t", kind, kind, fresh / target], check=True)


def clone(fresh: Path, owner: str) -> None:
    """Clone HEAD of this checkout into the tree."""
    inside = Path(f"{fresh}{CHECKOUT}")
    shutil.rmtree(inside, ignore_errors=True)
    for cache in (".cache", ".npm"):  # a fresh machine has downloaded nothing yet
        shutil.rmtree(f"{fresh}{HOME}/{cache}", ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(HERE), str(inside)], check=True)
    subprocess.run(["chroot", str(fresh), "chown", "-R", f"{owner}:", CHECKOUT], check=True)


def command(fresh: Path, user: str, words: str) -> list[str]:
    """Return the command that runs `words` in the checkout with an almost empty environment."""
    lent = [
        f"{name}={value}"
        for name, value in os.environ.items()
        if name.upper().startswith(LENT_VARIABLES)
    ]
    home = "/root" if user == "root" else HOME
    plain = [f"HOME={home}", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
    return [
        *("chroot", f"--userspec={user}:{user}", f"--groups={user}", str(fresh)),
        *("/usr/bin/env", "-i", *plain, *lent, f"COUNTER_PORT={port()}"),
        *("/bin/sh", "-c", f"cd '{CHECKOUT}' && exec {words}"),
    ]


def port() -> int:
    """Return the port to serve on; it is this machine's port too."""
    return int(os.environ.get("COUNTER_PORT", "18080"))


def answers() -> bool:
    """Whether a page answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port()}/", timeout=2):
            return True
    except OSError:
        return False


def serve_once(fresh: Path, which: str) -> None:
    """Time `make run` until a page answers, and its end after Ctrl-C."""
    if answers():
        sys.exit(f"something already answers on port {port()}: name another, COUNTER_PORT=…")
    begun = time.monotonic()
    log = fresh / "tmp" / f"{which}.log"
    with log.open("wb") as out:
        running = subprocess.Popen(
            command(fresh, "citizen", "make run"),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    while not answers():
        if running.poll() is not None or time.monotonic() - begun > PATIENCE_S:
            sys.exit(f"{log.read_text()}\n== {which}: make run did not come to serve a page")
        time.sleep(0.02)
    say(f"{which}: a page answered after {time.monotonic() - begun:.1f} s")
    print(log.read_text())
    begun = time.monotonic()
    # As a terminal does it: the whole group of processes hears Ctrl-C.
    os.killpg(running.pid, signal.SIGINT)
    running.wait(60)
    say(f"{which}: ended {time.monotonic() - begun:.1f} s after Ctrl-C, code {running.returncode}")
    print(log.read_text()[-400:])


def main() -> None:
    """Read the command line, move into mounts and processes of our own, do as asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=["run", "test", "shell"])
    parser.add_argument("--tree", type=Path, default=Path("/tmp/counter-fresh"))
    parser.add_argument("--mirror", default="http://deb.debian.org/debian")
    asked = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("this mounts and changes users: run it as root")
    if os.environ.pop("COUNTER_TRY_INSIDE", None) is None:
        own = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        os.environ["COUNTER_TRY_INSIDE"] = "yes"
        os.execvp(own[0], [*own, sys.executable, *sys.argv])
    make_tree(asked.tree, asked.mirror)
    mount(asked.tree)
    if asked.what == "run":
        clone(asked.tree, "citizen")
        serve_once(asked.tree, "first")
        serve_once(asked.tree, "second")
    elif asked.what == "test":
        clone(asked.tree, "citizen")
        say("make test without rights")
        subprocess.run(command(asked.tree, "citizen", "make test"), check=False)
        clone(asked.tree, "root")
        say("make test as root")
        begun = time.monotonic()
        done = subprocess.run(command(asked.tree, "root", "make test"), check=False)
        say(f"make test took {time.monotonic() - begun:.0f} s, code {done.returncode}")
        sys.exit(done.returncode)
    else:
        clone(asked.tree, "citizen")
        subprocess.run(command(asked.tree, "citizen", "sh -i"), check=False)


if __name__ == "__main__":
    main()
