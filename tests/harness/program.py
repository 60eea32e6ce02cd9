"""Runs the program: commands, and servers over a data folder of their own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("FRAMEHOUND_BIN", ROOT / "build" / "framehound"))
SLOWNESS = int(os.environ.get("FRAMEHOUND_SLOWNESS", "1"))

# A test must not find the tester's own settings or server.
_CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("FRAMEHOUND_", "AWS_"))}
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def environment(home: Path) -> dict[str, str]:
    return {**_CLEAN, "HOME": str(home), "XDG_DATA_HOME": str(home / "share"), "LC_ALL": "C.UTF-8"}


def run(*args: str | Path, home: Path, timeout: float = 120, check: int | None = 0, within: tuple[str, ...] = (),
        **more) -> subprocess.CompletedProcess:
    """Runs a command to its end; `check` is the exit status it must have (None: any)."""
    done = subprocess.run(
        [*within, PROGRAM, *map(str, args)], env=environment(home), capture_output=True, text=True,
        timeout=timeout * SLOWNESS, stdin=subprocess.DEVNULL, **more)
    if check is not None:
        assert done.returncode == check, f"{args}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def ingest(source: str | Path, home: Path, data: Path, *args: str, project: str = "test", check: int | None = 0) -> dict:
    """A complete run in one process; the result object of `--json`."""
    done = run("ingest", source, "--project", project, "--data", data, "--wait", "--json", *args, home=home, check=check)
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else {"stderr": done.stderr}


def frames(video: str, home: Path, data: Path) -> list[dict]:
    done = run("frames", video, "--data", data, "--json", home=home)
    return [json.loads(line) for line in done.stdout.splitlines()]


class HttpError(Exception):
    def __init__(self, status: int, headers, body: bytes):
        super().__init__(f"status {status}: {body[:400]!r}")
        self.status, self.headers, self.body = status, headers, body

    def problem(self) -> dict:
        assert self.headers["Content-Type"].startswith("application/problem+json"), self
        return json.loads(self.body)


@dataclass
class Answer:
    status: int
    headers: object
    body: bytes

    def json(self):
        return json.loads(self.body)


@dataclass
class Server:
    """A running `framehound up` (or one part) with its log."""

    process: subprocess.Popen
    data: Path
    log: Path
    url: str = ""
    token: str | None = None
    calls: list[tuple[str, str, Answer]] = field(default_factory=list)

    def request(self, method: str, path: str, body=None, headers: dict | None = None, raw: bytes | None = None) -> Answer:
        headers = dict(headers or {})
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with _NO_PROXY.open(request, timeout=60 * SLOWNESS) as got:
                answer = Answer(got.status, got.headers, got.read())
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, error.headers, error.read())
        self.calls.append((method, path, answer))
        if answer.status >= 400:
            raise HttpError(answer.status, answer.headers, answer.body)
        return answer

    def get(self, path: str, **more) -> Answer:
        return self.request("GET", path, **more)

    def post(self, path: str, body=None, **more) -> Answer:
        return self.request("POST", path, body=body, **more)

    def wait_for_end(self, video: str, seconds: float = 180, tracked: bool = True) -> dict:
        """Until the video is final, and its objects are followed where there is something to follow."""
        end = time.monotonic() + seconds * SLOWNESS
        while True:
            state = self.get(f"/api/v1/videos/{video}").json()
            to_track = tracked and state["state"] in ("done", "incomplete")
            if state["state"] not in ("queued", "running") and (state["progress"]["tracked"] or not to_track):
                return state
            assert time.monotonic() < end, f"video {video} does not end: {state}\n{self.tail()}"
            assert self.process.poll() is None, f"the server ended\n{self.tail()}"
            time.sleep(0.05)

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds: float = 60) -> int:
        """Asks it to end, as an operator would; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds * SLOWNESS)


def start(home: Path, data: Path, *args: str, command: str = "up", token: str | None = None,
          within: tuple[str, ...] = ()) -> Server:
    """Starts a server on a port the kernel chooses, and waits until it is ready; `within`: what its command begins with."""
    data.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}-{command}-{time.monotonic_ns()}.log"
    listen = ("--listen", "127.0.0.1:0") if command in ("up", "query") else ()
    (data / "server.json").unlink(missing_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*within, PROGRAM, command, "--data", data, *listen, *args], env=environment(home),
            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    server = Server(process, data, log, token=token)
    if not listen:
        return server
    end = time.monotonic() + 60 * SLOWNESS
    while not server.url:
        assert process.poll() is None, f"the server ended at once\n{server.tail()}"
        assert time.monotonic() < end, f"the server does not come up\n{server.tail()}"
        with contextlib.suppress(OSError, ValueError, KeyError):
            server.url = json.loads((data / "server.json").read_text())["url"]
            break
        time.sleep(0.02)
    assert server.get("/readyz").json()["status"] == "ok"
    return server


@contextlib.contextmanager
def serving(home: Path, data: Path, *args: str, **more):
    server = start(home, data, *args, **more)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
