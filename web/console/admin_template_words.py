"""What is wrong with a department's own form, in words."""

from counter.errors import Refusal
from counter.esign.form_refusals import DescriptionWrong, TemplateUnfit
from counter.esign.own_forms import Unfit
from web.shared.i18n import N_, texts_for
from web.shared.refusals import advice

UNFIT = {
    Unfit.BOX_MISSING: N_("A box for a signature is missing"),
    Unfit.BOX_TWICE: N_("A box for a signature stands there twice"),
    Unfit.BOX_UNKNOWN: N_("A box for a signature that nobody makes"),
    Unfit.BOX_SMALL: N_("A box for a signature is too small: at least 50 by 20 mm"),
    Unfit.BOX_OUTSIDE: N_("A box for a signature does not lie on its page"),
    Unfit.BOX_OVERLAP: N_("Two boxes for signatures lie over each other"),
    Unfit.UNTAGGED: N_("It is not tagged as PDF/UA demands"),
    Unfit.PICTURE: N_("It holds a picture that is neither SVG nor PNG"),
    Unfit.PAGES: N_("It has more than 12 pages"),
    Unfit.UNSEEN: N_("A field of the description does not stand on the paper"),
    Unfit.CONTENT: N_("It holds what must not be in something a person signs"),
}
PROBLEMS = {
    "json": N_("This is not JSON"),
    "missing": N_("This is missing"),
    "extra": N_("This is not known"),
    "value": N_("This value cannot be"),
    "id": N_("The id has to begin with the department's"),
    "service": N_("The department has no such service"),
}
STATES = {
    "published": N_("In use"),
    "replaced": N_("Replaced"),
    "retired": N_("Taken out of use"),
    "unreadable": N_("Not offered: this counter cannot read it"),
}


def errors_of(refused: Refusal, language: str) -> list[dict[str, str]]:
    """For the error summary, each with a link to the text it is about."""
    texts = texts_for(language)
    match refused:
        case DescriptionWrong():
            return [
                {"text": f"{texts.gettext(PROBLEMS[kind])}: {where}", "href": "#description"}
                for where, kind in refused.problems
            ]
        case TemplateUnfit():
            said = texts.gettext(UNFIT[Unfit(refused.why)])
            about = f": {refused.about}" if refused.about else ""
            return [{"text": f"{said}{about}", "href": "#typst"}]
        case _:
            return [{"text": advice(refused.code, language), "href": "#typst"}]
