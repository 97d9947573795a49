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
Acts = Literal["handwritten", "certificate", "both"]
"What is agreed to; `both`: whichever of the two the citizen chooses then."

CLASSES: Final[tuple[SignatureClass, ...]] = ("simple", "advanced", "qualified")
"From weak to strong."
MEANS: Final[tuple[Means, ...]] = ("handwritten", "certificate")
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
    form: FormTemplate,
    level: str,
    certificate: SignatureClass | None,
    agreed: Acts | None = None,
) -> tuple[Means, ...]:
    """By which means this citizen can sign this form now.

    agreed: what he has agreed to, which opens no other; None: nothing yet.
    """
    least = CLASSES.index(form.minimum_class)
    found: list[Means] = []
    for means in MEANS:
        if means not in _of(form.acts) or (agreed is not None and means not in _of(agreed)):
            continue
        gives = reached(means, level, certificate)
        if gives is not None and CLASSES.index(gives) >= least:
            found.append(means)
    return tuple(found)


def to_agree_to(form: FormTemplate, level: str, certificate: SignatureClass | None) -> Acts:
    """What a citizen of this level is asked to agree to.

    Where nothing is open to him until he is identified better, what would be open then.
    """
    means = open_means(form, level, certificate) or open_means(form, LEVELS[-1], certificate)
    return means[0] if len(means) == 1 else form.acts


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


def _of(acts: Acts) -> tuple[Means, ...]:
    return MEANS if acts == "both" else (acts,)
