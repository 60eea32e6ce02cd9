"""Just enough GraphQL for a strict server: a query's selections, their arguments and their values, and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

TOKEN = re.compile(r'[\s,]*(?:([{}\[\]():])|([A-Za-z_][A-Za-z0-9_]*)|("(?:[^"\\\x00-\x1f]|\\.)*")'
                   r"|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![0-9.A-Za-z_]))")


class SyntaxProblem(Exception):
    pass


class Enum(str):
    """A bare word."""


@dataclass
class Selection:
    name: str
    arguments: dict = field(default_factory=dict)
    selections: dict[str, Selection] = field(default_factory=dict)


class _Parser:
    def __init__(self, text: str):
        self.tokens: list[tuple[str, str]] = []
        at = 0
        text = text.rstrip(", \n\t\r")
        while at < len(text):
            match = TOKEN.match(text, at)
            if match is None:
                raise SyntaxProblem(f"Syntax Error GraphQL request (1:{at + 1}) Unexpected character {text[at:at + 20]!r}.")
            kind = ("mark", "name", "text", "number")[match.lastindex - 1]
            self.tokens.append((kind, match.group(match.lastindex)))
            at = match.end()
        self.at = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, kind: str, what: str | None = None) -> str:
        found = self.peek()
        if found[0] != kind or (what is not None and found[1] != what):
            raise SyntaxProblem(f"Syntax Error: expected {what or kind}, found {found[1]!r} at token {self.at}")
        self.at += 1
        return found[1]

    def selections(self) -> dict[str, Selection]:
        found: dict[str, Selection] = {}
        self.take("mark", "{")
        while self.peek() != ("mark", "}"):
            one = Selection(self.take("name"))
            if self.peek() == ("mark", "("):
                one.arguments = self.fields("(", ")")
            if self.peek() == ("mark", "{"):
                one.selections = self.selections()
            found[one.name] = one
        self.take("mark", "}")
        return found

    def fields(self, begin: str, end: str) -> dict:
        found: dict = {}
        self.take("mark", begin)
        while self.peek() != ("mark", end):
            name = self.take("name")
            self.take("mark", ":")
            if name in found:
                raise SyntaxProblem(f"There can be only one argument named {name!r}.")
            found[name] = self.value()
        self.take("mark", end)
        return found

    def value(self):
        kind, text = self.peek()
        if (kind, text) == ("mark", "{"):
            return self.fields("{", "}")
        if (kind, text) == ("mark", "["):
            self.at += 1
            items = []
            while self.peek() != ("mark", "]"):
                items.append(self.value())
            self.at += 1
            return items
        self.at += 1
        if kind in ("text", "number"):
            return json.loads(text)
        if kind == "name":
            return {"true": True, "false": False}.get(text, Enum(text))
        raise SyntaxProblem(f"Syntax Error: unexpected {text!r}")


def parse(text: str) -> dict[str, Selection]:
    parser = _Parser(text)
    found = parser.selections()
    if parser.peek()[0] != "end":
        raise SyntaxProblem("Syntax Error: something follows the query")
    return found
