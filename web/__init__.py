"""The faces: what people see in a browser.  Views, templates, styles and texts; no rules."""
