"""What the citizen agrees to is what the journal says was agreed to, in every language."""

from pathlib import Path

import pytest

from counter.esign.ceremony import CONSENT_TEXT
from web.shared.i18n import LANGUAGES, texts_for

READ = Path(__file__).parents[3] / "web/terminal/assets/screens/read.tsx"


def test_the_terminal_shows_the_sentence_whose_id_the_journal_keeps() -> None:
    assert f't("{CONSENT_TEXT}")' in READ.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_the_sentence_is_there_in_every_language(language: str) -> None:
    assert texts_for(language).gettext(CONSENT_TEXT) != CONSENT_TEXT
