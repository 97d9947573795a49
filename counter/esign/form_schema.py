"""The JSON Schema of a form's data, made from its description: what programs may rely on.

Draft 2020-12.  What it accepts is what `forms.check` accepts of data that was tidied, but for two
rules that a schema cannot say: a check digit (`counter.esign.typed.digits_hold`, told in
`x-number`) and the characters that the form's font has.
"""

from typing import Any, Final

from counter.esign.forms import FormField, FormTemplate
from counter.esign.typed import NO, YES, pattern_of

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
CALENDAR_DAY: Final = (
    r"(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
"A day that there is: `format` alone only tells, it need not be checked."
NO_YEAR: Final = "0000"
"There was none."


def schema_of(form: FormTemplate) -> dict[str, Any]:
    """The schema; texts are strings, and a field that may be empty may be left out."""
    return {
        "$schema": DRAFT,
        "$id": f"urn:counter:form:{form.id}:{form.version}",
        "title": form.title.en,
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _field(field) for field in form.fields},
        "required": [field.name for field in form.fields if field.required],
    }


def _field(field: FormField) -> dict[str, Any]:
    rule: dict[str, Any] = {"type": "string", "maxLength": field.max_length}
    if field.required:
        rule["minLength"] = 1
    if field.kind == "choice":
        rule["enum"] = [one.id for one in field.choices]
    elif field.kind == "yes_no":
        rule["enum"] = [YES, NO]
    elif field.kind == "date":
        rule["format"] = "date"
        rule["pattern"] = f"^(?!{NO_YEAR}){CALENDAR_DAY}$"
    elif (pattern := pattern_of(field.rule)) is not None:
        rule["pattern"] = f"^(?:{pattern})$"
    if "enum" in rule and not field.required:
        rule["enum"].append("")
    if "pattern" in rule and not field.required:
        rule["pattern"] = f"^$|{rule['pattern']}"
    if field.kind == "id_number":
        rule["x-number"] = field.number
    return {"title": field.label.en, "x-filled-by": field.filled_by, **rule}
