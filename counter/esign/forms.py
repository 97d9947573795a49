"""What a form is: its fields, who fills each in, for which services, and what it demands.

A form is a template (`templates/<id>.typ`) and this description (`templates/<id>.json`).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from counter.esign.form_refusals import (
    DataMissing,
    DataTooLong,
    DataWrong,
    FieldUnknown,
    FormUnknown,
    GlyphMissing,
    PhysicalPresence,
)
from counter.esign.glyphs import GlyphTable
from counter.esign.typed import Kind, NumberRule, Problem, TypedField, problem_of, tidy

Language = Literal["zh-Hant", "zh-Hans", "pt", "en"]

FormData = Mapping[str, str]
"Text by field name."

Owner = Literal["agent", "citizen", "counter"]
"Who writes a field: nobody else can."

Known = Literal["name", "name_latin", "paper_number", "birth"]
"What the case may know of the citizen; the first draft of a field holds it."

COUNTER_FIELDS = ("department_name", "service_name", "case_number", "date")
"Fields that every form has: the counter fills them in itself."


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InLanguages(_Described):
    """One text in the four languages of every face."""

    zh_hant: Annotated[str, Field(alias="zh-Hant", min_length=1, max_length=400)]
    zh_hans: Annotated[str, Field(alias="zh-Hans", min_length=1, max_length=400)]
    pt: Annotated[str, Field(min_length=1, max_length=400)]
    en: Annotated[str, Field(min_length=1, max_length=400)]

    def in_(self, language: Language) -> str:
        """The text in `language`."""
        texts = {"zh-Hant": self.zh_hant, "zh-Hans": self.zh_hans, "pt": self.pt, "en": self.en}
        return texts[language]


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"Of a field, a choice or a form."


class FormChoice(_Described):
    """One of the answers that a field offers."""

    id: Name
    label: InLanguages


class FormField(_Described):
    """One field of a form."""

    name: Name
    label: InLanguages
    kind: Kind = "text"
    required: bool
    max_length: Annotated[int, Field(ge=1, le=500)]
    filled_by: Owner
    """The counter fills in what it knows itself: department, service, case number, date."""
    lines: bool = False
    """Whether it may hold more than one line."""
    choices: Annotated[tuple[FormChoice, ...], Field(max_length=12)] = ()
    number: NumberRule = "any"
    """With kind `id_number`: which numbers there are, and by which digit they are checked."""
    whole: bool = False
    """With kind `number`: a number without cents, such as of copies."""
    minimum: Annotated[int, Field(ge=0, le=999_999)] = 0
    """With kind `number`: the least that is right."""
    known: Known | None = None
    """What the case knows and the field begins with; its owner may write over it."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.choices) != (self.kind == "choice"):
            raise ValueError(f"{self.name}: choices belong to kind choice, and it needs them")
        if len({one.id for one in self.choices}) != len(self.choices):
            raise ValueError(f"{self.name}: two choices of the same id")
        if self.lines and self.kind != "text":
            raise ValueError(f"{self.name}: only text has lines")
        if self.number != "any" and self.kind != "id_number":
            raise ValueError(f"{self.name}: `number` belongs to kind id_number")
        if (self.whole or self.minimum) and self.kind != "number":
            raise ValueError(f"{self.name}: `whole` and `minimum` belong to kind number")
        return self

    @property
    def rule(self) -> TypedField:
        """What is checked while somebody types."""
        return TypedField(
            kind=self.kind,
            required=self.required,
            max_length=self.max_length,
            choices=tuple(one.id for one in self.choices),
            number=self.number,
            whole=self.whole,
            minimum=self.minimum,
        )


class FormTemplate(_Described):
    """A form as departments know it."""

    id: Name
    version: Annotated[int, Field(ge=1)]
    title: InLanguages
    region: Literal["TW", "CN"]
    """Whose shapes of Han characters its letters take: Traditional or Simplified."""
    jurisdictions: Annotated[tuple[Literal["macau", "hengqin"], ...], Field(min_length=1)]
    """Whose departments use it."""
    departments: tuple[str, ...] = ()
    """Which of them; none: all."""
    services: tuple[str, ...] = ()
    """For which services; none: for each that has no form of its own."""
    fields: Annotated[tuple[FormField, ...], Field(min_length=1, max_length=60)]
    minimum_class: Literal["simple", "advanced", "qualified"] = "simple"
    """The class of signature that the form demands."""
    acts: Literal["handwritten", "certificate", "both"] = "handwritten"
    """How the citizen signs."""
    physical_presence: bool = False
    """The law wants the signer there in person: it is refused here."""
    minimum_level: Literal["L0", "L1", "L2", "L3"] = "L0"
    """How surely it must be known who signs."""
    statements: tuple[InLanguages, ...] = ()
    """What the paper says beside its fields, in its order: read out, and to screen readers."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [field.name for field in self.fields]
        if len(set(names)) != len(names):
            raise ValueError("two fields of the same name")
        if any(
            not any(one.name == name and one.filled_by == "counter" for one in self.fields)
            for name in COUNTER_FIELDS
        ):
            raise ValueError(f"the counter fills in {', '.join(COUNTER_FIELDS)}: describe them")
        return self

    def field(self, name: str) -> FormField:
        """One field.  Raises `FieldUnknown`."""
        for one in self.fields:
            if one.name == name:
                return one
        raise FieldUnknown(f"{self.id} has no such field")

    @property
    def typed(self) -> tuple[FormField, ...]:
        """The fields that people fill in."""
        return tuple(field for field in self.fields if field.filled_by != "counter")


class OwnForm(FormTemplate):
    """A department's own form, which brings its template along."""

    typst: str
    department: str


class Forms:
    """The forms there are: the product's, and beside them those of the departments."""

    def __init__(self, templates: Iterable[FormTemplate]) -> None:
        self._shipped = tuple(templates)
        self.show((), {})

    def show(
        self,
        own: Iterable[OwnForm],
        in_use: Mapping[str, int],
        lost: Collection[tuple[str, int]] = (),
    ) -> None:
        """From now on these are the departments' own.

        own: all versions.  in_use: which version of a form is offered; the others are only known.
        lost: versions by form that nobody can read: no other one stands for them.
        """
        self._lost = frozenset(lost)
        every = sorted((*own, *self._shipped), key=lambda one: one.version)
        self._versions = {(one.id, one.version): one for one in every}
        self._newest = {one.id: one for one in every}
        offered = {one.id: one for one in every if in_use.get(one.id) == one.version}
        self._by_id = {**offered, **{one.id: one for one in self._shipped}}

    @property
    def shipped(self) -> frozenset[str]:
        """Ids that belong to the product."""
        return frozenset(one.id for one in self._shipped)

    def all(self) -> tuple[FormTemplate, ...]:
        """Every form that is offered, in the order of their ids."""
        return tuple(self._by_id[form_id] for form_id in sorted(self._by_id))

    def of(self, form_id: str, version: int | None = None) -> FormTemplate:
        """The form of this id, in this version if it is known.  Raises `FormUnknown`.

        Without a version, or with one that was never kept: the offered one, else the newest.
        """
        found = self.known(form_id, version)
        if found is None:
            raise FormUnknown("there is no such form; see what forms() offers")
        return found

    def known(self, form_id: str, version: int | None = None) -> FormTemplate | None:
        """The same; None of a form that is gone, or of a version that cannot be read."""
        if version is not None and (form_id, version) in self._lost:
            return None
        found = self._versions.get((form_id, version)) if version is not None else None
        return found or self._by_id.get(form_id) or self._newest.get(form_id)

    def title(self, form_id: str, language: Language) -> str:
        """Its title; the id itself of a form that is not known, whose documents remain."""
        form = self.known(form_id)
        return form.title.in_(language) if form is not None else form_id

    def for_service(
        self, department_side: str, department: str | None = None, service: str | None = None
    ) -> tuple[FormTemplate, ...]:
        """Forms of a department's side (`macau` or `hengqin`), the service's own first.

        Where a service has forms of its own, the general ones come after; forms of other services
        and departments do not come.
        """
        ours = [
            form
            for form in self.all()
            if department_side in form.jurisdictions
            and (department is None or not form.departments or department in form.departments)
            and (service is None or not form.services or service in form.services)
        ]
        return tuple(sorted(ours, key=lambda form: not (form.services or form.departments)))


def require_at_a_distance(form: FormTemplate) -> None:
    """Raise `PhysicalPresence` for a form that may not be signed here."""
    if form.physical_presence:
        raise PhysicalPresence(f"{form.id} is signed in person only; book at the department")


def check(form: FormTemplate, data: FormData, glyphs: GlyphTable) -> dict[str, str]:
    """The data as it will be printed: normalised (NFC), trimmed, every field present.

    Raises `PhysicalPresence` whatever the data; then `FieldUnknown`, `DataMissing`, `DataTooLong`,
    `GlyphMissing`, `DataWrong`, in this order, each naming all fields it is about.
    """
    require_at_a_distance(form)
    known = {field.name: field for field in form.fields}
    if set(data) - set(known):
        raise FieldUnknown(
            f"{form.id} has no field of {len(set(data) - set(known))} that were sent"
        )
    clean = {name: tidy(data.get(name, ""), lines=field.lines) for name, field in known.items()}
    found = {name: problem_of(known[name].rule, text, glyphs) for name, text in clean.items()}

    def of(problem: Problem) -> list[str]:
        return [name for name, one in found.items() if one is problem]

    if missing := of(Problem.MISSING):
        raise DataMissing(missing)
    if long := of(Problem.TOO_LONG):
        raise DataTooLong(long)
    if boxes := of(Problem.GLYPH):
        raise GlyphMissing({name: glyphs.missing(clean[name]) for name in boxes})
    if wrong := {name: one.value for name, one in found.items() if one is not None}:
        raise DataWrong(wrong)
    return clean
