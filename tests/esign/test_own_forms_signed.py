"""A form that a department published itself, signed from the store to its four signatures."""

import io
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from typing import Any, cast

import pypdfium2
import pytest

from counter.esign.check_pool import CheckPool
from counter.esign.draw_process import DrawProcesses
from counter.esign.form_ports import OwnDrawn
from counter.esign.form_refusals import DescriptionWrong, FormUndrawable, FormUnknown
from counter.esign.form_typst import TEMPLATES, shipped_forms
from counter.esign.forms import Forms, Language, OwnForm
from counter.esign.glyphs import GlyphTable
from counter.esign.own_forms import SETTLING, FormVersion, Owner, digest_of, kept_form
from counter.esign.own_forms_service import OwnFormsService
from counter.esign.pki_development import DevelopmentPki
from counter.esign.reading_service import ReadingService
from counter.esign.readings_sql import SqlReadings
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import SignerUnavailable
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_forms import SqlForms
from counter.esign.ticket import FIELDS
from counter.ids import Digest
from counter.store.executor import Executor
from tests.esign.ceremonies import CASE, SigningCounter, signing_counter
from tests.esign.conftest import FILLED, NOW, STROKES

DSI = Owner(id="dsi", side="macau", services=frozenset({"dsi-criminal-record"}))
SENTENCE = "Only this department says this."
TYPST = (
    (TEMPLATES / "certificate_application.typ")
    .read_text()
    .replace("#signing()", f"{SENTENCE}\n#signing()")
)


def described(**changed: object) -> str:
    said = json.loads((TEMPLATES / "certificate_application.json").read_text())
    return json.dumps({**said, "id": "dsi_own", **changed})


class Press(DrawProcesses):
    """The real one, which notes what it was asked to draw."""

    def __init__(self) -> None:
        super().__init__("counter.app.form_child", patience_seconds=240)
        self.drew: list[int] = []

    async def draw(
        self,
        form: OwnForm,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        specimen: bool = False,
    ) -> OwnDrawn:
        if not specimen:
            self.drew.append(form.version)
        return await super().draw(form, data, language, now, specimen=specimen)


class Watched(SignPool):
    """The worker with the keys, and all that it was given."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.given: list[tuple[str, str]] = []

    async def _run(self, job: str, *args: Any, **kwargs: Any) -> Any:
        self.given.append((job, repr([one for one in args if not isinstance(one, bytes)])))
        return await super()._run(job, *args, **kwargs)


class Department:
    """A counter of signing that shows what a department published."""

    def __init__(
        self,
        counter: SigningCounter,
        reading: ReadingService,
        forms: Forms,
        own: OwnFormsService,
        store: SqlForms,
    ) -> None:
        self.counter = counter
        self.esign = counter.esign
        self.reading = reading
        self.forms = forms
        self._own = own
        self._store = store
        self.time = NOW

    async def publish(self, description: str, typst: str, seen: int = 0) -> None:
        """As a supervisor does it: looked at, published, and then waited for."""
        looked = await self._own.preview(DSI, description, typst)
        await self._own.publish(
            DSI, description, typst, looked_at=looked.sha256, seen=seen, by="supervisor:mok"
        )
        await self._settle()

    async def publish_unseen(self, description: str, typst: str) -> None:
        """What the preview would refuse, as a store from elsewhere may hold it."""
        new = FormVersion(
            form="dsi_own",
            version=1,
            department="dsi",
            description=description,
            typst=typst,
            sha256=digest_of(description, typst),
            state="published",
            by="supervisor:mok",
            at=self.time,
        )
        await self._store.publish(new, seen=0)
        await self._settle()

    async def retire(self, version: int) -> None:
        await self._own.retire("dsi", "dsi_own", version, by="supervisor:mok")
        await self._settle()

    async def restart(self) -> None:
        """As a node that starts and reads every version anew."""
        made = OwnFormsService(
            self._store,
            cast(Any, None),
            self.forms,
            cast(Any, None),
            lambda: self.time,
        )
        await made.refresh()

    async def _settle(self) -> None:
        self.time += SETTLING
        await self._own.refresh()

    async def present(self) -> str:
        return await self.esign.present(CASE, "dsi_own", FILLED, "zh-Hant", by="agent:a", now=NOW)

    async def sign(self, ceremony_id: str) -> Digest:
        """Read, agree, sign; the digest of the sealed document."""
        (state,) = await self.esign.ceremonies(CASE)
        for sheet in state.sheets:
            await self.esign.page_seen(CASE, ceremony_id, sheet.page, NOW)
        await self.esign.consent(CASE, ceremony_id, state.sha256, NOW)
        done = await self.esign.sign(CASE, ceremony_id, state.sha256, STROKES, NOW)
        return done.sha256

    async def paper(self) -> str:
        """What the document says that is on the screen."""
        (state,) = await self.esign.ceremonies(CASE)
        return text_of(await self.counter.blobs.get(state.sha256))


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        return "".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


@pytest.fixture(scope="module")
async def press() -> AsyncIterator[Press]:
    made = Press()
    yield made
    await made.close()


@pytest.fixture(scope="module")
async def studio(pki: DevelopmentPki, press: Press) -> AsyncIterator[Watched]:
    made = Watched(pki.signing, press)
    await made.warm()
    yield made
    await made.close()


@pytest.fixture
async def department(
    executor: Executor,
    examiner: CheckPool,
    press: Press,
    studio: Watched,
    stamps: HttpStamps,
    glyphs: GlyphTable,
    new_id: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> Department:
    # Nothing here hangs, however busy the machine is.
    monkeypatch.setattr("counter.esign.stamps_http.PATIENCE_S", 60.0)
    press.drew.clear()
    studio.given.clear()
    forms = shipped_forms()  # its own: what is published is shown to it
    counter = await signing_counter(executor, examiner, studio, stamps, forms, glyphs, new_id)
    store = SqlForms(executor=executor)
    own = OwnFormsService(store, press, forms, glyphs, lambda: made.time)
    reading = ReadingService(
        readings=SqlReadings(executor=executor, audiences=lambda conn, case_id: []),
        blobs=counter.blobs,
        forms=forms,
        glyphs=glyphs,
        draw=counter.esign.draw,
        certify=counter.esign.certifying.certify,
        clock=lambda: NOW,
    )
    made = Department(counter, reading, forms, own, store)
    return made


@pytest.mark.one_engine
async def test_it_is_drawn_far_from_the_keys_and_gets_four_sound_signatures(
    department: Department, press: Press, studio: Watched
) -> None:
    await department.publish(described(), TYPST)
    ceremony_id = await department.present()
    assert SENTENCE in await department.paper()
    assert press.drew == [1]
    sealed = await department.sign(ceremony_id)

    verdicts = await department.esign.verify(CASE, sealed, NOW)
    assert [one.field for one in verdicts] == list(FIELDS)
    assert all(one.sound for one in verdicts)
    assert verdicts[-1].covers_file
    pdf = await department.counter.blobs.get(sealed)
    assert SENTENCE in text_of(pdf)
    (address,) = department.counter.addresses
    found = (await department.counter.checks.check(pdf, address.rpartition("/")[2], NOW)).found
    assert found.sha256 == sealed

    jobs = [job for job, _ in studio.given]
    assert "accept" in jobs and "prepare" not in jobs
    assert not any(SENTENCE in given or "OwnForm" in given for _, given in studio.given)


@pytest.mark.one_engine
async def test_what_is_under_way_is_of_the_version_that_was_read(
    department: Department, press: Press
) -> None:
    await department.publish(described(), TYPST)
    ceremony_id = await department.present()
    stricter = described(region="CN", minimum_level="L3", acts="certificate")
    await department.publish(stricter, TYPST, seen=1)
    assert department.esign.form("dsi_own").version == 2
    (state,) = await department.esign.ceremonies(CASE)
    assert await department.esign.means(state) == ("handwritten",)
    assert department.esign.sealing.region(state) == "TW"
    changed = await department.reading.correct(
        CASE, ceremony_id, {"purpose": "study"}, by="agent:a"
    )
    assert changed == ("purpose",)
    assert press.drew == [1, 1]
    sealed = await department.sign(ceremony_id)
    said = text_of(await department.counter.blobs.get(sealed))
    assert "dsi_own 1" in said
    assert all(one.sound for one in await department.esign.verify(CASE, sealed, NOW))


@pytest.mark.one_engine
@pytest.mark.parametrize("agreed", [False, True])
async def test_no_older_version_stands_for_one_that_a_newer_release_cannot_read(
    department: Department, press: Press, monkeypatch: pytest.MonkeyPatch, *, agreed: bool
) -> None:
    """What is under way of it can be taken back only."""
    await department.publish(described(), TYPST)
    await department.publish(described(region="CN"), TYPST, seen=1)
    esign, ceremony_id = department.esign, await department.present()
    (state,) = await esign.ceremonies(CASE)
    assert state.form_version == 2
    for sheet in state.sheets:
        await esign.page_seen(CASE, ceremony_id, sheet.page, NOW)
    if agreed:
        await esign.consent(CASE, ceremony_id, state.sha256, NOW)

    def stricter(one: FormVersion) -> OwnForm:
        if one.version == 2:
            raise DescriptionWrong([("region", "value")])
        return kept_form(one)

    monkeypatch.setattr("counter.esign.own_forms_service.kept_form", stricter)
    await department.restart()
    (before,) = await esign.ceremonies(CASE)
    with pytest.raises(FormUnknown):
        await esign.means(before)
    sign = partial(esign.sign, CASE, ceremony_id, state.sha256, STROKES, NOW)
    consent = partial(esign.consent, CASE, ceremony_id, state.sha256, NOW)
    with pytest.raises(FormUnknown):
        await (sign() if agreed else consent())
    with pytest.raises(FormUnknown):
        await department.reading.correct(CASE, ceremony_id, {"purpose": "study"}, by="agent:a")
    assert tuple(await esign.ceremonies(CASE)) == (before,), "nothing changed"
    assert press.drew == [2]
    await esign.withdraw(CASE, ceremony_id, by="agent:a", now=NOW)
    (after,) = await esign.ceremonies(CASE)
    assert after.state == "withdrawn"


@pytest.mark.one_engine
async def test_what_was_retired_meanwhile_is_signed_to_its_end(department: Department) -> None:
    await department.publish(described(), TYPST)
    ceremony_id = await department.present()
    await department.retire(1)
    assert "dsi_own" not in [one.id for one in department.esign.forms("macau")]
    assert department.forms.title("dsi_own", "en") != "dsi_own"
    sealed = await department.sign(ceremony_id)
    assert len(await department.esign.verify(CASE, sealed, NOW)) == len(FIELDS)


@pytest.mark.parametrize(
    ("source", "refused"),
    [
        ('#read("fss_proof_of_life.json")', FormUndrawable),
        ('#{let s = "x"; for i in range(40) { s = s + s }}', SignerUnavailable),
    ],
)
@pytest.mark.one_engine
async def test_a_template_that_breaks_out_or_down_is_not_presented(
    department: Department, source: str, refused: type[Exception]
) -> None:
    await department.publish_unseen(described(), f"{TYPST}\n{source}")
    with pytest.raises(refused):
        await department.present()
    assert await department.esign.ceremonies(CASE) == ()
