"""`framehound vectors` on a port that the kernel chooses."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

from harness.program import PROGRAM, SLOWNESS, environment


@contextlib.contextmanager
def serving_vectors(home: Path, data: Path, *args: str):
    """Yields the address."""
    log = data.parent / f"vectors-{time.monotonic_ns()}.log"
    with log.open("wb") as out:
        process = subprocess.Popen([PROGRAM, "vectors", "--data", data, "--listen", "127.0.0.1:0", *args],
                                   env=environment(home), stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        end = time.monotonic() + 30 * SLOWNESS
        while "on http://" not in log.read_text():
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        yield "http://" + log.read_text().split("on http://")[1].split()[0]
    finally:
        process.terminate()
        process.wait(60)
