"""A Redis server of a test's own, on a socket in its folder and a free port of 127.0.0.1, with an append-only file."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from harness.ports import free_port

READY_S = 60


class RedisError(Exception):
    pass


class Redis:
    def __init__(self, folder: Path, *settings: str, password: str | None = None):
        # redis-tools has the server under another name; which name it is called by decides what it does.
        program = shutil.which("redis-server") or shutil.which("redis-check-rdb")
        if program is None:
            pytest.skip("no Redis server is installed: scripts/setup test installs redis-tools")
        folder.mkdir(parents=True)
        self.folder, self.settings, self.password = folder, settings, password
        self.program = folder / "redis-server"
        self.program.symlink_to(program)
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, wait: bool = True) -> None:
        arguments = ["--port", self.port, "--bind", "127.0.0.1", "--dir", self.folder, "--logfile", self.folder / "log",
                     "--save", "", "--appendonly", "yes", "--appendfsync", "everysec", *self.settings]
        if self.password:
            arguments += ["--requirepass", self.password]
        self.process = subprocess.Popen([self.program, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + READY_S
        while wait:
            try:
                return self.tell("PING") and None
            except (OSError, RedisError):
                assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
                assert time.monotonic() < end
                time.sleep(0.02)

    def end(self, how: int = signal.SIGKILL) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def tell(self, *words: str | int):
        """One command; its answer."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as connection:
            stream = connection.makefile("rwb")
            if self.password:
                self._send(stream, "AUTH", self.password)
                self._read(stream)
            self._send(stream, *words)
            return self._read(stream)

    @staticmethod
    def _send(stream, *words: str | int) -> None:
        parts = [str(word).encode() for word in words]
        stream.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        stream.flush()

    def _read(self, stream):
        line = stream.readline()
        if not line:
            raise ConnectionResetError
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b"$":
            return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2].decode(errors="replace")
        if kind == b"*":
            return [self._read(stream) for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest.decode()
