"""Languages: which one a person gets, and the texts, dates and sums in it.

Promise: a Macau browser gets Traditional Chinese (Babel's own negotiation would serve it
Portuguese), times are 24-hour everywhere, and a text that lacks a translation shows its English
source rather than nothing.  The source language of every text is English.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel import Locale, dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LANGUAGES = ("zh_Hant", "zh_Hans", "pt", "en")
DEFAULT = "zh_Hant"
NAMES = {"zh_Hant": "繁體中文", "zh_Hans": "简体中文", "pt": "Português", "en": "English"}
"Each language's name in its own script; never translated."
TAGS = {"zh_Hant": "zh-Hant", "zh_Hans": "zh-Hans", "pt": "pt", "en": "en"}
"BCP 47, for `lang` attributes and `Content-Language`."
DOMAINS = ("shared", "citizen", "terminal", "console", "wall", "notices")
LOCALE = Path(__file__).resolve().parent.parent / "locale"

# pt_MO and zh_Hant_MO print 12-hour times; these locales are only asked for what they do well.
_FORMATS = {
    "zh_Hant": Locale("zh", territory="MO", script="Hant"),
    "zh_Hans": Locale("zh", territory="CN", script="Hans"),
    "pt": Locale("pt", territory="PT"),
    "en": Locale("en", territory="GB"),
}
_LONG_DAY = {
    "zh_Hant": "y年M月d日（EEEE）",
    "zh_Hans": "y年M月d日（EEEE）",
    "pt": "EEEE, d 'de' MMMM 'de' y",
    "en": "EEEE d MMMM y",
}
_SHORT_DAY = {
    "zh_Hant": "M月d日（EEE）",
    "zh_Hans": "M月d日（EEE）",
    "pt": "EEE, d 'de' MMMM",
    "en": "EEE d MMMM",
}


def N_(text: str) -> str:  # noqa: N802  the name that gettext tools look for
    """Mark a text for extraction that is translated later."""
    return text


def match(tag: str) -> str | None:
    """The language for one BCP 47 tag, or None.  Own map: Babel fails for every `zh-*`."""
    parts = tag.strip().replace("_", "-").lower().split("-")
    if parts[0] in ("pt", "en"):
        return parts[0]
    if parts[0] in ("zh", "yue", "cmn"):
        if "hans" in parts or ("hant" not in parts and {"cn", "sg", "my"} & set(parts[1:])):
            return "zh_Hans"
        return "zh_Hant"
    return None


def negotiate(chosen: str | None, device: str | None, accept: str, default: str = DEFAULT) -> str:
    """The first that is known of: the person's choice, account or device, the browser's list.

    accept: an Accept-Language header, RFC 9110 section 12.5.4.
    """
    for language in (chosen, device):
        if language in LANGUAGES:
            return language
    for tag in _by_preference(accept):
        if found := match(tag):
            return found
    return default


def _by_preference(accept: str) -> list[str]:
    weighted: list[tuple[float, str]] = []
    for item in accept[:400].split(",")[:20]:
        tag, _, parameters = item.partition(";")
        try:
            weight = float(parameters.partition("=")[2]) if parameters else 1.0
        except ValueError:
            continue
        if tag.strip() and weight > 0:
            weighted.append((weight, tag))
    # sorted() is stable: equal weights keep the browser's order.
    return [tag for _, tag in sorted(weighted, key=lambda one: -one[0])]


class Texts(NullTranslations):
    """Every domain's texts in one language, merged; the first domain that has a text wins."""

    def __init__(self, language: str, catalogs: Mapping[str, Catalog]) -> None:
        super().__init__()
        self.language = language
        self._texts: dict[str, tuple[str, ...]] = {}
        self._scripts: dict[str, dict[str, str | list[str]]] = {}
        for domain, catalog in catalogs.items():
            for message in catalog:
                if message.id and message.string and not message.fuzzy:
                    self._add(domain, message.context, message.id, message.string)
                    if any(str(path).endswith((".ts", ".tsx")) for path, _ in message.locations):
                        self._add_script(domain, message.id, message.string)

    def _add(
        self,
        domain: str,
        context: str | None,
        source: str | Iterable[str],
        text: str | Iterable[str],
    ) -> None:
        one = source if isinstance(source, str) else next(iter(source))
        forms = (text,) if isinstance(text, str) else tuple(text)
        if all(forms):
            self._texts.setdefault(f"{context}\x04{one}" if context else one, forms)

    def _add_script(
        self, domain: str, source: str | Iterable[str], text: str | Iterable[str]
    ) -> None:
        one = source if isinstance(source, str) else next(iter(source))
        self._scripts.setdefault(domain, {})[one] = text if isinstance(text, str) else list(text)

    def gettext(self, message: str) -> str:
        return self._texts.get(message, (message,))[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        # Chinese has one form; Portuguese and English as gettext has them: n != 1.
        plural = n != 1
        forms = self._texts.get(msgid1)
        if forms is None:
            return msgid2 if plural else msgid1
        return forms[min(int(plural), len(forms) - 1)]

    def pgettext(self, context: str, message: str) -> str:
        return self._texts.get(f"{context}\x04{message}", (message,))[0]

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        forms = self._texts.get(f"{context}\x04{msgid1}", (msgid1, msgid2))
        return forms[min(int(n != 1), len(forms) - 1)]

    def for_scripts(self, face: str) -> dict[str, str | list[str]]:
        """What the browser code of `face` needs: {English source: text or plural forms}."""
        return self._scripts.get("shared", {}) | self._scripts.get(face, {})


@lru_cache
def texts_for(language: str) -> Texts:
    """The merged catalogue of a language.  English is the source and needs none."""
    found: dict[str, Catalog] = {}
    if language != "en":
        for domain in DOMAINS:
            path = LOCALE / language / "LC_MESSAGES" / f"{domain}.po"
            if path.exists():
                with path.open("rb") as source:
                    found[domain] = read_po(source, locale=language, domain=domain)
    return Texts(language, found)


@dataclass(frozen=True, slots=True)
class Words:
    """Dates, times and sums as one language writes them; in templates it is `words`."""

    language: str

    def day(self, day: date) -> str:
        """'quarta-feira, 25 de novembro de 2026'."""
        return dates.format_date(day, _LONG_DAY[self.language], _FORMATS[self.language])

    def short_day(self, day: date) -> str:
        """'qua., 25 de novembro'."""
        return dates.format_date(day, _SHORT_DAY[self.language], _FORMATS[self.language])

    def weekday(self, day: date) -> str:
        """'quarta-feira'."""
        return dates.format_date(day, "EEEE", _FORMATS[self.language])

    def time(self, moment: datetime) -> str:
        """'15:04', as the moment's own zone has it: 24 hours in every language."""
        return f"{moment:%H:%M}"

    def moment(self, moment: datetime) -> str:
        """Day and time together."""
        space = "" if self.language.startswith("zh") else ", "
        return f"{self.day(moment.date())}{space}{self.time(moment)}"

    def money(self, amount: Decimal | int, currency: str) -> str:
        """'MOP$20.00' or '20,00 MOP$'; whole sums keep their two decimals."""
        return numbers.format_currency(amount, currency, locale=_FORMATS[self.language])

    def number(self, value: int | Decimal) -> str:
        return numbers.format_decimal(value, locale=_FORMATS[self.language])

    def pick(self, texts: Mapping[str, str]) -> str:
        """This language's text of {language: text}; the default language's where it is missing."""
        return texts.get(self.language) or texts.get(DEFAULT) or next(iter(texts.values()), "")
