"""The audit pack of a ceremony: one file that proves by itself what was signed and how.

An ASiC-E container: the document, the journal's entries about it, the report of its validation, a
page for people, and a manifest of their digests, which the department's seal signs with a timestamp
(CAdES).  Same in, same bytes out, but for that signature.
Source: ETSI EN 319 162-1, 4.4 and A.7; names of digests: RFC 6931.
"""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from counter import SOFTWARE
from counter.esign.audit_story import OtherSentence, Story, story_of
from counter.esign.validation import Manifest, Signer
from counter.journal import Entry, leaf_of

MIMETYPE = "application/vnd.etsi.asic-e+zip"
MANIFEST = "META-INF/ASiCManifest.xml"
SIGNATURE = "META-INF/signature.p7s"
DOCUMENT, EVENTS, REPORT, SUMMARY = "document.pdf", "events.json", "report.xml", "summary.pdf"
TYPES = {
    DOCUMENT: "application/pdf",
    EVENTS: "application/json",
    REPORT: "application/xml",
    SUMMARY: "application/pdf",
}
ASIC = "http://uri.etsi.org/02918/v1.2.1#"
DS = "http://www.w3.org/2000/09/xmldsig#"
SHA256_URI = "http://www.w3.org/2001/04/xmlenc#sha256"
FORMAT = "counter-events-1"
BYTES_MAX = 40 * 1024 * 1024
FILES_MAX = 16
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"How files in it are packed; others unpack without a limit."


class PackDamaged(ValueError):
    """It is no audit pack, or its parts are not those that were sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """An opened pack whose files are those of its manifest; who sealed it is not asked yet."""

    files: Mapping[str, bytes]
    manifest: bytes
    signature: bytes
    record: Manifest
    "What the sealing counter's record says about the document."
    story: Story
    officers: Mapping[str, str]
    "Names by id, as far as they were known."
    made_by: str
    "Which software packed it; empty in older ones."


def events(
    record: Manifest,
    entries: Sequence[Entry],
    head: tuple[int, str],
    officers: Mapping[str, str],
) -> bytes:
    """The journal's entries as JSON.  They hold ids and digests, and nothing about the citizen.

    head: number and leaf of the journal's last entry then, which commits to all of them.
    officers: names, by id, of the agents who made sure who signs.
    """
    said: dict[str, Any] = {
        "format": FORMAT,
        "ceremony": record.ceremony_id,
        "documents": sorted(record.sha256s),
        "signers": [
            {"field": one.field, "certificate_sha256": one.certificate_sha256}
            for one in record.signers
        ],
        "journal": {"seq": head[0], "leaf": head[1]},
        "officers": dict(officers),
        "made_by": SOFTWARE,
        "entries": [
            {"seq": one.seq, "previous": one.previous, "body": one.body, "leaf": one.leaf}
            for one in entries
        ],
    }
    if record.voided_at is not None:
        said["voided_at"] = record.voided_at.astimezone(UTC).isoformat()
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False).encode()


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """The manifest: what the seal signs."""
    ET.register_namespace("asic", ASIC)
    ET.register_namespace("ds", DS)
    root = ET.Element(f"{{{ASIC}}}ASiCManifest")
    about = {"URI": SIGNATURE, "MimeType": "application/pkcs7-signature"}
    ET.SubElement(root, f"{{{ASIC}}}SigReference", about)
    for name in sorted(files):
        about = {"URI": name, "MimeType": TYPES[name]}
        one = ET.SubElement(root, f"{{{ASIC}}}DataObjectReference", about)
        ET.SubElement(one, f"{{{DS}}}DigestMethod", {"Algorithm": SHA256_URI})
        digest = base64.b64encode(hashlib.sha256(files[name]).digest()).decode()
        ET.SubElement(one, f"{{{DS}}}DigestValue").text = digest
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def packed(files: Mapping[str, bytes], manifest: bytes, signature: bytes, at: datetime) -> bytes:
    """The container.  at: the time of every file in it."""
    out = io.BytesIO()
    local = at.astimezone(UTC)
    stamp = (local.year, local.month, local.day, local.hour, local.minute, local.second)
    with zipfile.ZipFile(out, "w", compresslevel=9) as archive:

        def put(name: str, content: bytes, *, pack: bool) -> None:
            about = zipfile.ZipInfo(name, stamp)
            about.compress_type = zipfile.ZIP_DEFLATED if pack else zipfile.ZIP_STORED
            about.external_attr = 0o644 << 16
            archive.writestr(about, content)

        put("mimetype", MIMETYPE.encode(), pack=False)  # first, and readable without unpacking
        for name in sorted(files):
            put(name, files[name], pack=True)
        put(MANIFEST, manifest, pack=True)
        put(SIGNATURE, signature, pack=True)
    return out.getvalue()


def opened(container: bytes) -> Pack:
    """Read a container and hold each file against the manifest.  Raises `PackDamaged`."""
    try:
        with zipfile.ZipFile(io.BytesIO(container)) as archive:
            listed = archive.infolist()
            if len(listed) > FILES_MAX or sum(one.file_size for one in listed) > BYTES_MAX:
                raise PackDamaged("more files or bytes than a pack has")
            if len({one.filename for one in listed}) != len(listed):
                raise PackDamaged("two files of one name")
            if not {one.compress_type for one in listed} <= METHODS:
                raise PackDamaged("packed in a way that a pack is not")
            content = {one.filename: archive.read(one) for one in listed}
    except PackDamaged:
        raise
    except Exception as error:
        # No list of what unpacking a stranger's bytes raises is ever complete.
        raise PackDamaged(f"no container: {type(error).__name__}") from error
    if content.pop("mimetype", b"") != MIMETYPE.encode():
        raise PackDamaged("its first file does not say what it is")
    manifest, signature = content.pop(MANIFEST, b""), content.pop(SIGNATURE, b"")
    if not {DOCUMENT, EVENTS} <= set(content) or not manifest or not signature:
        raise PackDamaged("a file is missing")
    if not set(content) <= set(TYPES) or manifest_of(content) != manifest:
        # Made anew rather than read: no XML of a stranger is parsed.
        raise PackDamaged("its files are not those of its manifest")
    return _told(content, manifest, signature)


def _told(files: Mapping[str, bytes], manifest: bytes, signature: bytes) -> Pack:
    content = files[EVENTS]
    try:
        said: dict[str, Any] = json.loads(content)
        if said["format"] != FORMAT:
            raise PackDamaged("another format of events")
        for one in said["entries"]:
            if leaf_of(one["previous"], one["body"]) != one["leaf"]:
                raise PackDamaged(f"entry {one['seq']} of the journal has another text")
            if json.loads(one["body"])["seq"] != one["seq"]:
                raise PackDamaged(f"entry {one['seq']} of the journal has another number")
        record = Manifest(
            ceremony_id=said["ceremony"],
            signers=tuple(
                Signer(field=one["field"], certificate_sha256=one["certificate_sha256"])
                for one in said["signers"]
            ),
            sha256s=frozenset(said["documents"]),
            voided_at=datetime.fromisoformat(said["voided_at"]) if "voided_at" in said else None,
        )
        entries = [Entry(**one) for one in said["entries"]]
        return Pack(
            files=files,
            manifest=manifest,
            signature=signature,
            record=record,
            story=story_of(entries),
            officers={str(one): str(name) for one, name in said.get("officers", {}).items()},
            made_by=str(said.get("made_by", "")),
        )
    except PackDamaged:
        raise
    except OtherSentence as error:
        raise PackDamaged(str(error)) from error
    except Exception as error:
        # Such as lists within lists, deeper than they can be read.
        raise PackDamaged(f"its events cannot be read: {type(error).__name__}") from error
