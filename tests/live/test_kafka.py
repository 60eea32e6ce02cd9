"""The queue over Apache Kafka: its contract, and whole ingestions while brokers and processes are killed."""

import contextlib
import json
import signal
import uuid

import pytest

from cluster import wait_until
from harness import clips
from harness.ports import free_port
from harness.program import HttpError, frames, ingest, run, serving, start
from harness.reference import INGEST, all_frames, indexed, ingest_embedded, post
from kafka_server import Kafka


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    server = Kafka(tmp_path_factory.mktemp("kafka"))
    yield server
    server.stop()


@pytest.fixture
def queue(kafka):
    """The settings of a queue of the test's own."""
    return ("--queue", f"kafka://{kafka.address}/test-{uuid.uuid4().hex[:8]}.", "--kafka-partitions", "8",
            "--kafka-replication", "1")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the embedded queue makes of the clip."""
    return ingest_embedded(tmp_path_factory.mktemp("embedded"))


@contextlib.contextmanager
def at_work(home, data, queue):
    """Each part as a process, and two indexers, which it gives. Who was not killed ends in good order."""
    indexers = [start(home, data, *queue, command="indexer") for _ in range(2)]
    parts = [start(home, data, *queue, command=name) for name in ("splitter", "downloader", "tracker")] + indexers
    try:
        yield indexers
        for part in parts:
            assert part.process.poll() == -signal.SIGKILL or part.stop() == 0, part.tail()
    finally:
        for part in parts:
            if part.process.poll() is None:
                part.kill()


@pytest.mark.short
def test_it_keeps_the_contract_of_queues(kafka, run_c_test):
    run_c_test("src/queue/queue_contract", "kafka", FRAMEHOUND_TEST_KAFKA=kafka.address)


def test_groups_of_processes_lose_nothing(kafka, run_c_test):
    run_c_test("src/queue/queue_kafka_test", FRAMEHOUND_TEST_KAFKA=kafka.address)


def test_an_ingestion_over_it_ends_as_one_over_the_embedded_queue(home, data, queue, expected):
    video, reference = expected
    done = ingest(clips.bikes(), home, data, *INGEST, *queue)
    assert (done["video"], done["state"], done["errors"]) == (video, "done", [])
    assert frames(video, home, data) == reference


@pytest.mark.short
def test_a_broker_killed_in_the_middle_and_started_again_loses_nothing(home, data, kafka, queue, expected):
    with serving(home, data, *queue) as server:
        video = post(server)
        wait_until(lambda: indexed(server, video) >= 5, said=server.tail)
        kafka.stop()
        with pytest.raises(HttpError) as unready:
            server.get("/readyz")
        assert unready.value.status == 503 and kafka.address in unready.value.body.decode()
        kafka.start()
        state = server.wait_for_end(video)
        assert (state["state"], state["errors"]) == ("done", [])
        assert all_frames(server, video) == expected[1]
        assert server.get("/readyz").json()["status"] == "ok"


def test_parts_as_processes_share_the_work_and_one_is_killed(home, data, queue, expected):
    with serving(home, data, *queue, command="query") as server, at_work(home, data, queue) as indexers:
        video = post(server)
        wait_until(lambda: indexed(server, video) >= 5, said=server.tail)
        indexers[0].kill()
        state = server.wait_for_end(video)
        assert (state["state"], state["errors"]) == ("done", [])
        assert all_frames(server, video) == expected[1]
        # What the parts said is known to the query engine, which ran none of them.
        assert state["progress"]["frames_indexed"] == len(expected[1])


def test_queue_init_makes_the_topics_and_doctor_looks_at_them(home, data, queue):
    made = [json.loads(line) for line in run("queue", "init", *queue, "--json", home=home).stdout.splitlines()]
    assert {topic["topic"].split(".")[1]: topic["partitions"] for topic in made} == {
        "sources": 8, "segments": 8, "frames": 8, "detections": 8, "activity": 1, "dead-letters": 1}
    more = queue[:2] + ("--kafka-partitions", "16")
    said = run("doctor", "--data", data, *more, "--json", home=home, check=None).stdout.splitlines()
    checks = [json.loads(line) for line in said]
    assert [check["ok"] for check in checks if check.get("check") == "queue"] == [False] * 4 + [True] * 2
    assert "8 partitions" in next(check["text"] for check in checks if check.get("check") == "queue")


def test_hundreds_of_partitions_are_waited_for_until_the_brokers_answer_for_all_of_them(home, tmp_path):
    kafka = Kafka(tmp_path / "kafka")
    try:
        said = run("queue", "init", "--queue", f"kafka://{kafka.address}/many.", "--kafka-partitions", "512", "--kafka-replication",
                   "1", "--json", home=home, timeout=600).stdout.splitlines()
    finally:
        kafka.stop()
    made = [json.loads(line) for line in said]
    assert [topic["partitions"] for topic in made] == [512] * 4 + [1] * 2


def test_missing_brokers_are_named_with_their_setting(home, data):
    port = free_port()
    done = run("up", "--data", data, "--listen", "127.0.0.1:0", "--queue", f"kafka://127.0.0.1:{port}", home=home, check=1)
    assert f"127.0.0.1:{port} (--queue) does not answer" in done.stderr
    assert run("up", "--data", data, "--queue", "rabbit://x", home=home, check=None).returncode != 0


def test_of_three_brokers_one_is_killed_for_good_and_a_worker_too_and_nothing_is_lost(home, data, tmp_path, expected):
    cluster = Kafka(tmp_path / "cluster", brokers=3)
    queue = ("--queue", f"kafka://{cluster.address}/three.", "--kafka-partitions", "8", "--kafka-replication", "3")
    try:
        with serving(home, data, *queue, command="query") as server, at_work(home, data, queue) as indexers:
            video = post(server)
            wait_until(lambda: indexed(server, video) >= 5, said=server.tail)
            cluster.brokers[0].end(signal.SIGKILL)
            indexers[0].kill()
            state = server.wait_for_end(video)
            assert (state["state"], state["errors"]) == ("done", [])
            assert all_frames(server, video) == expected[1]
            assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
    finally:
        cluster.stop()
