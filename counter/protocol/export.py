"""Writes the TypeScript types that the browser code is checked against.

`python -m counter.protocol.export` writes web/shared/assets/protocol.ts; with `--check` it fails
when the file is stale.  From the models' JSON Schema, so that both sides have one source.
"""

import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from counter.protocol import calling, codec, party_cards, screens
from counter.protocol.message import Model

TARGET = Path(__file__).parents[2] / "web/shared/assets/protocol.ts"

HEAD = """// Written by `python -m counter.protocol.export` from counter/protocol; do not edit.
/* eslint-disable */
"""


def typescript() -> str:
    """The whole file."""
    asks = {name: dict(table) for name, table in codec.ASKS.items()}
    models: list[type[Model]] = sorted(
        {ask for table in asks.values() for ask in table.values()}
        | set(screens.TELLS)
        | {calling.LegOffered, party_cards.CandidateCard},
        key=lambda model: model.__name__,
    )
    _, schema = models_json_schema(
        [(model, "validation" if hasattr(model, "key") else "serialization") for model in models]
    )
    defs: dict[str, Any] = schema["$defs"]
    parts = [HEAD]
    parts += [_interface(name, defs[name]) for name in sorted(defs)]
    for audience, table in asks.items():
        title = audience.strip("/").capitalize()
        rows = "".join(f'  "{event}": {ask.__name__};\n' for event, ask in sorted(table.items()))
        parts.append(f"export interface {title}Asks {{\n{rows}}}\n")
    return "\n".join(parts)


def _interface(name: str, schema: dict[str, Any]) -> str:
    if "properties" not in schema and schema.get("type") != "object":
        return f"export type {name} = {_type(schema)};\n"
    required = set(schema.get("required", ()))
    lines = [f"export interface {name} {{"]
    for field, inner in schema.get("properties", {}).items():
        if text := inner.get("description"):
            lines.append(f"  /** {' '.join(text.split())} */")
        lines.append(f"  {field}{'' if field in required else '?'}: {_type(inner)};")
    return "\n".join([*lines, "}", ""])


def _type(schema: dict[str, Any]) -> str:
    if ref := schema.get("$ref"):
        return str(ref.rsplit("/", 1)[1])
    if "const" in schema:
        return _literal(schema["const"])
    if "enum" in schema:
        return " | ".join(_literal(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(inner) for inner in schema["anyOf"]))
    match schema.get("type"):
        case "array":
            inner = _type(schema["items"])
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case "object":
            extra = schema.get("additionalProperties")
            values = _type(extra) if isinstance(extra, dict) else "unknown"
            return f"Record<string, {values}>"
        case "integer" | "number":
            return "number"
        case "boolean":
            return "boolean"
        case "null":
            return "null"
        case "string":
            return "string"
    return "unknown"


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def main(arguments: list[str]) -> int:
    """Write the file, or with --check say whether it is fresh."""
    text = typescript()
    if "--check" in arguments:
        fresh = TARGET.exists() and TARGET.read_text() == text
        if not fresh:
            print(f"{TARGET.name} is stale: run python -m counter.protocol.export")
        return 0 if fresh else 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
