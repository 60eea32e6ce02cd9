"""The chart and the image on a real node: kubelet, containerd, runc."""

import json
import os
import subprocess
import time

import pytest

from k8s_cluster import BIN, note
from harness.deployment import assert_as_alone, frames_of, upload
from harness.program import run
from k8s_release import PARTS, Release, values

NAMESPACE = "video"
FPS = 2


@pytest.fixture(scope="module")
def release(node, servers, tmp_path_factory):
    """Installed, with all parts ready."""
    node.make_namespace(NAMESPACE)
    disk = tmp_path_factory.mktemp("disk")
    os.chown(disk, 10001, 10001)
    node.kubectl("apply", "-f", "-", input=json.dumps({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "vectors"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": str(disk)}}}))
    made = Release(node, NAMESPACE)
    started = time.monotonic()
    made.helm("install", values(servers), "--wait", "--timeout", "8m")
    note(f"helm install --wait: all parts are ready after {time.monotonic() - started:.1f} s")
    note(made.kubectl("get", "pods", "-o", "custom-columns=POD:.metadata.name,PHASE:.status.phase,READY:.status.containerStatuses[0].ready,"
                      "RESTARTS:.status.containerStatuses[0].restartCount").stdout)
    return made


@pytest.fixture(scope="module")
def server(release, tmp_path_factory):
    return release.server(tmp_path_factory.mktemp("server"))


def test_all_parts_are_ready_and_none_was_started_twice(release):
    for part in (*PARTS, "vectors"):
        pods = release.cluster.pods(NAMESPACE, part)
        assert pods and release.ready(part) == len(pods)
        for pod in pods:
            if pod["status"]["containerStatuses"][0]["restartCount"] > 0:
                name = pod["metadata"]["name"]
                raise AssertionError(f"{name} was started again:\n" + release.kubectl("logs", name, "--previous", check=False).stdout)
    assert len(release.cluster.pods(NAMESPACE, "indexer")) == 2 and len(release.cluster.pods(NAMESPACE, "query")) == 2


def test_topics_were_made_by_the_job(release, servers, home):
    # It is gone, having succeeded. Had it made nothing, this would make the topics with three partitions.
    assert release.cluster.get("jobs", "-n", NAMESPACE)["items"] == []
    said = run("queue", "init", "--queue", f"kafka://{servers.kafka.address}/framehound.", "--kafka-partitions", "3",
               "--kafka-replication", "1", "--json", home=home).stdout
    partitions = {one["topic"]: one["partitions"] for one in map(json.loads, said.splitlines())}
    assert {partitions[f"framehound.{topic}"] for topic in ("sources", "segments", "frames", "detections")} == {8}


def test_a_video_is_ingested_as_on_one_machine(server, home, tmp_path):
    started = time.monotonic()
    state = server.wait_for_end(upload(server, FPS), seconds=300)
    took = time.monotonic() - started
    alone = assert_as_alone(server, state, home, tmp_path / "alone", FPS)
    note(f"a video was ingested in {took:.1f} s: {alone['frames']} frames, {alone['objects']} objects, {alone['tracks']} tracks, as on one machine")
    some = next(o["id"] for frame in frames_of(server, state["id"]) for o in frame["objects"])
    assert server.get(f"/api/v1/objects/{some}/similar?limit=5").json()["hits"] != []
    assert server.get(f"/api/v1/objects/{some}/image").body[:2] == b"\xff\xd8"


def test_a_rollout_in_the_middle_and_a_killed_pod_lose_nothing(release, server, home, tmp_path):
    video = upload(server, 5)
    victim = release.cluster.pods(NAMESPACE, "indexer")[0]["metadata"]["name"]
    release.kubectl("delete", "pod", victim, "--grace-period=0", "--force")
    for part in ("downloader", "indexer", "query"):
        release.roll(part)
    alone = assert_as_alone(server, server.wait_for_end(video, seconds=300), home, tmp_path / "alone", 5)
    assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
    note(f"an indexer was killed and downloader, indexer and query engine were rolled while a video was ingested: {alone['frames']} frames, as on one machine")


def test_a_part_ends_in_good_order_when_it_is_told_to(release):
    pod = release.cluster.pods(NAMESPACE, "tracker")[0]["metadata"]["name"]
    # What it says last is seen by whoever follows its log.
    with subprocess.Popen([BIN / "kubectl", "--kubeconfig", release.cluster.kubeconfig, "-n", NAMESPACE, "logs", "--follow", pod],
                          stdout=subprocess.PIPE, text=True) as follower:
        release.kubectl("delete", "pod", pod, "--wait", "--timeout=120s")
        log = follower.communicate(timeout=60)[0]
    assert "stopping: what is being worked on is finished or given back" in log
    release.wait_ready("tracker", 1)


def test_an_upgrade_with_other_settings_replaces_the_pods(release, servers, server):
    before = {pod["metadata"]["name"] for pod in release.cluster.pods(NAMESPACE, "indexer")}
    release.helm("upgrade", values(servers, {"logLevel": "debug"}), "--wait", "--timeout", "8m")
    after = {pod["metadata"]["name"] for pod in release.cluster.pods(NAMESPACE, "indexer") if "deletionTimestamp" not in pod["metadata"]}
    assert before.isdisjoint(after)
    assert server.get("/readyz").json()["status"] == "ok"
    assert server.get("/api/v1/projects/test/videos").json()["videos"] != []
    note("helm upgrade --wait with another setting: pods were replaced, what was stored is there")


def test_parts_that_lose_a_server_say_that_they_are_not_ready(release, servers):
    servers.redis.end()
    release.wait_ready("indexer", 0)
    servers.redis.start()
    release.wait_ready("indexer", 2)
    note("Redis was away: indexers were not ready meanwhile, and then by themselves again")


def test_pods_have_no_way_to_more_rights(release):
    pod = release.cluster.pods(NAMESPACE, "indexer")[0]["metadata"]["name"]
    script = ("import os; print(os.getuid(), open('/proc/self/status').read().split('CapEff:')[1].split()[0], "
              "open('/proc/self/status').read().split('NoNewPrivs:')[1].split()[0], os.access('/usr', os.W_OK), os.listdir('/root') if os.path.exists('/root') else '')")
    said = release.kubectl("exec", pod, "--", "/usr/bin/python3", "-I", "-c", script).stdout.split()
    assert said[:4] == ["10001", "0000000000000000", "1", "False"]
    asked = release.kubectl("exec", pod, "--", "/usr/bin/python3", "-I", "/usr/lib/framehound/answers", "8082", "/readyz", check=False)
    assert asked.returncode == 0, asked.stderr
