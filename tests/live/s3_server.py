"""S3 servers of a test's own, on 127.0.0.1: Versity's gateway and MinIO; stopped, changed and started again at will."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness.live_servers import LIVE, need
from harness.ports import free_port

BIN = LIVE / "bin"
KEY, SECRET = "tester", "a-secret-that-no-log-may-hold"
READY_S = 60


class S3Server:
    """One server over a folder, whose subfolders are its buckets."""

    program = ""

    def __init__(self, folder: Path, bucket: str = "media", certificate: tuple[Path, Path] | None = None):
        need(BIN / self.program, self.program, self.group)
        self.folder, self.bucket, self.certificate, self.secret = folder, bucket, certificate, SECRET
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        (folder / "data" / bucket).mkdir(parents=True)
        self.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://{self.host}"

    def command(self, read_only: bool) -> list[str]:
        raise NotImplementedError

    def variables(self) -> dict[str, str]:
        return {}

    def start(self, read_only: bool = False) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [BIN / self.program, *self.command(read_only)], env={**os.environ, **self.variables()},
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + READY_S
        while True:
            assert self.process.poll() is None, (self.folder / "log").read_text(errors="replace")[-2000:]
            assert time.monotonic() < end, f"{self.program} does not come up"
            if self.answers():
                return
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    def stop(self, how: int = signal.SIGKILL) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)

    def restart(self, read_only: bool = False) -> None:
        self.stop()
        self.start(read_only)

    def keys(self, prefix: str = "") -> list[str]:
        """What lies in the bucket, by looking at the folder behind the server's back."""
        root = self.folder / "data" / self.bucket
        found = [path.relative_to(root).as_posix() for path in root.rglob("*") if self.is_object(path)]
        return sorted(key for key in found if key.startswith(prefix))

    def is_object(self, path: Path) -> bool:
        return path.is_file() and not any(part.startswith(".") for part in path.parts)

    def settings(self, prefix: str) -> tuple[str, ...]:
        return ("--blob-store", f"s3://{self.bucket}/{prefix}", "--s3-endpoint", self.url)


class Versity(S3Server):
    program, group = "versitygw", "live"

    def command(self, read_only):
        certificate = ("--cert", self.certificate[0], "--key", self.certificate[1]) if self.certificate else ()
        return ["--port", self.host, "--keep-alive", "--quiet", "--virtual-domain", f"localhost:{self.port}",
                *map(str, certificate), *(("--readonly",) if read_only else ()), "posix", str(self.folder / "data")]

    def variables(self):
        return {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": self.secret}


class Minio(S3Server):
    program, group = "minio", "live-minio"

    def command(self, read_only):
        return ["server", "--address", self.host, str(self.folder / "data")]

    def variables(self):
        return {"MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET, "MINIO_BROWSER": "off", "MINIO_UPDATE": "off"}

    def answers(self):
        # It listens, and calls itself ready, before it can do anything. When it can, it refuses strangers.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            opener.open(f"{self.url}/{self.bucket}", timeout=1)
        except urllib.error.HTTPError as refused:
            return refused.code == 403
        except OSError:
            pass
        return False


def write_keys(home: Path, key: str = KEY, secret: str = SECRET) -> None:
    """Where AWS's own programs would find them."""
    (home / ".aws").mkdir(parents=True, exist_ok=True)
    (home / ".aws" / "credentials").write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
