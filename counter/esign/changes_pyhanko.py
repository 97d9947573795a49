"""What may change in a document after a signature, as pyHanko compares its revisions.

Stricter than pyHanko's default, which takes the "replace" shadow attack for form filling: after
ours, only the signature fields that the form was made with may be filled, and the archive may add
its proofs and timestamps that nobody sees.  Title and metadata stay as they were, and how a reader
is to draw the fields: our own revisions write none of it.
Source: Mainka et al., Shadow Attacks (NDSS 2021).
"""

import re
from collections.abc import Iterable
from typing import Any

from pyhanko.pdf_utils.generic import IndirectObject, StreamObject
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader, RawPdfPath
from pyhanko.sign.diff_analysis import (
    DiffPolicy,
    DiffResult,
    FormUpdatingRule,
    ModificationLevel,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.form_rules_api import FieldComparisonContext, FormUpdate
from pyhanko.sign.diff_analysis.rules.file_structure_rules import (
    CatalogModificationRule,
    ObjectStreamRule,
    XrefStreamRule,
)
from pyhanko.sign.diff_analysis.rules.form_field_rules import (
    DSSCompareRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    is_field_visible,
)
from pyhanko.sign.diff_analysis.rules_api import Context, ReferenceUpdate, WhitelistRule
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

DATED = frozenset({"/ModDate", "/Length"})
MODIFIED = re.compile(rb'xmp:ModifyDate="[0-9T:Z.+-]{0,40}"')
"As pyHanko writes it."


class ArchiveTimestampsOnly(SigFieldCreationRule):
    """No new signature field but that of a document timestamp that nobody sees."""

    def apply(
        self, context: FieldComparisonContext
    ) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Raises `SuspiciousModification`."""
        for name, spec in context.field_specs.items():
            if spec.old_field_ref or not spec.new_field_ref:
                continue
            field: Any = spec.new_field_ref.get_object()
            # `get` would not follow a reference.
            value: Any = field["/V"] if "/V" in field else None  # noqa: SIM401
            seen = is_field_visible(field)  # type: ignore[no-untyped-call]
            if seen or value is None or value["/Type"] != "/DocTimeStamp":
                raise SuspiciousModification(f"field {name} was added")
        yield from super().apply(context)


class SameDescription(WhitelistRule):
    """The end of the file leads to the same catalogue and the same title, and to no other."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """Raises `SuspiciousModification`."""
        before, after = old.trailer_view, new.trailer_view
        for key in ("/Root", "/Info"):
            had = before.raw_get(key) if key in before else None
            has = after.raw_get(key) if key in after else None
            if had != has:
                raise SuspiciousModification(f"{key} of the file was changed")
        return ()


class OnlyItsDate(WhitelistRule):
    """Title and metadata may be written again with another date of change, and nothing else.

    Counters of before December 2026 did so with each signature; this one writes none of it.
    """

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """What differs in more is explained by no rule."""
        for key, before, after in (
            ("/Info", old.trailer_view, new.trailer_view),
            ("/Metadata", old.root, new.root),
        ):
            if key not in before or key not in after:
                continue
            ref = after.raw_get(key)
            if ref != before.raw_get(key) or not isinstance(ref, IndirectObject):
                continue
            if _dateless(old, ref) == _dateless(new, ref):
                path = (key,) if key == "/Info" else ("/Root", key)
                checked = Context.from_absolute(old, RawPdfPath(*path))
                yield ReferenceUpdate(ref.reference, context_checked=checked)


def _dateless(at: HistoricalResolver, ref: IndirectObject) -> object:
    # Through the file: the history cannot hold the library's own kind of stream for metadata.
    described: Any = at.reader.get_object(ref.reference, at.revision)  # type: ignore[no-untyped-call]
    fields = {name: described.raw_get(name) for name in described if name not in DATED}
    if isinstance(described, StreamObject):
        return fields, MODIFIED.sub(b"", described.data)
    return fields


SIGNING_ONLY = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(  # type: ignore[no-untyped-call]
            ignored_keys=frozenset({"/AcroForm", "/DSS", "/Extensions", "/Version"})
        ),
        *(
            rule.as_qualified(ModificationLevel.LTA_UPDATES)
            for rule in (
                SameDescription(),
                OnlyItsDate(),
                XrefStreamRule(),
                ObjectStreamRule(),
                DSSCompareRule(),
            )
        ),
    ],
    form_rule=FormUpdatingRule(
        field_rules=[
            ArchiveTimestampsOnly(),  # type: ignore[no-untyped-call]
            SigFieldModificationRule(),
        ],
        ignored_acroform_keys=frozenset({"/Fields"}),
    ),
    reject_object_freeing=True,
)


class OneDocument(DiffPolicy):
    """`SIGNING_ONLY`, which looks once at what came after each revision of a document.

    For one look at one document: a validation with archive asks five times about each signature.
    """

    def __init__(self) -> None:
        self._reader: PdfFileReader | None = None
        self._found: dict[tuple[int, MDPPerm | None], DiffResult | SuspiciousModification] = {}

    def apply(self, *words: Any, **named: Any) -> DiffResult:
        """Compare two revisions."""
        return SIGNING_ONLY.apply(*words, **named)

    def review_file(
        self,
        reader: PdfFileReader,
        base_revision: int | HistoricalResolver,
        field_mdp_spec: FieldMDPSpec | None = None,
        doc_mdp: MDPPerm | None = None,
    ) -> DiffResult | SuspiciousModification:
        """What was done to a document after a revision of it."""
        self._reader = self._reader or reader
        revision = base_revision if isinstance(base_revision, int) else base_revision.revision
        asked = (revision, doc_mdp)
        known = field_mdp_spec is None and reader is self._reader
        if known and asked in self._found:
            return self._found[asked]
        found = SIGNING_ONLY.review_file(reader, base_revision, field_mdp_spec, doc_mdp)
        if known:
            self._found[asked] = found
        return found
