"""Turns the Lua scripts that Redis runs into C: one `struct redis_script` each, with the SHA-1 that Redis calls it by.

Usage: embed_lua.py OUT.c PRELUDE.lua SCRIPT.lua...

The prelude stands before every script. A script whose first line is "-- flags: X" is marked with these flags (see
"Eval flags" in the documentation of Redis); all others take part in everything that guards writes.
"""

import hashlib
import pathlib
import sys


def strip(text: str) -> str:
    """Without the lines that are nothing but comments: Redis keeps the text."""
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.strip().startswith("--"))


def c_literal(text: str) -> str:
    lines = text.splitlines(keepends=True)
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for line in lines]
    return "\n".join(f'            "{line}"' for line in escaped)


def main() -> None:
    out, prelude, *scripts = map(pathlib.Path, sys.argv[1:])
    common = strip(prelude.read_text(encoding="utf-8"))
    parts = ["// Made from redis/*.lua by scripts/embed_lua.py.\n", '#include "meta_store/redis_script.h"\n']
    for path in scripts:
        source = path.read_text(encoding="utf-8")
        first = source.splitlines()[0]
        flags = f" flags={first.removeprefix('-- flags: ')}" if first.startswith("-- flags: ") else ""
        text = f"#!lua{flags}\n{common}\n{strip(source)}\n"
        if not text.isascii():
            sys.exit(f"{path}: only ASCII, so that the SHA-1 is the same everywhere")
        sha = hashlib.sha1(text.encode()).hexdigest()
        parts.append(
            f"\nconst struct redis_script redis_script_{path.stem} = {{\n"
            f'    .name = "{path.stem}",\n    .sha = "{sha}",\n    .text =\n{c_literal(text)},\n}};\n'
        )
    out.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
