"""A release of the chart on the test's cluster."""

from __future__ import annotations

import os

import yaml

from k8s_cluster import Cluster
from helm_chart import CHART, LEAST, merge
from harness.program import Server
from harness.waiting import until
from s3_server import KEY, SECRET

TOKEN = LEAST["secrets"]["token"]
PARTS = ("splitter", "downloader", "indexer", "tracker", "query")
# The node has two processors, which others use as well.
SMALL = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"cpu": "2", "memory": "2Gi"}}


def values(servers, more: dict | None = None) -> dict:
    repository, tag = os.environ["FRAMEHOUND_K8S_IMAGE"].rsplit(":", 1)
    return merge(merge(LEAST, {
        "image": {"repository": repository, "tag": tag, "pullPolicy": "Never"},
        "queue": {"brokers": [servers.kafka.address], "partitions": 8, "replication": 1},
        "blobStore": {"bucket": servers.s3.bucket, "endpoint": servers.s3.url},
        "metaStore": {"address": servers.redis_address},
        "secrets": {"redisPassword": servers.redis.password, "awsAccessKeyId": KEY, "awsSecretAccessKey": SECRET},
        "scale": 2, "autoscaling": {"mode": "none"}, "query": {"replicas": {"min": 2}},
        "vectors": {"resources": SMALL, "persistence": {"size": "1Gi"}},
        **{part: {"resources": SMALL} for part in PARTS if part != "query"},
    }), merge({"query": {"resources": SMALL}}, more or {}))


class Release:
    def __init__(self, cluster: Cluster, namespace: str, name: str = "fh"):
        self.cluster, self.namespace, self.name = cluster, namespace, name

    def helm(self, verb: str, settings: dict, *args: str) -> None:
        done = self.cluster.helm(verb, self.name, str(CHART), "--namespace", self.namespace, "--values", "-", *args,
                                 input=yaml.safe_dump(settings), check=False)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{self.trouble()}"

    def kubectl(self, *args: str, **more):
        return self.cluster.kubectl("--namespace", self.namespace, *args, **more)

    def trouble(self) -> str:
        """What to look at when something does not come up."""
        said = [self.kubectl("get", "pods", "-o", "wide", check=False).stdout,
                self.kubectl("get", "events", "--sort-by=.lastTimestamp", check=False).stdout[-6000:]]
        for pod in self.cluster.get("pods", "-n", self.namespace)["items"]:
            name = pod["metadata"]["name"]
            said.append(f"== {name}\n" + self.kubectl("logs", name, "--tail=15", check=False).stdout)
        return "\n".join(said)

    def server(self, folder) -> Server:
        """The query engines, by their service's address."""
        service = self.cluster.get("service", f"{self.name}-framehound", "-n", self.namespace)["spec"]
        log = folder / "log"
        log.touch()

        class Ever:
            def poll(self):
                return None

        return Server(Ever(), folder, log, url=f"http://{service['clusterIP']}:{service['ports'][0]['port']}", token=TOKEN)

    def roll(self, part: str) -> None:
        self.kubectl("rollout", "restart", f"deployment/{self.name}-framehound-{part}")
        self.kubectl("rollout", "status", f"deployment/{self.name}-framehound-{part}", "--timeout=240s")

    def ready(self, part: str) -> int:
        return sum(any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))
                   for pod in self.cluster.pods(self.namespace, part) if "deletionTimestamp" not in pod["metadata"])

    def wait_ready(self, part: str, count: int) -> None:
        until(f"{count} pods of the {part} to be ready", lambda: self.ready(part) == count)
