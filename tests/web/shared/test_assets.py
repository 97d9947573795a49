"""Built files as tags: integrity, one import map, and nothing is built twice."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from tools import build_assets
from web.shared.assets import DIST, Assets

MANIFEST = {
    "citizen/a": {"file": "a-1.js", "integrity": "sha384-a", "imports": ["c-1.js"], "lazy": []},
    "citizen/b": {
        "file": "b-1.js",
        "integrity": "sha384-b",
        "imports": ["c-1.js"],
        "lazy": ["d-1.js"],
    },
    "chunk:c": {"file": "c-1.js", "integrity": "sha384-c", "imports": ["e-1.js"], "lazy": []},
    "chunk:d": {"file": "d-1.js", "integrity": "sha384-d", "imports": [], "lazy": []},
    "chunk:e": {"file": "e-1.js", "integrity": "sha384-e", "imports": [], "lazy": []},
    "citizen/a.css": {"file": "a-1.css", "integrity": "sha384-s", "imports": [], "lazy": []},
}


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    return Assets(folder=tmp_path)


def test_every_chunk_is_in_the_one_import_map(assets: Assets) -> None:
    tags = str(assets.tags("n0nce", ["citizen/a.css", "citizen/a", "citizen/b"]))
    maps = re.findall(r'<script type="importmap" nonce="n0nce">(.*?)</script>', tags)
    assert len(maps) == 1
    assert json.loads(maps[0])["integrity"] == {
        "/static/dist/c-1.js": "sha384-c",
        "/static/dist/d-1.js": "sha384-d",
        "/static/dist/e-1.js": "sha384-e",
    }
    assert tags.index("importmap") < tags.index('type="module"')
    assert tags.count("modulepreload") == 2, "what is needed later is not fetched now"
    assert '<link rel="stylesheet" href="/static/dist/a-1.css" integrity="sha384-s">' in tags
    scripts = re.findall(r"<script[^>]*>", tags)
    assert scripts and all('nonce="n0nce"' in script for script in scripts)


def test_a_new_build_is_seen_without_a_restart(assets: Assets) -> None:
    assert assets.url("citizen/a") == "/static/dist/a-1.js"
    changed = {**MANIFEST, "citizen/a": {**MANIFEST["citizen/a"], "file": "a-2.js"}}
    (assets.folder / "manifest.json").write_text(json.dumps(changed))
    assert assets.url("citizen/a") == "/static/dist/a-2.js"


def test_what_was_not_built_is_named(assets: Assets, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="citizen/nothing"):
        assets.url("citizen/nothing")
    with pytest.raises(RuntimeError, match=r"tools\.build_assets"):
        Assets(folder=tmp_path / "empty").url("citizen/a")


def test_the_built_files_are_what_the_manifest_says() -> None:
    build_assets.build()
    for name, entry in Assets().entries().items():
        digest = hashlib.sha384((DIST / entry["file"]).read_bytes()).digest()
        assert entry["integrity"] == "sha384-" + base64.b64encode(digest).decode(), name
        assert (DIST / f"{entry['file']}.br").exists(), name


def test_nothing_is_built_when_nothing_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    build_assets.build()
    monkeypatch.delattr(build_assets, "_one_at_a_time")  # without which nothing is started
    assert build_assets.build() is False


def test_every_source_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_assets, "ROOT", tmp_path)
    monkeypatch.setattr(build_assets, "WEB", tmp_path / "web")
    (tmp_path / "web" / "citizen" / "assets").mkdir(parents=True)
    for name in build_assets.LOCK_FILES:
        (tmp_path / name).write_text("{}")
    source = tmp_path / "web" / "citizen" / "assets" / "a.ts"
    source.write_text("1")
    seen = {build_assets.digest()}
    source.write_text("2")
    seen.add(build_assets.digest())
    source.rename(source.with_name("b.ts"))
    seen.add(build_assets.digest())
    (tmp_path / "package-lock.json").write_text("{ }")
    seen.add(build_assets.digest())
    (tmp_path / "web" / "citizen" / "views.py").write_text("not a source of the browser's")
    seen.add(build_assets.digest())
    assert len(seen) == 4
