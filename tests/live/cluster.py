"""The four servers of a distributed Framehound, and what can be done to them and to the processes on them."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from harness.program import SLOWNESS
from harness.redis_server import Redis
from harness.vectors import serving_vectors
from kafka_server import Kafka
from s3_server import Versity
from weaviate_server import Weaviate

S3_BUSY = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>said by the test</Message></Error>"


class Door:
    """Stands before an S3 server, and answers 503 itself while it is shut."""

    def __init__(self, port: int):
        self.inner, self.shut, self.refused = port, False, 0
        self.open: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def turn(self, shut: bool) -> None:
        self.shut = shut
        for connection in list(self.open) if shut else ():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.listener.close()
        self.turn(True)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._refuse if self.shut else self._join, args=(client,), daemon=True).start()

    def _refuse(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(10)
            if client.recv(65536):
                self.refused += 1
                client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n"
                               b"Content-Length: %d\r\n\r\n%s" % (len(S3_BUSY), S3_BUSY))
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.inner), 10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        self.open |= {client, server}
        back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
        back.start()
        self._copy(client, server)
        back.join()
        self.open -= {client, server}
        client.close()
        server.close()

    @staticmethod
    def _copy(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Room:
    """A network namespace from which the servers on 127.0.0.1 are reached under their own addresses, until it is cut off.

    Its loopback interface is its only one: connections are carried out through a socket in the file system, and nothing
    passes while the interface is down.
    """

    @staticmethod
    def is_possible() -> bool:
        return subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0

    def __init__(self, folder: Path, ports: list[int]):
        folder.mkdir(parents=True)
        self.ends = [self._carry(folder / str(port), port) for port in ports]
        self.process = subprocess.Popen(
            ["unshare", "--net", sys.executable, Path(__file__).parent / "room.py", folder, *map(str, ports)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def within(self) -> tuple[str, ...]:
        """What a command begins with to run there."""
        return ("nsenter", f"--net=/proc/{self.process.pid}/ns/net")

    def cut(self, off: bool) -> None:
        subprocess.run([*self.within(), "ip", "link", "set", "lo", "down" if off else "up"], check=True)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for end in self.ends:
            end.close()

    def _carry(self, path: Path, port: int) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(128)
        threading.Thread(target=self._serve, args=(listener, port), daemon=True).start()
        return listener

    @staticmethod
    def _serve(listener: socket.socket, port: int) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=Room._join, args=(client, port), daemon=True).start()

    @staticmethod
    def _join(client: socket.socket, port: int) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", port), 10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        back = threading.Thread(target=Door._copy, args=(server, client), daemon=True)
        back.start()
        Door._copy(client, server)
        back.join()
        client.close()
        server.close()


class Cluster:
    """The four servers, and the settings that name them. S3 stands behind a door, unless there is to be none."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack, home: Path, partitions: int = 8, weaviate: bool = False,
                 door: bool = True):
        self.partitions = partitions
        self.kafka = Kafka(folder / "kafka")
        stack.callback(self.kafka.stop)
        self.s3 = Versity(folder / "s3")
        stack.callback(self.s3.stop)
        self.door = Door(self.s3.port) if door else None
        if self.door:
            stack.callback(self.door.close)
        self.redis = Redis(folder / "redis")
        stack.callback(self.redis.end)
        self.weaviate = Weaviate(folder / "weaviate") if weaviate else None
        if self.weaviate:
            stack.callback(self.weaviate.end)
            self.vectors = self.weaviate.address
        else:
            self.vectors = stack.enter_context(serving_vectors(home, folder / "vectors"))

    def settings(self) -> tuple[str, ...]:
        return ("--queue", f"kafka://{self.kafka.address}/all.", "--kafka-partitions", str(self.partitions),
                "--kafka-replication", "1", "--blob-store", f"s3://{self.s3.bucket}/all",
                "--s3-endpoint", f"http://127.0.0.1:{self.door.port}" if self.door else self.s3.url,
                "--meta-store", self.redis.address, "--vector-index", self.vectors)

    def ports(self) -> list[int]:
        return [self.kafka.brokers[0].port, self.door.port, self.redis.port, int(self.vectors.rpartition(":")[2])]


def wait_until(condition, seconds: float = 120, said=lambda: "") -> None:
    end = time.monotonic() + seconds * SLOWNESS
    while not condition():
        assert time.monotonic() < end, said()
        time.sleep(0.05)
