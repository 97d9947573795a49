"""Documents and cases: taken out, taken back, looked at."""

import argparse
import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from counter.commands.asking import Commands, ask_operator, say, settings_of

if TYPE_CHECKING:
    from counter.esign.audit_pyhanko import PackSeal
    from counter.esign.validation import SignatureFound


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
    from counter.esign.judging import WORDS, Judgement
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
        say(f"  audit pack: sealed by {pack.signer}, {_worth(pack)}")
    for one in found.signatures:
        later = ""
        if one.revoked_at is not None and (one.trusted or one.ended):
            later = f"; certificate revoked later, on {one.revoked_at:%Y-%m-%d %H:%M:%S %Z}"
        say(f"  {one.field}: {one.signer}, {_worth(one)}{later}")
    ended = ", its timestamps have ended" if any(one.ended for one in found.signatures) else ""
    say(f"  level {found.level}{ended}, by {POLICY}; SHA-256 {found.sha256}")
    said = {
        Judgement.SOUND: 0,
        Judgement.UNCOMPARED: 3,
        Judgement.VOIDED: 4,
        Judgement.ENDED: 5,
        Judgement.LAPSED: 6,
    }
    return said.get(looked.judgement, 1)


def _worth(one: "SignatureFound | PackSeal") -> str:
    """When it was made, and what it is worth."""
    if one.ended is not None:
        made = f"{one.ended.stamped_at:%Y-%m-%d %H:%M:%S %Z}"
        return f"{made}: held then; its timestamp's certificate ended on {one.ended.at:%Y-%m-%d}"
    made = f"{one.stamped_at:%Y-%m-%d %H:%M:%S %Z}" if one.stamped_at else "no timestamp"
    return f"{made}: {one.why or 'holds'}"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its offset")
    return moment
