"""Every file has a declared place, and what stands there keeps that place's rules.

import-linter holds the borders between rooms; this holds the furniture inside each.  A new file
that fails here asks one question: is it a rule, a port, a service or an adapter?  Name it so.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import counter

ROOT = Path(__file__).resolve().parent.parent

PARTS = ("signaling", "media", "documents", "esign", "identity", "notify", "terminal")

COUNTER_FILES = {
    "__init__.py", "__main__.py", "case.py", "errors.py", "fresh_process.py", "ids.py",
    "journal.py", "one_process.py",
}  # fmt: skip
"Files that stand in no room; more of them only with the design's page changed."

COUNTER_ROOMS = {*PARTS, "app", "commands", "protocol", "settings", "store"}

NAMES_THAT_SAY_NOTHING = {
    "base", "common", "core", "data", "helper", "helpers", "info", "lib", "main", "manager",
    "managers", "misc", "session_manager", "shared", "stuff", "tools", "types", "user", "users",
    "util", "utils",
}  # fmt: skip

TECHNOLOGIES = {
    "aiohttp", "aioice", "aiortc", "alembic", "argon2", "asn1crypto", "asyncpg", "av", "cffi",
    "child", "clamd", "cryptography", "csc", "cups", "development", "directory", "fake", "files",
    "holidays", "http", "jinja2", "memory", "oidc", "opencc", "opencv", "pcsc", "pdfium",
    "pikepdf", "pkcs11", "pool", "postgres", "process", "pyhanko", "pypdfium2", "redis", "sane",
    "simulated", "smtp", "socket", "socketio", "sql", "sqlite", "store", "toml", "typst",
    "webhook", "worker", "zxing",
}  # fmt: skip
"Second words of `<role>_<technology>.py`; a new technology is entered here once, on purpose."

ADAPTERS = {
    "counter/documents/sample_page.py": "draws a page with cv2, for the simulated terminal",
    "counter/media/batch.py": "recvmmsg and sendmmsg through cffi",
    "counter/media/control_answers.py": "what a media process answers over HTTP",
    "counter/media/control_client.py": "asks a media process over HTTP",
    "counter/media/control_server.py": "answers it",
    "counter/media/forwarder.py": "moves packets between sockets",
    "counter/media/loop_lag.py": "measures the event loop",
    "counter/media/worker.py": "the media process",
    "counter/media/member.py": "one media process as the pool sees it",
    "counter/media/single_instance.py": "a lock file, so that one process serves a socket",
    "counter/media/upkeep.py": "what a media process does again and again",
    "counter/media/udp_port.py": "the one UDP socket of a worker",
    "counter/media/pool.py": "starts, adopts and asks the media processes",
    "counter/terminal/simulated.py": "a whole terminal as a program",
}
"Adapters whose name does not show their technology, with the reason."

LIBRARIES_OF_RULES = {"pydantic", "typing_extensions"}
"All that a rule may use beside the standard library and the rooms below it."

CLOCKS_AND_CHANCE = {"asyncio", "os", "random", "secrets", "socket", "subprocess", "threading"}
"Modules of the standard library that bring time, chance or the outside into a rule."


def python_files(*tops: str) -> list[Path]:
    """Return all source files below `tops`, relative to the checkout."""
    return sorted(
        file.relative_to(ROOT)
        for top in tops
        for file in (ROOT / top).rglob("*.py")
        if "__pycache__" not in file.parts
    )


def part_of(file: Path) -> Path | None:
    """Return the folder of the part `file` belongs to, or None when it is in no part."""
    if file.parts[0] == "booking":
        return Path("booking")
    if file.parts[0] == "counter" and len(file.parts) > 2 and file.parts[1] in PARTS:
        return Path(*file.parts[:2])
    return None


def place_of(file: Path) -> str:
    """Return "port", "service", "adapter" or "rule" for a file of a part."""
    part = part_of(file)
    assert part is not None
    inner = file.relative_to(part)
    if inner.name == "ports.py" or inner.stem.endswith("_ports"):
        return "port"
    if inner.name == "service.py" or inner.stem.endswith("_service"):
        return "service"
    if inner.name == "tables.py" or str(file) in ADAPTERS:
        return "adapter"
    # A folder named like an adapter (scan_opencv/) is one adapter in several files.
    first = inner.parts[0].removesuffix(".py")
    words = set(first.split("_"))
    if "_" in first and (words & TECHNOLOGIES or first.startswith("store_")):
        return "adapter"
    return "rule"


def imports(file: Path) -> Iterator[tuple[str, int]]:
    """Yield every module `file` imports, with the line; names under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def files_of_parts(*places: str) -> list[Path]:
    return [
        file
        for file in python_files("counter", "booking")
        if part_of(file) and file.name != "__init__.py" and place_of(file) in places
    ]


def test_there_is_a_house_to_look_at() -> None:
    assert len(python_files("counter", "booking", "web")) > 20


def test_no_file_has_a_name_that_says_nothing() -> None:
    nameless = [
        str(file)
        for file in python_files("counter", "booking", "web", "tools", "tests")
        if set(file.stem.split("_")) & (NAMES_THAT_SAY_NOTHING - {"shared"})
        and file.name != "__main__.py"
        and not file.name.startswith("test_")  # named after what it tests
    ]
    assert nameless == [], "say what they are for"


def test_the_counter_has_the_declared_rooms_and_no_other_files() -> None:
    undeclared = [
        str(file)
        for file in python_files("counter")
        if (len(file.parts) == 2 and file.name not in COUNTER_FILES)
        or (len(file.parts) > 2 and file.parts[1] not in COUNTER_ROOMS)
    ]
    assert undeclared == []


def test_an_adapter_that_was_excused_still_exists() -> None:
    assert [name for name in ADAPTERS if not (ROOT / name).exists()] == []


def test_every_room_and_every_module_says_what_it_is_for() -> None:
    silent = [
        str(file)
        for file in python_files("counter", "booking", "web", "tools")
        if "migrations" not in file.parts
        and (ROOT / file).stat().st_size > 0
        and ast.get_docstring(ast.parse((ROOT / file).read_text())) is None
    ]
    assert silent == []


@pytest.mark.parametrize("file", files_of_parts("rule", "port"), ids=str)
def test_a_rule_is_pure(file: Path) -> None:
    part = part_of(file)
    assert part is not None
    own = ".".join(part.parts)
    wrong = []
    for module, line in imports(file):
        top = module.split(".")[0]
        if top in {"counter", "booking"}:
            continue  # borders between rooms are import-linter's
        foreign = top not in sys.stdlib_module_names and top not in LIBRARIES_OF_RULES
        if foreign or top in CLOCKS_AND_CHANCE:
            wrong.append(f"{file}:{line} imports {module}")
    for module, line in imports(file):
        if module.startswith((f"{own}.service", f"{own}.store_")):
            wrong.append(f"{file}:{line} imports {module}, which stands above it")
    if place_of(file) == "rule":
        tree = ast.parse((ROOT / file).read_text())
        wrong += [
            f"{file}:{node.lineno} awaits"
            for node in ast.walk(tree)
            if isinstance(node, ast.AsyncFunctionDef | ast.Await)
        ]
    assert wrong == [], "a rule takes what it needs as arguments; a library is an adapter's"


@pytest.mark.parametrize("file", files_of_parts("rule", "port", "service"), ids=str)
def test_who_decides_does_not_know_the_adapters(file: Path) -> None:
    part = part_of(file)
    assert part is not None
    own = ".".join(part.parts)
    wrong = []
    for module, line in imports(file):
        if module.startswith(f"{own}."):
            inner = Path(*module.split("."))
            target = next(
                (
                    candidate
                    for candidate in (inner.with_suffix(".py"), inner.parent.with_suffix(".py"))
                    if (ROOT / candidate).exists()
                ),
                inner / "__init__.py",
            )
            if part_of(target) and place_of(target) == "adapter":
                wrong.append(f"{file}:{line} imports {module}")
    assert wrong == [], "an adapter is handed in by counter/app.py, through a port"


def test_what_the_counter_imports_is_locked_for_those_who_only_run_it() -> None:
    locked = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()
        for line in (ROOT / "requirements.lock").read_text().splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    }
    distributions = packages_distributions()
    used = {
        module.split(".")[0]
        for file in python_files("counter", "booking", "web")
        for module, _ in imports(file)
    }
    homeless = [
        name
        for name in sorted(used - sys.stdlib_module_names - {"counter", "booking", "web"})
        if not {re.sub(r"[-_.]+", "-", owner).lower() for owner in distributions.get(name, [])}
        & locked
    ]
    assert homeless == [], "declare it in pyproject.toml and lock it again"


def test_the_record_names_the_version_that_is_packaged() -> None:
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"{packaged['name']} {packaged['version']}" == counter.SOFTWARE
