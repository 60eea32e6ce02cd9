"""A part that is a process of its own answers supervisors, where it is told to."""

import re
import subprocess
import time

import pytest

from harness.program import PROGRAM, SLOWNESS, HttpError, environment, run, start
from harness.ports import free_port

PARTS = ("splitter", "downloader", "indexer", "tracker")
TOKEN = "a-token-of-some-length"


def serving_part(home, data, part: str, *args: str, token: str | None = None):
    """The part, when it says where it answers."""
    server = start(home, data, "--probe-listen", "127.0.0.1:0", *args, command=part, token=token)
    end = time.monotonic() + 60 * SLOWNESS
    while not (said := re.search(r"supervisors are answered on 127\.0\.0\.1, port (\d+)", server.log.read_text())):
        assert server.process.poll() is None, server.tail()
        assert time.monotonic() < end, server.tail()
        time.sleep(0.05)
    server.url = f"http://127.0.0.1:{said[1]}"
    return server


@pytest.mark.parametrize("part", PARTS)
def test_a_part_says_that_it_lives_and_that_its_stores_answer(home, data, part):
    server = serving_part(home, data, part)
    try:
        assert server.get("/healthz").json()["status"] == "ok"
        assert set(server.get("/readyz").json()["checks"].values()) == {"ok"}
        assert "# TYPE framehound_" in server.get("/metrics").body.decode()
        with pytest.raises(HttpError) as refused:
            server.get("/api/v1/projects")
        assert refused.value.status == 404
    finally:
        assert server.stop() == 0


def test_figures_want_the_token_and_health_does_not(home, data, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    server = serving_part(home, data, "downloader", "--token-file", str(file), token=TOKEN)
    try:
        assert server.get("/metrics").status == 200
        assert set(server.get("/readyz").json()["checks"].values()) == {"ok"}
        server.token = None
        assert server.get("/healthz").status == 200
        # Checks name servers and paths.
        assert server.get("/readyz").json() == {"status": "ok"}
        with pytest.raises(HttpError) as refused:
            server.get("/metrics")
        assert refused.value.status == 401
    finally:
        assert server.stop() == 0


def test_other_machines_are_let_in_with_a_token_only(home, data):
    done = run("tracker", "--data", data, "--probe-listen", "0.0.0.0:0", home=home, check=1)
    assert "--token-file" in done.stderr


def test_an_address_that_is_none_is_wrong_usage(home, data):
    done = run("indexer", "--data", data, "--probe-listen", "here", home=home, check=2)
    assert "--probe-listen" in done.stderr and not data.exists()


def test_a_vector_index_that_starts_beside_a_part_is_waited_for(home, data, tmp_path):
    port = free_port()
    part = start(home, data, "--probe-listen", "127.0.0.1:0", "--vector-index", f"http://127.0.0.1:{port}", command="downloader")
    # It has come as far as the stores; nobody listens at the port yet.
    end = time.monotonic() + 60 * SLOWNESS
    while not (data / "queue.sqlite").exists():
        assert part.process.poll() is None and time.monotonic() < end, part.tail()
        time.sleep(0.01)
    vectors = subprocess.Popen([PROGRAM, "vectors", "--data", tmp_path / "vectors", "--listen", f"127.0.0.1:{port}"],
                               env=environment(home), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while "supervisors are answered" not in part.log.read_text():
            assert part.process.poll() is None and time.monotonic() < end, part.tail()
            time.sleep(0.05)
        assert part.stop() == 0
    finally:
        part.kill()
        vectors.terminate()
        vectors.wait(60)
