"""Departments' own forms: looked at, published, retired, and known to this node.

What is published was drawn once more, and is what was looked at; between the two nothing is kept.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from counter.errors import Refusal
from counter.esign.form_ports import OwnFormsStore, OwnPress, PageImage
from counter.esign.form_refusals import DescriptionWrong, PreviewFirst, TemplateTooHeavy
from counter.esign.forms import Forms, OwnForm, check
from counter.esign.glyphs import GlyphTable
from counter.esign.own_forms import (
    DESCRIPTION_MAX,
    TEMPLATE_MAX,
    FormVersion,
    Owner,
    digest_of,
    in_use,
    kept_form,
    own_form,
    specimen,
)
from counter.ids import Digest

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 1.0
"Much less than `own_forms.SETTLING`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """A form as it would be, with invented texts."""

    form: OwnForm
    sha256: Digest
    pages: tuple[PageImage, ...]


class OwnFormsService:
    """See the module."""

    def __init__(
        self,
        store: OwnFormsStore,
        press: OwnPress,
        forms: Forms,
        glyphs: GlyphTable,
        clock: Callable[[], datetime],
    ) -> None:
        """forms: told of every version, so that whoever has them sees what is published."""
        self._store = store
        self._press = press
        self._forms = forms
        self._glyphs = glyphs
        self._clock = clock
        self._mark: tuple[int, int] | None = None
        self._kept: Sequence[FormVersion] = ()
        "With those that cannot be read as retired."
        self._lost: frozenset[tuple[str, int]] = frozenset()
        "Those that cannot be read."
        self._parsed: dict[tuple[str, int], OwnForm] = {}
        self._offered: Mapping[str, int] | None = None
        "Which version of each form, by its id; None before the first look."

    async def preview(self, owner: Owner, description: str, typst: str) -> Previewed:
        """Draw it with invented texts.

        Raises `DescriptionWrong`, `FormIdTaken`, `TemplateWrong`, `TemplateUnfit`,
        `TemplateTooHeavy`.
        """
        if len(description) > DESCRIPTION_MAX or len(typst) > TEMPLATE_MAX:
            raise TemplateTooHeavy("the texts are too long")
        form = own_form(owner, description, typst, 1, self._forms.shipped)
        data = specimen(form)
        if not form.physical_presence:
            try:
                check(form, data, self._glyphs)
            except Refusal as error:  # a field that takes no text that there is
                raise DescriptionWrong([(str(error), "value")]) from error
        drawn = await self._press.draw(form, data, "zh-Hant", self._clock(), specimen=True)
        return Previewed(form=form, sha256=digest_of(description, typst), pages=drawn.pages)

    async def publish(
        self, owner: Owner, description: str, typst: str, *, looked_at: str, seen: int, by: str
    ) -> FormVersion:
        """Offer it from now on; answers the version.

        looked_at: the digest of the preview.  seen: the version it was made from; 0: none.
        Raises what `preview` raises, `PreviewFirst`, `FormChanged`.
        """
        previewed = await self.preview(owner, description, typst)
        if previewed.sha256 != looked_at:
            raise PreviewFirst("these are not the texts of the preview")
        new = FormVersion(
            form=previewed.form.id,
            version=seen + 1,
            department=owner.id,
            description=description,
            typst=typst,
            sha256=previewed.sha256,
            state="published",
            by=by,
            at=self._clock(),
        )
        number = await self._store.publish(new, seen=seen)
        await self.refresh()
        return next(
            one
            for one in await self._store.versions(owner.id)
            if (one.form, one.version) == (new.form, number)
        )

    async def retire(self, department: str, form: str, version: int, *, by: str) -> None:
        """Offer it no more.  Raises `FormUnknown`, `FormChanged`."""
        await self._store.retire(department, form, version, by=by, now=self._clock())
        await self.refresh()

    async def versions(self, department: str) -> Sequence[FormVersion]:
        """Every version of its forms, by form and number."""
        return await self._store.versions(department)

    async def refresh(self) -> None:
        """Let this node know what is in the store; what cannot be read is not offered."""
        mark, now = await self._store.mark(), self._clock()
        lost: list[FormVersion] = []
        if mark != self._mark:
            kept = await self._store.versions()
            unread = [one for one in kept if not self._readable(one)]
            lost = [one for one in unread if one.state == "published"]
            self._lost = frozenset(map(_key, unread))
            self._kept = [replace(one, state="retired") if one in unread else one for one in kept]
        offered = in_use(self._kept, now)
        if self._kept:
            self._forms.show(self._parsed.values(), offered, self._lost)
        if mark != self._mark:
            await self._store.tell_unreadable(lost, now)
            self._mark = mark
        if self._offered is not None and self._offered != offered:
            # Desks that are open show it without being asked.
            changed = {form for form, _ in self._offered.items() ^ offered.items()}
            departments = {one.department for one in self._kept if one.form in changed}
            await self._store.tell_desks(sorted(departments), now)
        self._offered = offered

    def _readable(self, one: FormVersion) -> bool:
        """Whether it is among the forms that are known now."""
        if _key(one) not in self._parsed:
            try:
                self._parsed[_key(one)] = kept_form(one)
            except DescriptionWrong as error:
                where = "; ".join(place for place, _ in error.problems)
                log.error("form %s, version %d: cannot be read: %s", one.form, one.version, where)
                return False
        return True

    async def follow_for_ever(self) -> None:
        """Refresh, again and again."""
        while True:
            try:
                await self.refresh()
            except Exception as error:
                log.warning("departments' own forms: not looked at: %s", type(error).__name__)
            await asyncio.sleep(LOOK_AGAIN_S)


def _key(one: FormVersion) -> tuple[str, int]:
    return one.form, one.version
