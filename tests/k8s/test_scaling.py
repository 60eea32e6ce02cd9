"""KEDA scales what the chart installs by how much waits in Kafka: frames of real videos, which nobody indexes at first.

What it starts is put on nodes of kwok's and only seems to run. The parts that do the work are processes beside the cluster.
"""

import contextlib
import time

import pytest

from harness import clips
from harness.program import run, start
from harness.vectors import serving_vectors
from harness.waiting import until
from k8s_cluster import NODE, need, note
from k8s_keda import ON_FAKE_NODES, Scaled, add_fake_nodes, keda_said, start_keda
from k8s_release import Release, values
from s3_server import write_keys

NAMESPACE, PREFIX = "lag", "lag."
PARTITIONS, CEILING, FRAMES_A_REPLICA = 8, 6, 20
VALUES = {
    "queue": {"prefix": PREFIX, "partitions": PARTITIONS, "initJob": {"enabled": False}}, "vectorIndex": {"url": f"http://{NODE}:8081"},
    "scale": CEILING, "indexer": {"lagThreshold": FRAMES_A_REPLICA, "replicas": {"min": 0}}, **ON_FAKE_NODES,
    "autoscaling": {"mode": "keda", "scaleDownStabilizationSeconds": 5, "keda": {"pollingInterval": 2, "cooldownPeriod": 5}},
}


@pytest.fixture(scope="module")
def settings(servers, tmp_path_factory):
    """How the parts beside the cluster are started: (home, settings). The topics are there, as the chart's job makes them."""
    folder = tmp_path_factory.mktemp("beside")
    home = folder / "home"
    home.mkdir()
    write_keys(home)
    password = home / "password"
    password.write_text(servers.redis.password)
    password.chmod(0o600)
    queue = ("--queue", f"kafka://{servers.kafka.address}/{PREFIX}", "--kafka-partitions", str(PARTITIONS), "--kafka-replication", "1")
    run("queue", "init", *queue, home=home)
    with serving_vectors(home, folder / "vectors") as vectors:
        yield home, (*queue, *servers.s3.settings("lag"), "--meta-store", servers.redis_address, "--redis-password-file", password,
                     "--redis-prefix", "lag", "--vector-index", vectors)


@pytest.fixture(scope="module")
def indexers(controlled, servers, settings):
    """Those of a release with KEDA."""
    need("keda-operator", "keda-adapter", "kwok")
    add_fake_nodes(controlled, 2)
    started = time.monotonic()
    start_keda(controlled)
    note(f"KEDA answers after {time.monotonic() - started:.1f} s")
    controlled.make_namespace(NAMESPACE)
    Release(controlled, NAMESPACE).helm("install", values(servers, VALUES), "--wait", "--timeout", "8m")
    return Scaled(controlled, NAMESPACE, "fh-framehound-indexer", "frames")


def test_keda_knows_how_to_scale_every_part_that_ingests(indexers):
    for part in ("splitter", "downloader", "indexer", "tracker"):
        scaled = Scaled(indexers.cluster, NAMESPACE, f"fh-framehound-{part}", "messages")
        until(f"KEDA to take {scaled.name}", lambda: scaled.conditions().get("Ready") == "True",
              said=lambda: f"{scaled.conditions()}\n{keda_said(indexers.cluster)}")


def test_there_are_as_many_indexers_as_the_frames_that_wait_ask_for(indexers, settings, data):
    home, stores = settings
    with contextlib.ExitStack() as stack:
        def run_part(part: str):
            server = start(home, data / part, *stores, command=part)
            stack.callback(server.stop)
            return server

        def submit(project: str, fps: int) -> str:
            return server.post(f"/api/v1/projects/{project}/videos", {
                "source": str(clips.bikes()), "fps": fps, "chunk_seconds": 1}).json()["id"]

        def progress() -> list[dict]:
            return [server.get(f"/api/v1/videos/{video}").json()["progress"] for video in videos]

        indexers.until(waiting=0, replicas=0)
        server = run_part("query")
        run_part("splitter")
        run_part("downloader")
        videos = [submit("some", fps=5)]
        # 50 / 20, rounded up, and no more than that.
        indexers.until(waiting=50, replicas=3)
        assert indexers.settled() == 3
        videos.append(submit("many", fps=25))
        until("all frames to wait", lambda: [(one["frames_emitted"], one["frames_indexed"]) for one in progress()] == [(50, 0), (250, 0)], 300)
        # 300 wait. KEDA says no more than a reader for each partition asks for, and the chart's ceiling is lower still.
        indexers.until(waiting=PARTITIONS * FRAMES_A_REPLICA, replicas=CEILING)
        assert indexers.settled() == CEILING
        note(f"{indexers.name}: nodes and pods: {indexers.nodes()}")
        assert [one["frames_indexed"] for one in progress()] == [0, 0]

        run_part("indexer")
        run_part("tracker")
        for video, frames in zip(videos, (50, 250), strict=True):
            state = server.wait_for_end(video, seconds=600)
            assert (state["state"], state["errors"], state["progress"]["frames_indexed"]) == ("done", [], frames)
        note(f"an indexer beside the cluster has indexed {len(videos)} videos, 300 frames")
        indexers.until(waiting=0, replicas=0)
