"""Ports for servers that are told where to listen."""

from __future__ import annotations

import random
import socket

# Below those that the kernel hands out: one of these may have become the end of anybody's connection by the time a server
# that was stopped comes back to it, the client's own included that tries to reach it in the meantime.
LOWEST, HIGHEST = 12_000, 31_999


def free_port() -> int:
    for _ in range(1000):
        port = random.randint(LOWEST, HIGHEST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no port from {LOWEST} to {HIGHEST} is free")
