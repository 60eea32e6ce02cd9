"""Waiting for what others do."""

from __future__ import annotations

import time

from harness.program import SLOWNESS


def until(what: str, condition, seconds: float = 120, said=lambda: ""):
    """What `condition` gives, as soon as it is something; `said` is added to the complaint that it is not."""
    end = time.monotonic() + seconds * SLOWNESS
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {seconds * SLOWNESS:.0f} s for: {what}\n{said()}"
        time.sleep(0.3)
    return found
