"""Why a form was not drawn, not filled in or not published."""

from collections.abc import Mapping, Sequence

from counter.errors import BadInput, NotAllowed, NotAllowedNow, NotFound


class FormUnknown(NotFound):
    """There is no such form."""

    code = "form_unknown"


class DataMissing(BadInput):
    """Required fields are empty.  Advice: fill them in and present the form again."""

    code = "data_missing"
    status = 422

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"required and empty: {', '.join(names)}")
        self.names = tuple(names)


class DataTooLong(BadInput):
    """Fields hold more than their box on the paper.  Advice: shorten them."""

    code = "data_too_long"
    status = 422

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"longer than the form allows: {', '.join(names)}")
        self.names = tuple(names)


class DataWrong(BadInput):
    """Fields hold what they cannot mean: no such day, no such number.  Advice: correct them."""

    code = "data_wrong"
    status = 422

    def __init__(self, by_field: Mapping[str, str]) -> None:
        named = ", ".join(f"{name} ({why})" for name, why in by_field.items())
        super().__init__(f"not what the form asks for: {named}")
        self.by_field = dict(by_field)
        "What is wrong, as `counter.esign.typed.Problem`, by name of the field."

    def __reduce__(self) -> tuple[type["DataWrong"], tuple[dict[str, str]]]:
        return type(self), (self.by_field,)


class FieldUnknown(BadInput):
    """A field was sent that the form does not have."""

    code = "field_unknown"
    status = 422


class GlyphMissing(BadInput):
    """The font cannot draw a character.  Better no form than a form with a box in a name."""

    code = "glyph_missing"
    status = 422

    def __init__(self, by_field: Mapping[str, str]) -> None:
        # Which character is part of somebody's name: it goes to the page, never into the text.
        super().__init__(f"characters that cannot be drawn in: {', '.join(by_field)}")
        self.by_field = dict(by_field)
        "The characters that cannot be drawn, by name of the field."


class FormUndrawable(BadInput):
    """The texts do not fit on the form: a name without room in its seal.  Advice: shorten them."""

    code = "form_undrawable"
    status = 422


class DescriptionWrong(BadInput):
    """The description of a department's own form breaks a rule.  Advice: see where."""

    code = "description_wrong"
    status = 422

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(f"{len(problems)} places of the description are wrong")
        self.problems = tuple(problems)
        "Where, and what: json, missing, extra, value, id, service."

    def __reduce__(self) -> tuple[type["DescriptionWrong"], tuple[tuple[tuple[str, str], ...]]]:
        return type(self), (self.problems,)


class TemplateWrong(BadInput):
    """Typst does not take the template of a department's own form."""

    code = "template_wrong"
    status = 422

    def __init__(self, diagnostic: str) -> None:
        super().__init__("the compiler refuses it")
        self.diagnostic = diagnostic
        "What the compiler says, with the line; in English."


class TemplateUnfit(BadInput):
    """It is drawn, but nobody could sign it, or not everybody could read it."""

    code = "template_unfit"
    status = 422

    def __init__(self, why: str, about: str = "") -> None:
        super().__init__(f"{why} {about}".strip())
        self.why, self.about = why, about
        "why: as `counter.esign.own_forms.Unfit`; about: which field."

    def __reduce__(self) -> tuple[type["TemplateUnfit"], tuple[str, str]]:
        return type(self), (self.why, self.about)


class TemplateTooHeavy(BadInput):
    """It took more time or memory than a form has; its process was ended."""

    code = "template_too_heavy"
    status = 422


class FormIdTaken(NotAllowedNow):
    """The id belongs to the product or to another department.  Advice: choose another."""

    code = "form_id_taken"


class FormChanged(NotAllowedNow):
    """Somebody published another version meanwhile.  Advice: look at it, then again."""

    code = "form_changed"


class PreviewFirst(NotAllowedNow):
    """What is to be published is not what was looked at.  Advice: look at it first."""

    code = "preview_first"


class PhysicalPresence(NotAllowedNow):
    """The law wants the signer of this form there in person (Macau Law 5/2005, art. 1(2)(5)).

    Advice: an appointment at the department's own counter.
    """

    code = "physical_presence"


class FieldNotYours(NotAllowed):
    """Each field has one who writes it: the citizen at the terminal, or the agent."""

    code = "field_not_yours"


class FormRenewed(NotAllowedNow):
    """The form was published anew since it was begun.  Advice: look at the newer one."""

    code = "form_renewed"


class DraftChanged(NotAllowedNow):
    """What was looked at is not what stands there now.  Advice: look again."""

    code = "draft_changed"


class DraftOver(NotAllowedNow):
    """This form is not being filled in any more: left, or its case has ended."""

    code = "draft_over"
