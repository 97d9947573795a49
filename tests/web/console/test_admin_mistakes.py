"""Every mistake has a sentence, in four languages; what is typed is read as people type it."""

import pytest

from booking.catalogue_findings import Finding, Mistake
from web.console.admin_mistakes import SENTENCES, messages, summary
from web.console.admin_typed import Reader, Unreadable
from web.shared.i18n import LANGUAGES, texts_for


@pytest.mark.parametrize("mistake", Mistake)
def test_a_mistake_has_a_sentence_in_every_language(mistake: Mistake) -> None:
    said = {texts_for(language).gettext(SENTENCES[mistake]) for language in LANGUAGES}
    assert len(said) >= 3, "not translated"


def test_a_field_is_told_once_and_a_text_by_its_language() -> None:
    found = [
        Finding(field="names-pt", mistake=Mistake.TEXT_MISSING),
        Finding(field="names-pt", mistake=Mistake.TEXT_TOO_LONG),
    ]
    assert list(messages(found, "en")) == ["names-pt"]
    (line,) = summary(found, "en")
    assert line["href"] == "#names-pt" and line["text"].startswith("Português: ")


@pytest.mark.parametrize(
    ("typed", "minute"), [("09:30", 570), ("9:30", 570), ("9h30", 570), ("24:00", 1440)]
)
def test_a_time_is_read_as_people_write_it(typed: str, minute: int) -> None:
    assert Reader({"at": typed}).minute("at") == minute


@pytest.mark.parametrize("typed", ["", "9", "24:05", "09:60", "nine", "٩:٣٠"])
def test_what_is_no_time_is_told(typed: str) -> None:
    reader = Reader({"at": typed})
    reader.minute("at")
    with pytest.raises(Unreadable):
        reader.done()


@pytest.mark.parametrize(("typed", "minor"), [("40", 4000), ("40,5", 4050), ("0", 0), ("-1", -100)])
def test_a_sum_is_read_in_hundredths(typed: str, minor: int) -> None:
    assert Reader({"fee": typed}).minor("fee") == minor


@pytest.mark.parametrize("typed", ["", "1.234", "nan", "inf", "1e99", "MOP 4"])
def test_what_is_no_sum_is_told(typed: str) -> None:
    reader = Reader({"fee": typed})
    reader.minor("fee")
    with pytest.raises(Unreadable):
        reader.done()
