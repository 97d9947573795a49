"""Documents and cases: taken out, taken back, looked at."""

import argparse
import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from counter.commands.asking import Commands, ask_operator, say, settings_of

if TYPE_CHECKING:
    from counter.esign.audit_pack import Pack
    from counter.esign.audit_pyhanko import PackSeal
    from counter.esign.validation import SignatureFound

SEALED = {
    "same": "by %s",
    "renewed": "later by %s, with a renewed certificate",
    "other": "by %s, who did not seal the document",
}
"The seal of an audit pack, by whose certificate it is."


def add(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Its commands, with what each takes."""
    folder = commands.add_parser(
        "case-folder", parents=[common], help="take the papers of a case out, with a manifest"
    )
    folder.add_argument("case", help="its id")
    folder.add_argument("directory", type=Path, help="in which the folder is made")
    folder.set_defaults(run=_case_folder)

    proof = commands.add_parser(
        "audit-pack", parents=[common], help="the proof of a signed document (ASiC-E)"
    )
    proof.add_argument("case", help="its id")
    proof.add_argument("ceremony", help="its id")
    proof.add_argument("file", type=Path, help="where to write it: such as proof.asice")
    proof.set_defaults(run=_audit_pack)

    withdraw = commands.add_parser(
        "withdraw-form", parents=[common], help="take a form back that cannot be sealed"
    )
    withdraw.add_argument("case", help="its id")
    withdraw.add_argument("ceremony", help="its id; the log names both")
    withdraw.set_defaults(run=_withdraw_form)

    void = commands.add_parser(
        "void-form", parents=[common], help="what was signed does not count, also of a closed case"
    )
    void.add_argument("case", help="its id")
    void.add_argument("ceremony", help="its id; the page of the case names both")
    void.add_argument("--reason", required=True, help="data_wrong, wrong_person, citizen_asked, …")
    void.set_defaults(run=_void_form)

    verify = commands.add_parser(
        "verify",
        parents=[common],
        help="whether a signed PDF or an audit pack is sound; asks nobody",
    )
    verify.add_argument("file", type=Path)
    verify.add_argument(
        "--root", type=Path, action="append", help="a certificate to trust, PEM (our own root)"
    )
    verify.add_argument(
        "--record", action="store_true", help="also whether it was given out here: reads the store"
    )
    verify.add_argument(
        "--at", type=_moment, help="as of this time, ISO 8601 with its offset (now)"
    )
    verify.set_defaults(run=_verify)


def _case_folder(options: argparse.Namespace) -> int:
    from counter.app.clock import new_id
    from counter.app.folder_out import write_out
    from counter.app.operator_asks import NotRunning, ask
    from counter.documents.handover import FolderDiffers

    try:
        told = asyncio.run(ask(settings_of(options).data, "/case-folder", {"case": options.case}))
        folder = asyncio.run(write_out(told, options.directory, new_id))
    except (NotRunning, FolderDiffers, FileNotFoundError) as refused:
        print(refused, file=sys.stderr)
        return 1
    say(f"{folder}: {len(told['files'])} files; the journal says that you have them")
    return 0


def _audit_pack(options: argparse.Namespace) -> int:
    from base64 import b64decode

    from counter.app.operator_asks import NotRunning, ask

    try:
        asked = {"case": options.case, "ceremony": options.ceremony}
        told = asyncio.run(ask(settings_of(options).data, "/audit-pack", asked))
        with options.file.open("xb") as out:
            out.write(b64decode(str(told["pack"])))
    except (NotRunning, FileExistsError) as refused:
        print(refused, file=sys.stderr)
        return 1
    say(f"{options.file}: the journal says that you have it; `counter verify` looks at it")
    return 0


def _withdraw_form(options: argparse.Namespace) -> int:
    sent: dict[str, object] = {"case": options.case, "ceremony": options.ceremony}
    return ask_operator(options, "/withdraw-form", sent)


def _void_form(options: argparse.Namespace) -> int:
    sent: dict[str, object] = {
        "case": options.case,
        "ceremony": options.ceremony,
        "reason": options.reason,
    }
    return ask_operator(options, "/void-form", sent)


def _verify(options: argparse.Namespace) -> int:
    from counter.app.clock import clock
    from counter.app.signed_files import Unreadable, look_at
    from counter.esign.judging import WORDS, Judgement, has_role
    from counter.esign.validation import POLICY

    try:
        looked = asyncio.run(
            look_at(
                settings_of(options),
                options.file,
                options.root,
                options.at or clock(),
                record=options.record,
            )
        )
    except Unreadable as refused:
        print(refused, file=sys.stderr)
        return 2
    found, pack = looked.found, looked.pack
    since = ""
    if looked.judgement is Judgement.VOIDED and looked.voided_at is not None:
        since = f" on {looked.voided_at:%Y-%m-%d %H:%M:%S %Z}"
    say(WORDS[looked.judgement] + since)
    if pack is not None:
        by = SEALED[looked.sealer] % _line(pack.signer)
        say(f"  audit pack: sealed {by}, {_worth(pack)}")
    for one in found.signatures:
        later = ""
        if one.revoked_at is not None and (one.trusted or one.ended):
            later = f"; certificate revoked later, on {one.revoked_at:%Y-%m-%d %H:%M:%S %Z}"
        # What a field is called says who signed in our own documents only.
        who = f"{_line(one.field)}: {_line(one.signer)}"
        if not has_role(one, found, looked.record):
            kind = "timestamp" if one.kind == "timestamp" else "signature"
            who = f"{kind} in field “{_line(one.field)}”, certificate of {_line(one.signer)}"
            who += f", issued by {_line(one.issuer)}" if one.issuer else ""
        say(f"  {who}, {_worth(one, one.claimed_at)}{later}")
    ended = ", its timestamps have ended" if any(one.ended for one in found.signatures) else ""
    level = f"level {found.level}{ended}"
    if not found.level_known:
        level = "level not known: nobody whom we trust says when it was signed"
    say(f"  {level}, by {POLICY}; SHA-256 {found.sha256}")
    if looked.contents is not None:
        _tell(looked.contents)
    said = {
        Judgement.SOUND: 0,
        Judgement.UNCOMPARED: 3,
        Judgement.VOIDED: 4,
        Judgement.ENDED: 5,
        Judgement.LAPSED: 6,
        Judgement.UNROOTED: 7,
    }
    return said.get(looked.judgement, 1)


def _tell(pack: "Pack") -> None:
    """What its entries say of how it came to be signed."""
    story = pack.story
    found, agreed = story.identified, story.agreed
    if found is None:
        say("  identification: none in its entries")
    else:
        by = [f"{pack.officers.get(one, '')} ({one})".strip() for one in found.officers]
        made = f"{found.state}, level {found.level}, {found.at:%Y-%m-%d %H:%M:%S %Z}"
        paper = f"paper {found.document}, by {', '.join(by)}"
        say(f"  identification: {_line(made)}, {_line(paper)}")
    if agreed is not None:
        said = f"“{_line(agreed.sentence)}”" if agreed.sentence else "only its digest was kept"
        say(f"  agreed to {_line(agreed.text_id) or '?'} in {_line(agreed.language)}: {said}")
    template = f"template {_line(story.template_sha256) or 'not kept'}"
    software = [_line(one) or "?" for one in (story.drawn_by, story.sealed_by, pack.made_by)]
    say(f"  form {_line(story.form)} {_line(story.form_version)}, {template}")
    say(f"  drawn by {software[0]}, sealed by {software[1]}, packed by {software[2]}")


def _line(said: str) -> str:
    """What a file says of itself, with nothing that a terminal obeys."""
    return "".join(one if one.isprintable() else " " for one in said)


def _worth(one: "SignatureFound | PackSeal", claimed: datetime | None = None) -> str:
    """When it was made, and what it is worth.  claimed: what nobody vouches for."""
    if one.ended is not None:
        made = f"{one.ended.stamped_at:%Y-%m-%d %H:%M:%S %Z}"
        return f"{made}: held then; its timestamp's certificate ended on {one.ended.at:%Y-%m-%d}"
    made = f"{one.stamped_at:%Y-%m-%d %H:%M:%S %Z}" if one.stamped_at else "no timestamp"
    if one.stamped_at is None and claimed is not None:
        made = f"{claimed:%Y-%m-%d %H:%M:%S %Z} by its own word"
    return f"{made}: {one.why or 'holds'}"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its offset")
    return moment
