"""Signing a form at the counter: shown page by page, consented, inked, sealed, verified."""
