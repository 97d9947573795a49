"""What may be done to our documents after a signature: fill our fields, and archive them.

pyHanko lets anybody add an invisible signature field.  Here a new field must hold a document
timestamp, so that a stranger's invisible signature is a forbidden change.
"""

from collections.abc import Iterable
from typing import Any

from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    FormUpdatingRule,
    ModificationLevel,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.form_rules_api import FieldComparisonContext, FormUpdate
from pyhanko.sign.diff_analysis.rules.form_field_rules import (
    SigFieldCreationRule,
    SigFieldModificationRule,
)


class TimestampFieldRule(SigFieldCreationRule):
    """New signature fields only for document timestamps, and invisible."""

    def apply(
        self, context: FieldComparisonContext
    ) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Raise `SuspiciousModification` for any other new field."""
        for name, spec in context.field_specs.items():
            if spec.old_field_ref is not None or spec.new_field_ref is None:
                continue
            field: Any = spec.new_field_ref.get_object()
            # Indexing follows references, `get` does not.
            if "/V" not in field or field["/V"]["/Type"] != "/DocTimeStamp":
                raise SuspiciousModification(f"the new field {name} holds no document timestamp")
        for level, update in super().apply(context):
            if level > ModificationLevel.LTA_UPDATES:
                raise SuspiciousModification("a new field that is seen")
            yield level, update


SIGNING_AND_ARCHIVING = StandardDiffPolicy(
    global_rules=list(DEFAULT_DIFF_POLICY.global_rules),
    form_rule=FormUpdatingRule(
        field_rules=[
            TimestampFieldRule(),  # type: ignore[no-untyped-call]
            SigFieldModificationRule(),
        ]
    ),
    reject_object_freeing=True,
)
