"""What `framehound doctor` says of a folder, and of servers that are not as they should be, so far as `make test` has them.
Those of `make test-live` are in tests/live/test_doctor.py."""

import os
import socket
import subprocess
import threading

import pytest

from harness import clips
from harness.certificates import make_certificate
from harness.doctor import doctor
from harness.ports import free_port
from harness.program import ingest, serving
from harness.redis_server import Redis
from harness.strict_pinecone import KEY, StrictPinecone


def possible(*within: str) -> tuple[str, ...]:
    """What a command begins with; the test is skipped where that is not allowed."""
    done = subprocess.run([*within, "true"], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("this is not allowed here: " + done.stderr.strip())
    return within


def mounted(options: str, folder) -> tuple[str, ...]:
    """With an empty file system at the folder, which nobody else sees."""
    namespaces = ("--mount",) if os.geteuid() == 0 else ("--mount", "--map-root-user")
    return possible("unshare", *namespaces, "sh", "-c", f'mount -t tmpfs -o {options} none "$0" && exec "$@"', str(folder))


# ---- programs


def test_what_runs_the_scripts_of_pages_is_told(home, data, tmp_path):
    if not (clips.DEPS / "venv" / "bin" / "deno").exists():
        pytest.skip("Deno is not installed: run make setup")
    assert doctor(home, data).has("ok", "deno", "deno-")
    said = doctor(home, data, "--deno", "")
    assert said.has("warning", "deno", "YouTube", "name Deno 2.3 or newer with --deno"), said.text
    # One that is older, and a yt-dlp from before there was any.
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\necho deno 2.2.9\n")
    old.chmod(0o755)
    said = doctor(home, data, "--deno", old)
    assert said.has("warning", "deno", "finds none"), said.text
    old.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 2024.01.01 && exit\n"
                   "echo 'yt-dlp: error: no such option: --js-runtimes' >&2\nexit 2\n")
    said = doctor(home, data, "--yt-dlp", old)
    assert said.has("wrong", "deno", "no such option", "name a newer one with --yt-dlp"), said.text


# ---- the folder


def test_a_folder_that_may_not_be_written_is_told(home, data):
    data.mkdir(mode=0o555)
    # Root is let everywhere, unless it gives that up.
    within = possible("setpriv", "--bounding-set=-dac_override", "--inh-caps=-all") if os.geteuid() == 0 else ()
    said = doctor(home, data, within=within)
    assert said.status == 1
    assert said.has("wrong", "folder", str(data), "name another folder with --data, or let this user write there"), said.text


def test_a_folder_that_is_mounted_for_reading_only_is_told(home, data):
    data.mkdir()
    said = doctor(home, data, within=mounted("ro", data))
    assert said.status == 1
    assert said.has("wrong", "folder", str(data), "name another folder with --data, or let this user write there"), said.text


def test_a_folder_that_others_may_look_into_is_told_and_what_is_in_it_is_private(home, data):
    data.mkdir()
    data.chmod(0o755)
    with serving(home, data) as server:
        video = server.post("/api/v1/projects/p/videos", {"source": str(clips.bikes()), "limit_seconds": 1}).json()["id"]
        assert server.wait_for_end(video)["state"] == "done"
        # OpenVINO gives its files of networks a mode of its own; their folder is closed.
        readable = [(path, oct(path.stat().st_mode)) for path in data.rglob("*")
                    if path.stat().st_mode & 0o077 and path.parent != data / "cache"]
        assert not readable
    assert f"chmod 700 {data}" in server.log.read_text()
    said = doctor(home, data)
    assert said.status == 0 and said.has("warning", "folder", f"others on this machine may look into {data}", "chmod 700"), said.text
    data.chmod(0o700)
    assert "chmod 700" not in doctor(home, data).text
    # As an earlier version left it.
    (data / "meta.sqlite").chmod(0o644)
    ingest(clips.bikes(), home, data, "--limit", "1", project="p")
    assert (data / "meta.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_disk_with_little_room_is_told_with_how_much_there_is(home, data):
    data.mkdir()
    said = doctor(home, data, within=mounted("size=200m", data))
    assert (said.status, said.wrong()) == (1, ["disk"]), said.text
    assert said.has("wrong", "disk", f"209.7 MB free in {data}", "make room, or name another folder with --data"), said.text
    roomy = doctor(home, data, within=mounted("size=4g", data))
    assert (roomy.status, roomy.wrong()) == (0, []), roomy.text
    assert roomy.has("ok", "disk", f"4.3 GB free in {data}"), roomy.text


def test_a_folder_in_which_nothing_is_yet_is_well(home, data):
    (data / "lost+found").mkdir(parents=True)  # as a volume that was just made has it
    said = doctor(home, data)
    assert said.status == 0, said.text
    assert said.has("ok", "data", f"nothing is in {data} yet"), said.text


def test_a_folder_that_does_not_say_any_more_what_it_is_is_not_taken_for_a_new_one(home, data):
    data.mkdir()
    (data / "meta.sqlite").touch()
    said = doctor(home, data)
    assert said.status == 1 and "is no data folder" in said.text, said.text


# ---- Redis


class Rewriter:
    """Stands before a server whose answers end lines, and says one word for another."""

    def __init__(self, port: int, word: bytes, other: bytes):
        assert len(word) == len(other)  # answers tell their length before
        self.inner, self.word, self.other = port, word, other
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.inner), 10)
            server.settimeout(None)
            threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    @staticmethod
    def _ask(client: socket.socket, server: socket.socket) -> None:
        with client, server:
            while data := client.recv(65536):
                server.sendall(data)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with server.makefile("rb") as lines:
            for line in lines:
                client.sendall(line.replace(self.word, self.other))


@pytest.fixture
def redis(tmp_path):
    server = Redis(tmp_path / "redis")
    yield server
    server.end()


def test_a_redis_that_is_too_old_is_told_with_its_version(home, data, redis):
    version = next(line for line in redis.tell("INFO", "server").splitlines() if line.startswith("redis_version:"))
    old = Rewriter(redis.port, version[:15].encode(), b"redis_version:6")
    try:
        said = doctor(home, data, "--meta-store", f"redis://127.0.0.1:{old.port}/0")
        assert (said.status, said.wrong()) == (1, ["redis"]), said.text
        assert said.has("wrong", "redis", f"is of version 6{version[15:]}, which is too old", "take Redis 7.0 or newer"), said.text
    finally:
        old.close()


def test_mistakes_with_tls_to_redis_are_told(home, data, tmp_path):
    certificate, key = make_certificate(tmp_path, "DNS:localhost")
    (tmp_path / "other").mkdir()
    stranger, _ = make_certificate(tmp_path / "other", "DNS:localhost")
    port = free_port()
    redis = Redis(tmp_path / "redis", "--tls-port", port, "--tls-cert-file", certificate, "--tls-key-file", key,
                  "--tls-auth-clients", "no")
    try:
        store = ("--meta-store", f"rediss://localhost:{port}/0", "--redis-timeout", "5s")
        well = doctor(home, data, *store, "--redis-ca", certificate)
        assert well.wrong() == [] and well.has("ok", "redis", f"rediss://localhost:{port}/0", "answers and lets us in"), well.text
        for settings in ((), ("--redis-ca", stranger)):
            untrusted = doctor(home, data, *store, *settings)
            assert untrusted.wrong() == ["redis"], untrusted.text
            assert untrusted.has("wrong", "redis", f"rediss://localhost:{port}/0", "certificate is not trusted"), untrusted.text
        numbered = doctor(home, data, "--meta-store", f"rediss://127.0.0.1:{port}/0", "--redis-ca", certificate)
        assert numbered.has("wrong", "redis", f"rediss://127.0.0.1:{port}/0", "certificate is not trusted"), numbered.text
        clear = doctor(home, data, "--meta-store", f"rediss://localhost:{redis.port}/0", "--redis-ca", certificate)
        assert clear.wrong() == ["redis"]
        assert clear.has("wrong", "redis", f"rediss://localhost:{redis.port}/0", "does not speak TLS there: write redis://"), clear.text
        missing = doctor(home, data, "--meta-store", f"redis://localhost:{port}/0")
        assert missing.wrong() == ["redis"]
        assert missing.has("wrong", "redis", f"redis://localhost:{port}/0", "speaks TLS there: write rediss://"), missing.text
        needless = doctor(home, data, "--meta-store", redis.address, "--redis-ca", certificate)
        assert needless.has("wrong", "redis", "write rediss:// in its address"), needless.text
    finally:
        redis.end()


# ---- the vector index


def test_an_index_that_compares_by_another_metric_is_told_and_left_alone(home, data, tmp_path):
    key = tmp_path / "key"
    key.write_text(KEY + "\n")
    key.chmod(0o600)
    for metric, wrong in (("dotproduct", ["vectors"]), ("cosine", [])):
        service = StrictPinecone(metric=metric)
        try:
            said = doctor(home, data, "--vector-index", service.url, "--vector-key-file", key)
        finally:
            service.close()
        assert said.wrong() == wrong and service.refusals == [], said.text
        tried = any(path == "/vectors/upsert" for path, _ in service.requests)
        assert tried == (metric == "cosine")
        if wrong:
            assert said.has("wrong", "vectors", service.url, 'by the metric "dotproduct"', "with the metric cosine"), said.text
