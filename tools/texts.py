"""The texts that people see: gathered from the sources, kept in web/locale, checked.

English is the source language.  A domain per face, and one for notices; what web/shared says is in
`shared`, and who says the same uses that translation.

    python -m tools.texts extract   say how many texts each domain has
    python -m tools.texts update    write new texts into the .po files, drop those that are gone
    python -m tools.texts check     fail unless every text is translated, with equal placeholders

`update citizen` and `check citizen shared` look at these domains only.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
LOCALE = WEB / "locale"
DOMAINS = ("shared", "citizen", "terminal", "console", "wall", "notices")
TRANSLATED = ("zh_Hant", "zh_Hans", "pt")

KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_STRING = r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`$\\]*`)"""
_CALL = re.compile(rf"(?<![\w.$])(t|tn)\(\s*{_STRING}\s*(?:,\s*{_STRING}\s*)?")
_NOT_LITERAL = re.compile(r"(?<![\w.$])tn?\(\s*(?![\"'`)\s]|\w+:)")
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")

Found = tuple[str, int, str | tuple[str, str], str | None]
"File, line, text or (one, many), context."


def main(arguments: list[str]) -> int:
    """Run one of the three; returns the exit status."""
    match arguments:
        case ["extract"]:
            for domain in DOMAINS:
                print(f"{domain}: {len(gather(domain))} texts")
            return 0
        case ["update", *domains]:
            update(domains or DOMAINS)
            return 0
        case ["check", *domains]:
            wrong = list(problems(domains or DOMAINS))
            print("\n".join(wrong) or "texts: every text is there in every language")
            return 1 if wrong else 0
        case _:
            print(__doc__)
            return 2


def gather(domain: str) -> Catalog:
    """Every text of a domain, in the order of its files; without what `shared` has as well."""
    catalog = Catalog(project="remote-video-counter", domain=domain)
    known = gather("shared") if domain != "shared" else Catalog()
    for file, line, text, context in _texts(WEB / domain):
        one = text if isinstance(text, str) else text[0]
        if known.get(one, context) is None:
            catalog.add(text, locations=[(file, line)], context=context)
    if domain == "shared":
        _note_scripts(catalog)
    return catalog


def _note_scripts(shared: Catalog) -> None:
    """Note which scripts of the faces say what `shared` has: pages carry the texts of scripts."""
    for path in sorted(WEB.rglob("*.ts*")):
        if path.suffix in (".ts", ".tsx") and path.relative_to(WEB).parts[0] in DOMAINS[1:]:
            for file, line, text, _ in _script(path, path.relative_to(ROOT).as_posix()):
                if shared.get(text if isinstance(text, str) else text[0]) is not None:
                    shared.add(text, locations=[(file, line)])


def _texts(folder: Path) -> Iterator[Found]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py":
            yield from _babel("python", path, name)
        elif path.suffix in (".html", ".svg", ".txt") and "templates" in path.parts:
            yield from _babel("jinja2.ext:babel_extract", path, name)
        elif path.suffix in (".ts", ".tsx"):
            yield from _script(path, name)


def _babel(method: str, path: Path, name: str) -> Iterator[Found]:
    options = {"silent": "false", "trimmed": "true"}
    source = BytesIO(path.read_bytes())
    for line, text, _, context in extract(
        method,
        source,
        keywords=KEYWORDS,
        options=options,
        comment_tags=(),
    ):
        found = text if isinstance(text, str) else (text[0], text[1])
        yield name, line, found, context


def _script(path: Path, name: str) -> Iterator[Found]:
    source = _without_comments(path.read_text(encoding="utf-8"))
    for call in _CALL.finditer(source):
        line = source.count("\n", 0, call.start()) + 1
        one = _unquote(call[2])
        if call[1] == "t":
            yield name, line, one, None
        elif call[3]:
            yield name, line, (one, _unquote(call[3])), None


def _without_comments(source: str) -> str:
    """The same lines without block comments and lines that are a comment: examples are no texts."""
    blocks = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), source, flags=re.S)
    return re.sub(r"^\s*//.*$", "", blocks, flags=re.M)


def _unquote(literal: str) -> str:
    """The text of a string literal of the scripts; only the escapes that we allow ourselves."""
    inside = literal[1:-1]
    escapes = {"n": "\n", "t": "\t"}
    return re.sub(r"\\(.)", lambda found: escapes.get(found[1], found[1]), inside)


def po_path(language: str, domain: str) -> Path:
    """Where a language's texts of a domain are kept."""
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def read(language: str, domain: str) -> Catalog:
    """What is kept; an empty catalogue when there is no file yet."""
    path = po_path(language, domain)
    if not path.exists():
        return Catalog(locale=language, domain=domain)
    with path.open("rb") as source:
        return read_po(source, locale=language, domain=domain)


def update(domains: Sequence[str]) -> None:
    """Bring the .po files of some domains in line; translations that still fit are kept."""
    for domain in domains:
        wanted = gather(domain)
        for language in TRANSLATED:
            path = po_path(language, domain)
            if not wanted and not path.exists():
                continue
            kept = read(language, domain)
            # Guessing what a changed text may mean is how wrong sentences get published.
            kept.update(wanted, no_fuzzy_matching=True)
            kept.obsolete.clear()
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as out:
                write_po(out, kept, width=100, omit_header=False, sort_by_file=True)
            _quiet_header(path)


def _quiet_header(path: Path) -> None:
    """Dates and addresses in headers change with every run and say nothing."""
    kept = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if not re.match(r'"(POT?-|Last-Translator|Language-Team|Report-Msgid|Generated-By)', line)
        and not line.startswith("#, fuzzy")
        and not re.match(r"# (.*(translations for|Copyright|distributed|FIRST AUTHOR).*)?$", line)
        and line != "#"
    ]
    path.write_text("\n".join(kept).strip() + "\n", encoding="utf-8")


def problems(domains: Sequence[str]) -> Iterator[str]:
    """Every reason why the texts are not fit to be shown, one line each."""
    for domain in domains:
        wanted = gather(domain)
        for language in TRANSLATED:
            kept = read(language, domain)
            for message in wanted:
                if message.id:
                    yield from _problem(message, kept, f"{language}/{domain}")
            for message in kept:
                if message.id and wanted.get(_one(message), message.context) is None:
                    yield f"{language}/{domain}: nobody says any more: {_one(message)!r}"
    for path in [*WEB.rglob("*.ts"), *WEB.rglob("*.tsx")]:
        if path.name != "texts.ts" and "static" not in path.parts:
            source = _without_comments(path.read_text(encoding="utf-8"))
            for call in _NOT_LITERAL.finditer(source):
                line = source.count("\n", 0, call.start()) + 1
                yield f"{path.relative_to(ROOT)}:{line}: t() needs a plain string"


def _problem(message: Message, kept: Catalog, where: str) -> Iterator[str]:
    one = _one(message)
    found = kept.get(one, message.context)
    if found is None or not found.string:
        yield f"{where}: missing: {one!r}"
        return
    if found.fuzzy:
        yield f"{where}: fuzzy: {one!r}"
    texts = [found.string] if isinstance(found.string, str) else list(found.string)
    if isinstance(message.id, str) != isinstance(found.string, str) or not all(texts):
        yield f"{where}: missing a form: {one!r}"
        return
    wanted = _placeholders(one if isinstance(message.id, str) else message.id[-1])
    for text in texts:
        if _placeholders(text) != wanted:
            yield f"{where}: other placeholders than {sorted(wanted)}: {one!r}"


def _one(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _placeholders(text: str) -> set[str]:
    return {one or other for one, other in _PLACEHOLDER.findall(text)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
