"""Which class of signature can be reached with what is at hand, and whether a form is content.

Decided before anybody reads or signs.  Ink is the department's word about a hand that it saw:
advanced when an identity document was looked at, and never qualified.  What a citizen's own
certificate gives is a setting of its provider.
Source: Macau Law 5/2005, art. 2; Regulation (EU) 910/2014, art. 26.
"""

from typing import Final, Literal

from counter.esign.forms import FormTemplate
from counter.esign.refusals import ClassOutOfReach, IdentityTooLow

SignatureClass = Literal["simple", "advanced", "qualified"]
Means = Literal["handwritten", "certificate"]

CLASSES: Final[tuple[SignatureClass, ...]] = ("simple", "advanced", "qualified")
"From weak to strong."
LEVELS: Final = ("L0", "L1", "L2", "L3")
"Of identity, likewise."
SEEN: Final = "L2"
"From here on an identity document was looked at."


def reached(means: Means, level: str, certificate: SignatureClass | None) -> SignatureClass | None:
    """What signing by these means gives; None: there are none such here.

    certificate: what the provider of citizens' certificates gives; None: none is set up.
    """
    if means == "certificate":
        return certificate
    return "advanced" if LEVELS.index(level) >= LEVELS.index(SEEN) else "simple"


def open_means(
    form: FormTemplate, level: str, certificate: SignatureClass | None
) -> tuple[Means, ...]:
    """By which means this citizen can sign this form now."""
    allowed: tuple[Means, ...] = (
        ("handwritten", "certificate") if form.acts == "both" else (form.acts,)
    )
    least = CLASSES.index(form.minimum_class)
    found = []
    for means in allowed:
        gives = reached(means, level, certificate)
        if gives is not None and CLASSES.index(gives) >= least:
            found.append(means)
    return tuple(found)


def require(form: FormTemplate, level: str, certificate: SignatureClass | None) -> None:
    """Raise `IdentityTooLow` when identifying helps, `ClassOutOfReach` when nothing here does."""
    needed = form.minimum_level
    if LEVELS.index(level) >= LEVELS.index(needed) and open_means(form, level, certificate):
        return
    if not open_means(form, LEVELS[-1], certificate):
        raise ClassOutOfReach(
            f"{form.id} demands {form.minimum_class} by {form.acts}: no means here give that"
        )
    raise IdentityTooLow(
        f"{form.id} demands {needed} and {form.minimum_class}; the citizen is known to {level}"
    )
