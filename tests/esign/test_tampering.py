"""A corpus of changed documents: each is refused, and nothing that is sound is."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import x509

from counter.__main__ import main
from counter.esign.forms import Forms
from counter.esign.judging import Judgement, judge
from counter.esign.keys_files import load_certificate
from counter.esign.pdf_refusals import PdfRefused
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import Manifest, Signer
from counter.esign.verify_pyhanko import LEAKS
from tests.esign.conftest import FILLED, NOW, SealedForm, seal
from tests.esign.signed_forms import (
    archived,
    certificate_digest,
    stamped,
    with_text_field,
)
from tests.esign.tampering import (
    ARCHIVE_ATTACKS,
    ATTACKS,
    SHADOW_ATTACKS,
    change_text,
    signed_by,
    with_shadow,
)

HOLDS = {Judgement.SOUND, Judgement.UNCOMPARED}
PARTS = 5
"Of the corpus, so that no test takes long."
NOT_OURS_ANY_MORE = {"the signatures hidden", "another document around it"}
"What is left has no signature."
NOTHING_SHOWN = {"bytes behind the end", "a comment behind the end", "an end that is missing"}
"Nothing that a reader shows: only the record tells that these are other bytes."


@pytest.fixture
def roots(pki: DevelopmentPki) -> list[x509.Certificate]:
    return [load_certificate(path.read_bytes()) for path in pki.roots]


@pytest.fixture(scope="session")
def once() -> dict[str, bytes]:
    """What was signed for one test here serves the others."""
    return {}


@pytest.fixture
async def sealed(
    once: dict[str, bytes], pool: SignPool, stamps: HttpStamps, forms: Forms, prepared: bytes
) -> bytes:
    if "sealed" not in once:
        chosen, data = forms.of("certificate_application"), {**FILLED, "remarks": ""}
        made = await seal(pool, stamps, prepared, chosen, data, signed_at=NOW, now=NOW)
        once["sealed"] = made.sealed
    return once["sealed"]


@pytest.fixture
async def later(
    once: dict[str, bytes], sealed: bytes, pki: DevelopmentPki, stamps: HttpStamps
) -> bytes:
    """The same, archived."""
    if "later" not in once:
        once["later"] = await archived(sealed, pki, stamps)
    return once["later"]


@pytest.fixture
async def shadowed(
    once: dict[str, bytes], pool: SignPool, stamps: HttpStamps, forms: Forms, prepared: bytes
) -> bytes:
    """A sealed form whose author had prepared something else below."""
    if "shadowed" not in once:
        chosen, data = forms.of("certificate_application"), {**FILLED, "remarks": ""}
        base = with_shadow(prepared)
        made = await seal(pool, stamps, base, chosen, data, signed_at=NOW, now=NOW)
        once["shadowed"] = made.sealed
    return once["shadowed"]


async def below_a_timestamp(pdf: bytes, stamps: HttpStamps) -> bytes | None:
    """Covered by a service that we trust; None when nobody can read it any more."""
    try:
        return await stamped(pdf, stamps)
    except LEAKS:
        return None


async def judged(
    pdf: bytes, roots: list[x509.Certificate], manifest: Manifest | None = None
) -> Judgement:
    try:
        found = await validate(pdf, roots, NOW)
    except PdfRefused:
        return Judgement.BROKEN
    return judge(found, manifest, asked=manifest is not None)


def record_of(pki: DevelopmentPki, *documents: bytes) -> Manifest:
    return Manifest(
        ceremony_id="c",
        signers=(
            Signer(field="Origin", certificate_sha256=certificate_digest(pki.seal)),
            Signer(field="Citizen", certificate_sha256=certificate_digest(pki.witness)),
            Signer(field="Agent", certificate_sha256=certificate_digest(pki.agent)),
            Signer(field="Seal", certificate_sha256=certificate_digest(pki.seal)),
        ),
        sha256s=frozenset(hashlib.sha256(one).hexdigest() for one in documents),
    )


async def test_what_was_not_touched_is_sound(
    sealed: bytes, later: bytes, roots: list[x509.Certificate], pki: DevelopmentPki
) -> None:
    assert await judged(sealed, roots) == Judgement.UNCOMPARED
    assert await judged(later, roots) == Judgement.UNCOMPARED
    record = record_of(pki, sealed, later)
    assert await judged(sealed, roots, record) == Judgement.SOUND
    assert await judged(later, roots, record) == Judgement.SOUND
    assert (await validate(sealed, roots, NOW)).level == "B_T"
    assert [one.kind for one in (await validate(later, roots, NOW)).signatures] == [
        *["signature"] * 4,
        "timestamp",
    ]


async def test_what_nothing_shows_is_noticed_without_the_record(
    sealed: bytes, roots: list[x509.Certificate]
) -> None:
    found = {name: await judged(ATTACKS[name](sealed), roots) for name in sorted(NOTHING_SHOWN)}
    assert [name for name, what in found.items() if what in HOLDS] == []


@pytest.mark.parametrize(
    "attacks",
    [
        pytest.param(ARCHIVE_ATTACKS, id="on the archive"),
        pytest.param(ATTACKS, id="on the rest", marks=pytest.mark.deep),
    ],
)
async def test_every_attack_on_an_archived_document_is_noticed_without_the_record(
    attacks: dict[str, Callable[[bytes], bytes]], later: bytes, roots: list[x509.Certificate]
) -> None:
    found = {name: await judged(attack(later), roots) for name, attack in attacks.items()}
    assert [name for name, what in found.items() if what in HOLDS] == []


@pytest.mark.parametrize("part", range(PARTS))
async def test_a_trusted_timestamp_on_top_makes_no_attack_good(
    sealed: bytes, roots: list[x509.Certificate], stamps: HttpStamps, part: int
) -> None:
    """It covers the whole file: then nothing is appended, and only the rules tell."""
    untouched = await below_a_timestamp(sealed, stamps)
    assert untouched is not None
    assert await judged(untouched, roots) == Judgement.UNCOMPARED
    found, unreadable = {}, set()
    attacks = dict(list(ATTACKS.items())[part::PARTS])
    for name, attack in attacks.items():
        top = await below_a_timestamp(attack(sealed), stamps)
        if top is None:
            unreadable.add(name)
            continue
        found[name] = await judged(top, roots)
    left = {name: what for name, what in found.items() if what is not Judgement.BROKEN}
    unsigned = {name for name, what in left.items() if what is Judgement.UNSIGNED}
    assert unsigned == NOT_OURS_ANY_MORE & set(attacks)
    assert set(left) - NOT_OURS_ANY_MORE <= NOTHING_SHOWN
    assert unreadable <= NOTHING_SHOWN


async def test_what_a_form_s_author_had_prepared_below_is_noticed(
    shadowed: bytes, roots: list[x509.Certificate], stamps: HttpStamps
) -> None:
    assert await judged(shadowed, roots) == Judgement.UNCOMPARED
    for name, attack in SHADOW_ATTACKS.items():
        changed = attack(shadowed)
        assert await judged(changed, roots) not in HOLDS, name
        top = await below_a_timestamp(changed, stamps)
        assert top is not None, name
        # Another catalogue has other fields: what it shows was signed by nobody.
        worth = Judgement.UNSIGNED if name == "a hidden catalogue" else Judgement.BROKEN
        assert await judged(top, roots) == worth, name


async def test_a_text_field_that_is_filled_anew_is_noticed(
    done_with_text: bytes, roots: list[x509.Certificate]
) -> None:
    assert await judged(done_with_text, roots) == Judgement.UNCOMPARED
    assert await judged(change_text(done_with_text), roots) == Judgement.BROKEN


async def test_what_is_only_half_signed_is_strange(
    done: SealedForm, roots: list[x509.Certificate], pki: DevelopmentPki
) -> None:
    for half in (done.certified, done.signed, done.witnessed):
        assert await judged(half, roots) == Judgement.STRANGE
    assert await judged(done.signed, roots, record_of(pki, done.signed)) == Judgement.STRANGE


async def test_a_stranger_s_signature_that_nobody_sees_is_noticed(
    sealed: bytes, roots: list[x509.Certificate], tmp_path: Path, pki: DevelopmentPki
) -> None:
    strangers = ensure(tmp_path / "strangers", NOW).seal
    for who in (strangers, pki.seal):
        forged = await signed_by(who, sealed)
        assert await judged(forged, roots) not in HOLDS
        assert await judged(forged, roots, record_of(pki, forged)) not in HOLDS


async def test_a_document_signed_by_other_keys_than_the_record_says_is_strange(
    sealed: bytes, roots: list[x509.Certificate], pki: DevelopmentPki
) -> None:
    record = record_of(pki, sealed)
    other = Manifest(
        ceremony_id="c",
        signers=record.signers[:2] + record.signers[:1] + record.signers[3:],
        sha256s=record.sha256s,
    )
    assert await judged(sealed, roots, other) == Judgement.STRANGE


async def test_a_document_that_was_not_given_out_here_is_unknown(
    sealed: bytes, roots: list[x509.Certificate], pki: DevelopmentPki
) -> None:
    found = await validate(sealed, roots, NOW)
    assert judge(found, None, asked=True) == Judgement.UNKNOWN
    assert judge(found, record_of(pki, b"other"), asked=True) == Judgement.UNKNOWN


async def test_a_stranger_s_document_is_never_called_ours(
    prepared: bytes, roots: list[x509.Certificate], pki: DevelopmentPki, tmp_path: Path
) -> None:
    strangers = ensure(tmp_path / "strangers", NOW)
    theirs = [load_certificate(path.read_bytes()) for path in strangers.roots]
    foreign = await signed_by(strangers.seal, with_text_field(prepared))
    assert await judged(foreign, roots) == Judgement.UNTRUSTED
    assert await judged(foreign, theirs) == Judgement.UNCOMPARED
    # What a form's filling changes is allowed by who signed, and is not "intact" all the same.
    assert await judged(change_text(foreign), theirs) == Judgement.CHANGED
    assert await judged(foreign + b"more", theirs) == Judgement.APPENDED
    assert await judged(prepared, roots) == Judgement.UNSIGNED


async def test_the_command_line_says_it_in_one_line(
    sealed: bytes, pki: DevelopmentPki, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(pdf: bytes) -> tuple[int, str]:
        file = tmp_path / "form.pdf"
        file.write_bytes(pdf)
        root = str(pki.roots[0])
        words = ["--root", root, "--at", NOW.isoformat(), "--data", str(tmp_path / "var")]
        status = main(["verify", str(file), *words])
        return status, capsys.readouterr().out.partition("\n")[0]

    assert await asyncio.to_thread(told, sealed) == (
        3,
        "NOT COMPARED: the signatures hold; --record tells if it is one of ours",
    )
    status, said = await asyncio.to_thread(told, ATTACKS["a page painted over"](sealed))
    assert status == 1 and said.startswith("NOT VALID")
    assert (await asyncio.to_thread(told, b"no PDF"))[0] == 2
