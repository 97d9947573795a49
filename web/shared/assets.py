"""Built browser assets -> tags with Subresource Integrity, one import map and the page's nonce.

The manifest is written by web/build.mjs.  Promise: a file that was changed on its way, an imported
chunk included, is refused by the browser; in development a new build is seen without a restart.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from aiohttp import web
from markupsafe import Markup

from web.shared.access import allow

DIST = Path(__file__).resolve().parent.parent / "static" / "dist"
HASHED = "/static/dist/"
"Everything below this path carries a hash in its name."


class Entry(TypedDict):
    """One built file, as the manifest has it."""

    file: str
    integrity: str
    imports: list[str]
    lazy: list[str]


@dataclass(slots=True)
class Assets:
    """The manifest, read again when a new build has replaced it."""

    folder: Path = DIST
    _read_at: int = 0
    _entries: dict[str, Entry] = field(default_factory=dict)

    def entries(self) -> dict[str, Entry]:
        """Raises `RuntimeError` when nothing was built yet."""
        path = self.folder / "manifest.json"
        try:
            changed_at = path.stat().st_mtime_ns
        except FileNotFoundError:
            if self._entries:  # a build is just swapping the folder
                return self._entries
            raise RuntimeError(f"{path} is missing: run python -m tools.build_assets") from None
        if changed_at != self._read_at:
            self._entries = json.loads(path.read_text())
            self._read_at = changed_at
        return self._entries

    def url(self, name: str) -> str:
        """The address of an entry or copied file: `zxing_reader.wasm`, `citizen/page`."""
        return HASHED + self._entry(name)["file"]

    def tags(self, nonce: str, names: list[str]) -> Markup:
        """`<link>` and `<script>` for entries such as `shared/base.css` and `citizen/hold`."""
        found = [self._entry(name) for name in names]
        styles = [one for one in found if one["file"].endswith(".css")]
        scripts = [one for one in found if not one["file"].endswith(".css")]
        out = [
            Markup('<link rel="stylesheet" href="{}" integrity="{}">').format(
                HASHED + one["file"], one["integrity"]
            )
            for one in styles
        ]
        now, later = self._closure(scripts)
        if now or later:
            known = {HASHED + one["file"]: one["integrity"] for one in (*now, *later)}
            body = Markup(json.dumps({"integrity": known}).replace("<", "\\u003c"))
            out.append(
                Markup('<script type="importmap" nonce="{}">{}</script>').format(nonce, body)
            )
        out += [
            Markup('<link rel="modulepreload" href="{}" integrity="{}" nonce="{}">').format(
                HASHED + one["file"], one["integrity"], nonce
            )
            for one in now
        ]
        out += [
            Markup('<script type="module" src="{}" integrity="{}" nonce="{}"></script>').format(
                HASHED + one["file"], one["integrity"], nonce
            )
            for one in scripts
        ]
        return Markup("\n").join(out)

    def _entry(self, name: str) -> Entry:
        try:
            return self.entries()[name]
        except KeyError:
            raise RuntimeError(f"no browser asset {name}; see web/build.mjs") from None

    def _closure(self, scripts: list[Entry]) -> tuple[list[Entry], list[Entry]]:
        """Chunks that the scripts import, at once and (second) perhaps later."""
        by_file = {one["file"]: one for one in self.entries().values()}
        now: dict[str, Entry] = {}
        later: dict[str, Entry] = {}
        waiting = [(one, now) for one in scripts]
        while waiting:
            entry, into = waiting.pop()
            for file in entry["imports"]:
                if file not in into:
                    into[file] = by_file[file]
                    waiting.append((by_file[file], into))
            for file in entry.get("lazy", []):
                if file not in later:
                    later[file] = by_file[file]
                    waiting.append((by_file[file], later))
        return list(now.values()), [one for one in later.values() if one["file"] not in now]


def static_routes(assets: Assets) -> list[web.RouteDef]:
    """The built files.  aiohttp sends the compressed siblings that the build made."""

    @allow("anyone")
    async def built(request: web.Request) -> web.StreamResponse:
        path = (assets.folder / request.match_info["path"]).resolve()
        if not path.is_relative_to(assets.folder.resolve()) or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path)

    return [web.get(HASHED + "{path:[a-z0-9_./A-Z-]+}", built)]


ASSETS = web.AppKey("assets", Assets)
