"""All tables of the counter, found by where they live, for a fresh store per test."""

import importlib
from pathlib import Path

from sqlalchemy import MetaData

ROOT = Path(__file__).resolve().parent.parent


def all_metadata() -> list[MetaData]:
    """Import every module that defines tables and return their `MetaData`, in creation order."""
    for file in sorted((ROOT / "counter").rglob("*.py")):
        in_store = file.parent == ROOT / "counter" / "store" and file.stem != "__init__"
        if in_store or file.stem.startswith("store_"):
            importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    found = [importlib.import_module("counter.store.metadata").metadata]
    if (ROOT / "booking" / "tables.py").exists():
        importlib.import_module("booking.store_catalogue_tables")
        found.append(importlib.import_module("booking.tables").metadata)
    return found
