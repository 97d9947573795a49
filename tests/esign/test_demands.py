from itertools import product

import pytest

from counter.errors import NotAllowedNow
from counter.esign.demands import (
    CLASSES,
    LEVELS,
    SignatureClass,
    open_means,
    reached,
    require,
    to_agree_to,
)
from counter.esign.form_typst import shipped_forms
from counter.esign.forms import FormTemplate
from counter.esign.refusals import ClassOutOfReach, IdentityTooLow

INK = {"L0": "simple", "L1": "simple", "L2": "advanced", "L3": "advanced"}
CERTIFICATES: tuple[SignatureClass | None, ...] = (None, "advanced", "qualified")


def form(**demands: str) -> FormTemplate:
    return shipped_forms().all()[0].model_copy(update=demands)


@pytest.mark.parametrize("level", LEVELS)
def test_ink_is_as_strong_as_what_is_known_of_who_wrote_and_never_qualified(level: str) -> None:
    for certificate in CERTIFICATES:
        assert reached("handwritten", level, certificate) == INK[level]
        assert reached("certificate", level, certificate) == certificate


@pytest.mark.parametrize("acts", ["handwritten", "certificate", "both"])
@pytest.mark.parametrize("minimum", CLASSES)
@pytest.mark.parametrize("needed", LEVELS)
def test_a_form_is_let_through_exactly_when_level_and_class_are_reached(
    acts: str, minimum: SignatureClass, needed: str
) -> None:
    asked = form(acts=acts, minimum_class=minimum, minimum_level=needed)
    for level, certificate in product(LEVELS, CERTIFICATES):
        means = {"handwritten": INK[level], "certificate": certificate}
        strong = [
            one
            for one, gives in means.items()
            if acts in (one, "both") and gives and CLASSES.index(gives) >= CLASSES.index(minimum)
        ]
        assert list(open_means(asked, level, certificate)) == strong
        if strong and level >= needed:
            require(asked, level, certificate)
        else:
            with pytest.raises(NotAllowedNow):
                require(asked, level, certificate)


def test_the_reason_says_what_would_help() -> None:
    with pytest.raises(IdentityTooLow):
        require(form(minimum_level="L2"), "L1", None)
    with pytest.raises(IdentityTooLow):
        require(form(minimum_class="advanced"), "L0", None)
    with pytest.raises(ClassOutOfReach):
        require(form(minimum_class="qualified"), "L3", None)
    with pytest.raises(ClassOutOfReach):
        require(form(acts="certificate"), "L3", None)
    with pytest.raises(ClassOutOfReach):
        require(form(minimum_class="qualified", minimum_level="L3", acts="both"), "L0", "advanced")


@pytest.mark.parametrize("acts", ["handwritten", "certificate", "both"])
@pytest.mark.parametrize("minimum", CLASSES)
def test_what_is_agreed_to_names_each_means_that_is_open_and_no_other(
    acts: str, minimum: SignatureClass
) -> None:
    asked = form(acts=acts, minimum_class=minimum)
    for level, certificate in product(LEVELS, CERTIFICATES):
        means = open_means(asked, level, certificate)
        agreed = to_agree_to(asked, level, certificate)
        if means:
            assert agreed == (means[0] if len(means) == 1 else "both")
            assert open_means(asked, level, certificate, agreed) == means
        else:
            assert open_means(asked, level, certificate, agreed) == ()


def test_what_opens_after_the_consent_was_not_agreed_to() -> None:
    asked = form(acts="both", minimum_class="advanced")
    agreed = to_agree_to(asked, "L1", "qualified")
    assert agreed == "certificate"
    assert open_means(asked, "L2", "qualified") == ("handwritten", "certificate")
    assert open_means(asked, "L2", "qualified", agreed) == ("certificate",)


def test_who_must_be_identified_first_reads_what_will_be_open_then() -> None:
    assert to_agree_to(form(acts="both", minimum_class="advanced"), "L0", None) == "handwritten"
