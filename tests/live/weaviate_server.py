"""A Weaviate server of a test's own, killed and started again at will.

Its ports for other nodes and for gRPC listen everywhere and cannot be told otherwise, so it lives in a network namespace
of its own, where there is nothing but a loopback. What arrives at a port of 127.0.0.1 out here is carried in by a
forwarder, whose listening socket was opened outside and whose connections are made inside.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

READY_S = 120
INNER_PORT = 8080
KEY = "weaviate-key-of-the-tests"

# ---- inside the namespace


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(1 << 18):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            writer.close()


async def _serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", INNER_PORT)
    except OSError:
        writer.transport.abort()  # nobody listens inside: a reset is the nearest to a refusal
        return
    await asyncio.gather(_carry(reader, inner_writer), _carry(inner_reader, writer))


async def _forward(listener: socket.socket) -> None:
    server = await asyncio.start_server(_serve_one, sock=listener)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    print("up", flush=True)
    asyncio.run(_forward(socket.socket(fileno=int(sys.argv[1]))))
    sys.exit(0)

# ---- outside

import pytest  # noqa: E402

from harness.live_servers import LIVE, need  # noqa: E402

PROGRAM = LIVE / "bin" / "weaviate-server"


class Weaviate:
    """One node. `key` None: everybody may do everything."""

    def __init__(self, folder: Path, key: str | None = None, certificate: tuple[Path, Path] | None = None, **variables: str):
        need(PROGRAM, PROGRAM.name)
        self.folder, self.key, self.certificate, self.extra = folder, key, certificate, variables
        self.process: subprocess.Popen | None = None
        folder.mkdir(parents=True)
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
            self.port = listener.getsockname()[1]
            self.gate = subprocess.Popen(
                ["unshare", "--net", sys.executable, __file__, str(listener.fileno())], pass_fds=(listener.fileno(),),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.gate.stdout.readline() != "up\n":
            pytest.skip("Weaviate needs a network namespace, which is not allowed here: " + self.gate.communicate()[1].strip())
        self.start()

    @property
    def address(self) -> str:
        return f"{'weaviates' if self.certificate else 'weaviate'}://{'localhost' if self.certificate else '127.0.0.1'}:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def variables(self) -> dict[str, str]:
        keys = {"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true"} if self.key is None else {
            "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false", "AUTHENTICATION_APIKEY_ENABLED": "true",
            "AUTHENTICATION_APIKEY_ALLOWED_KEYS": f"{self.key},{self.key}-reader", "AUTHENTICATION_APIKEY_USERS": "tester,reader",
            "AUTHORIZATION_ADMINLIST_ENABLED": "true", "AUTHORIZATION_ADMINLIST_USERS": "tester",
            "AUTHORIZATION_ADMINLIST_READONLY_USERS": "reader"}
        return {"PERSISTENCE_DATA_PATH": str(self.folder / "data"), "DEFAULT_VECTORIZER_MODULE": "none", "ENABLE_MODULES": "",
                "DISABLE_TELEMETRY": "true", "GO_PROFILING_DISABLE": "true", "LOG_LEVEL": "warning", "GOMEMLIMIT": "1GiB",
                "CLUSTER_HOSTNAME": "node1", "CLUSTER_BIND_ADDR": "127.0.0.1", "CLUSTER_ADVERTISE_ADDR": "127.0.0.1",
                "CLUSTER_GOSSIP_BIND_PORT": "7946", "CLUSTER_DATA_BIND_PORT": "7947", "RAFT_BOOTSTRAP_EXPECT": "1",
                "RAFT_PORT": "8300", "RAFT_INTERNAL_RPC_PORT": "8301", **keys, **self.extra}

    def start(self) -> None:
        listen = ["--scheme", "http", "--host", "127.0.0.1", "--port", str(INNER_PORT)]
        if self.certificate:
            listen = ["--scheme", "https", "--tls-host", "127.0.0.1", "--tls-port", str(INNER_PORT), "--tls-certificate",
                      str(self.certificate[0]), "--tls-key", str(self.certificate[1])]
        with (self.folder / "log").open("ab") as out:
            self.process = subprocess.Popen(
                ["nsenter", f"--net=/proc/{self.gate.pid}/ns/net", PROGRAM, *listen], env={**os.environ, **self.variables()},
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        end = time.monotonic() + READY_S
        while not self.is_ready():
            assert self.process.poll() is None and time.monotonic() < end, self.log[-3000:]
            time.sleep(0.1)

    def is_ready(self) -> bool:
        if self.certificate:  # who it is is what the test is about
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
                probe.settimeout(1)
                with contextlib.suppress(TimeoutError):
                    return probe.recv(1) != b""
                return True  # it waits for our hello
            return False
        try:
            return self.request("GET", "/v1/.well-known/ready") is not None
        except OSError:
            return False

    def request(self, method: str, path: str, body: dict | None = None):
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else {}

    def count(self, collection: str, tenant: str) -> int:
        """Records but for the one of a project that belongs to no object."""
        found = self.request("POST", "/v1/graphql", {
            "query": '{Aggregate{%s(tenant:"%s"){meta{count}}}}' % (collection, tenant)})
        return found["data"]["Aggregate"][collection][0]["meta"]["count"] - 1

    def stop(self, how: int = signal.SIGKILL) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def restart(self) -> None:
        self.stop()
        self.start()

    def end(self) -> None:
        self.stop()
        self.gate.terminate()
        self.gate.wait(30)
