"""What nobody wishes for: each is told with its server and setting, ends nothing, and passes when its cause does.

Full Redis memory is in tests/integration/test_redis.py, a bucket that turns read-only in test_s3.py.
"""

import json
import shutil
import signal
import subprocess

import pytest

from cluster import wait_until
from harness import clips
from harness.program import HttpError, run, serving, start
from kafka_server import Kafka
from s3_server import Versity, write_keys

SKEW = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long skew(void)
{
    char text[32] = "0";
    int fd = open(getenv("SKEW_FILE"), O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, text, sizeof(text) - 1) < 0)
            text[0] = '0';
        close(fd);
    }
    return atol(text);
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
    int result = (int)syscall(SYS_clock_gettime, id, ts);
    if (id == CLOCK_REALTIME)
        ts->tv_sec += skew();
    return result;
}

time_t time(time_t *out)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    if (out != NULL)
        *out = ts.tv_sec;
    return ts.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec ts;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &ts);
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;
    return 0;
}
"""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    server = Kafka(tmp_path_factory.mktemp("kafka"))
    yield server
    server.stop()


def post(server, fps: int = 5, project: str = "test") -> str:
    return server.post(f"/api/v1/projects/{project}/videos", {
        "source": str(clips.bikes()), "chunk_seconds": 1, "fps": fps}).json()["id"]


def test_messages_that_nobody_understands_become_dead_letters_with_a_reason(home, data, kafka):
    queue = ("--queue", f"kafka://{kafka.address}/strange.", "--kafka-partitions", "4", "--kafka-replication", "1")
    with serving(home, data, *queue) as server:
        video = post(server)
        assert server.wait_for_end(video)["state"] == "done"
        kafka.plant("strange.frames", "this is no JSON", '{"v":9,"project":"test"}',
                    json.dumps({"v": 1, "padding": "x" * 1_500_000}), key=f"{video}/0")
        wait_until(lambda: len(server.get("/api/v1/dead-letters").json()["dead_letters"]) >= 3, said=server.tail)
        letters = server.get("/api/v1/dead-letters").json()["dead_letters"]
        reasons = [letter["reason"] for letter in letters]
        assert len(letters) == 3 and {letter["topic"] for letter in letters} == {"frames"}
        assert any("JSON" in reason for reason in reasons), reasons
        assert any("version" in reason or '"v"' in reason for reason in reasons), reasons
        assert any("bytes" in reason for reason in reasons), reasons
        # Each once: nothing goes round and round.
        said = server.log.read_text(errors="replace")
        assert sum(f"frames {video}/0, attempt" in line for line in said.splitlines()) == 3, said[-3000:]
        # Trying one again is answered, and comes to the same.
        for letter in letters:
            try:
                server.post(f"/api/v1/dead-letters/{letter['id']}/retry")
            except HttpError as error:
                assert error.status in (409, 413, 422), error
        other = post(server, fps=2)
        assert server.wait_for_end(other)["state"] == "done"


def test_a_consumer_that_was_thrown_out_of_its_group_says_so_and_joins_again(home, data, kafka, tmp_path):
    queue = ("--queue", f"kafka://{kafka.address}/slow.", "--kafka-partitions", "8", "--kafka-replication", "1")
    with serving(home, data, *queue, command="query") as server:
        parts = [start(home, data, *queue, command=part) for part in ("splitter", "downloader", "tracker")]
        slow, other = (start(home, data, *queue, command="indexer") for _ in range(2))
        try:
            def indexed_by(part) -> int:
                workers = server.get("/api/v1/workers").json()["workers"]
                return sum(worker["indexed"] for worker in workers if f"-{part.process.pid}-" in worker["id"])

            # The first in a group has all of the work for some seconds, and may be done with it by then.
            for fps in range(6, 18):
                server.wait_for_end(post(server, fps=fps))
                if indexed_by(slow) > 0 and indexed_by(other) > 0:
                    break
            assert indexed_by(slow) > 0 and indexed_by(other) > 0, slow.tail() + other.tail()
            before = indexed_by(slow)
            video = post(server, fps=20)
            wait_until(lambda: indexed_by(slow) > before, 180, slow.tail)
            slow.process.send_signal(signal.SIGSTOP)
            # Its session ends after 15 s; only then others get what it had in hand, and its partitions of what comes.
            state = server.wait_for_end(video)
            assert (state["state"], state["errors"]) == ("done", [])
            second = post(server, fps=4)
            assert server.wait_for_end(second)["state"] == "done"
            slow.process.send_signal(signal.SIGCONT)
            wait_until(lambda: "has thrown this process out of the group slow.frames" in slow.log.read_text(), said=slow.tail)
            said = slow.log.read_text()
            assert f"Kafka at {kafka.address} (--queue)" in said and "session.timeout.ms" in said
            # Alone, it does all the work.
            assert other.stop() == 0
            third = post(server, fps=3)
            state = server.wait_for_end(third)
            assert (state["state"], state["errors"]) == ("done", [])
            assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
            assert slow.log.read_text().count("has thrown this process out") == 1
        finally:
            for part in (*parts, slow, other):
                if part.process.poll() is None:
                    part.process.send_signal(signal.SIGCONT)
                    part.kill()


def test_a_clock_beyond_what_s3_accepts_stops_the_work_until_it_is_set(home, data, tmp_path):
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no compiler is here to make a clock that can be turned")
    write_keys(home)
    source, library, skew = tmp_path / "skew.c", tmp_path / "skew.so", tmp_path / "skew"
    source.write_text(SKEW)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    skew.write_text("0")
    within = ("env", f"LD_PRELOAD={library}", f"SKEW_FILE={skew}")
    s3 = Versity(tmp_path / "s3")
    settings = s3.settings("clock")
    try:
        with serving(home, data, *settings, "--max-attempts", "2", within=within) as server:
            skew.write_text("3600")
            video = post(server)
            wait_until(lambda: "work stops until the stores can be used again" in server.log.read_text(), said=server.tail)
            assert s3.url in server.log.read_text() and "set this machine's clock" in server.log.read_text()
            with pytest.raises(HttpError) as unready:
                server.get("/readyz")
            assert unready.value.status == 503 and "clock" in unready.value.body.decode()
            lines = len(server.log.read_text().splitlines())
            skew.write_text("0")
            state = server.wait_for_end(video)
            assert (state["state"], state["errors"]) == ("done", [])
            assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
            assert lines < 40, server.tail()
        skew.write_text("-3600")
        refused = run("up", "--data", data, "--listen", "127.0.0.1:0", *settings, home=home, check=None, within=within)
        assert refused.returncode == 1 and "set this machine's clock" in refused.stderr
        said = run("doctor", "--data", data, "--json", home=home, check=1, within=within).stdout
        lines = [json.loads(line) for line in said.splitlines()]
        assert any(line.get("check") == "s3" and line["level"] == "wrong" and "60 minutes behind" in line["text"]
                   for line in lines), said
    finally:
        s3.stop()
