"""Turns api/openapi.yaml into a C header that holds it as JSON text.

Usage: embed_openapi.py OPENAPI.yaml OUT.h
"""

import json
import sys

import yaml

LINE = 100


def c_literal(text: str) -> str:
    """The text as adjacent C string literals; all JSON from json.dumps is ASCII."""
    lines = []
    for start in range(0, len(text), LINE):
        piece = text[start : start + LINE].replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'    "{piece}"')
    return "\n".join(lines)


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as source:
        document = json.dumps(yaml.safe_load(source), separators=(",", ":"))
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write("// Made from api/openapi.yaml by scripts/embed_openapi.py.\n#pragma once\n\n")
        out.write(f"static const char openapi_json[] =\n{c_literal(document)};\n")


if __name__ == "__main__":
    main()
