"""`framehound vectors` of a test's own, on 127.0.0.1."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

from harness.program import PROGRAM, SLOWNESS, Server, environment


def start_vectors(home: Path, data: Path, *args: str, port: int = 0, token: str | None = None) -> Server:
    """Over a folder; `port` 0: one that the kernel chooses."""
    log = data.parent / f"vectors-{time.monotonic_ns()}.log"
    with log.open("wb") as out:
        process = subprocess.Popen([PROGRAM, "vectors", "--data", data, "--listen", f"127.0.0.1:{port}", *args],
                                   env=environment(home), stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    server = Server(process, data, log, token=token)
    end = time.monotonic() + 30 * SLOWNESS
    while "on http://" not in log.read_text():
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.02)
    server.url = "http://" + log.read_text().split("on http://")[1].split()[0]
    return server


@contextlib.contextmanager
def serving_vectors(home: Path, data: Path, *args: str):
    """Yields the address."""
    server = start_vectors(home, data, *args)
    try:
        yield server.url
    finally:
        server.stop()
