"""What `scripts/setup live` fetches and builds: servers, and clients of other people's."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.clips import DEPS

LIVE = DEPS / "live"


def need(path: Path, name: str, group: str = "live") -> None:
    """Skips the test where that file or folder is not there, with the reason that set-up gave, if it gave one."""
    if path.exists():
        return
    reason = LIVE / "left-out" / name
    pytest.skip(f"{name} is not here: " + (reason.read_text().strip() if reason.exists() else f"run scripts/setup {group}"))
