"""Signing a form at the counter: shown page by page, consented, inked, sealed, verified.

Which shelf to look on:

- a form and its draft: `forms`, `typed`, `draft`, `form_typst`; departments' own: `own_forms`
- reading before signing: `attendance`, `reading_service`
- the ceremony: `ceremony`, `demands`, `ink`, `service`; with an own certificate: `certificate`
- one signature in two phases: `ticket`, `signing_service`, `seal_pyhanko`, `sign_worker`;
  before the citizen's `certifying_service`, behind it `sealing_service`
- keys and timestamps: `keys_*`, `csc_http`, `stamps_http`, `tokens_pyhanko`
- trust and revocation: `trust`, `revocation`
- what lasts: `archive`, `archive_service`
- is it sound: `validation`, `judging`, `validate_pyhanko`, `check_service`
- the pack that proves it elsewhere: `audit_pack`, `audit_story`
- given to the citizen: `issued`
"""
