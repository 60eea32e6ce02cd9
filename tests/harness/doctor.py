"""What `framehound doctor` says."""

from __future__ import annotations

import json
from pathlib import Path

from harness.program import run


class Said:
    """The doctor's lines, by level."""

    def __init__(self, done):
        self.status, self.text = done.returncode, done.stdout + done.stderr
        self.lines = [json.loads(line) for line in done.stdout.splitlines()]

    def has(self, level: str, what: str, *words: str) -> bool:
        return any(line.get("level") == level and line["check"] == what and
                   all(word in line["text"] + ": " + line.get("remedy", "") for word in words) for line in self.lines)

    def wrong(self) -> list[str]:
        return [line["check"] for line in self.lines if line.get("level") == "wrong"]


def doctor(home: Path, data: Path, *settings: str | Path, within: tuple[str, ...] = ()) -> Said:
    return Said(run("doctor", "--data", data, "--json", *settings, home=home, check=None, within=within))
