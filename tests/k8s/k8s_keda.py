"""KEDA beside a test's cluster, nodes of kwok's for what it starts, and what it makes of a Deployment.

KEDA's two programs run outside of the cluster: the operator, which asks Kafka, and the adapter, by which the cluster's own
autoscaler asks the operator.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from urllib.parse import quote

from k8s_cluster import BIN, Cluster, note
from harness.clips import DEPS
from harness.waiting import until

# What pods need in order to be put on a fake node; no others are.
ON_FAKE_NODES = {"nodeSelector": {"type": "fake"}, "tolerations": [{"key": "fake", "operator": "Exists", "effect": "NoSchedule"}]}
STAGES = DEPS / "k8s" / "kwok-stages.yaml"
METRICS = "/apis/external.metrics.k8s.io/v1beta1"
OPERATOR, ADAPTER = "127.0.0.1:9666", 18443


def add_fake_nodes(cluster: Cluster, count: int) -> None:
    """Pods on them are said to run; nothing does."""
    cluster.run(BIN / "kwok", f"--config={STAGES}", f"--kubeconfig={cluster.kubeconfig}", "--node-lease-duration-seconds=40",
                "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake", "--cidr=10.88.8.0/24")
    names = [f"fake-{number}" for number in range(count)]
    for name in names:
        resources = {"cpu": "64", "memory": "256Gi", "pods": "110"}
        cluster.kubectl("apply", "-f", "-", input=json.dumps({
            "apiVersion": "v1", "kind": "Node", "status": {"allocatable": resources, "capacity": resources},
            "metadata": {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"},
                         "labels": {"type": "fake", "kubernetes.io/hostname": name}},
            "spec": {"taints": [{"key": "fake", "value": "true", "effect": "NoSchedule"}]}}))
    until("the fake nodes", lambda: all(map(cluster.is_node_ready, names)), said=lambda: cluster.tail("kwok"))


def start_keda(cluster: Cluster) -> None:
    certificates = cluster.folder / "keda"
    certificates.mkdir()
    cluster.pki.issue("keda", "/CN=keda", "IP:127.0.0.1,DNS:localhost")
    for name, to in (("keda.crt", "tls.crt"), ("keda.key", "tls.key"), ("ca.crt", "ca.crt")):
        shutil.copyfile(cluster.pki[name], certificates / to)
    cluster.kubectl("create", "namespace", "keda")
    cluster.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": API_SERVICE}))
    env = {"POD_NAMESPACE": "keda", "KEDA_CLUSTER_OBJECT_NAMESPACE": "keda", "WATCH_NAMESPACE": ""}
    cluster.run(BIN / "keda-operator", "--metrics-bind-address=127.0.0.1:18091", "--health-probe-bind-address=127.0.0.1:18092",
                f"--metrics-service-bind-address={OPERATOR}", f"--cert-dir={certificates}", "--enable-cert-rotation=false",
                "--enable-webhook-patching=false", "--enable-apiservice-patching=false", **env)
    cluster.run(BIN / "keda-adapter", "--bind-address=127.0.0.1", f"--secure-port={ADAPTER}", "--port=18093",
                f"--tls-cert-file={certificates}/tls.crt", f"--tls-private-key-file={certificates}/tls.key",
                f"--authentication-kubeconfig={cluster.kubeconfig}", f"--authorization-kubeconfig={cluster.kubeconfig}",
                f"--lister-kubeconfig={cluster.kubeconfig}", f"--metrics-service-address={OPERATOR}", f"--cert-dir={certificates}", **env)
    until("KEDA's metrics", lambda: cluster.kubectl("get", "--raw", METRICS, check=False).returncode == 0,
          said=lambda: keda_said(cluster))


def keda_said(cluster: Cluster) -> str:
    return "\n".join(f"== {name}\n{cluster.tail(name)}" for name in ("keda-operator", "keda-adapter"))


# The adapter answers for the cluster's API, under the name by which the API server looks for it.
API_SERVICE = [
    {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "keda-metrics-apiserver", "namespace": "keda"},
     "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": ADAPTER, "targetPort": ADAPTER}]}},
    {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1beta1.external.metrics.k8s.io"},
     "spec": {"group": "external.metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
              "insecureSkipTLSVerify": True, "service": {"name": "keda-metrics-apiserver", "namespace": "keda", "port": ADAPTER}}},
]


class Scaled:
    """A Deployment that a ScaledObject of its name scales. Each change that is seen of it is a line in the log."""

    def __init__(self, cluster: Cluster, namespace: str, name: str, unit: str):
        self.cluster, self.namespace, self.name, self.unit = cluster, namespace, name, unit
        self.seen: tuple[int, int] | None = None

    def conditions(self) -> dict[str, str]:
        status = self.cluster.get("scaledobject", self.name, "-n", self.namespace).get("status", {})
        return {one["type"]: one["status"] for one in status.get("conditions", [])}

    def waiting(self) -> int | None:
        """What KEDA tells the autoscaler that waits; None while it tells nothing."""
        status = self.cluster.get("scaledobject", self.name, "-n", self.namespace).get("status", {})
        for metric in status.get("externalMetricNames", []):
            selector = quote(f"scaledobject.keda.sh/name={self.name}")
            said = self.cluster.kubectl(
                "get", "--raw", f"{METRICS}/namespaces/{self.namespace}/{metric}?labelSelector={selector}", check=False)
            return int(json.loads(said.stdout)["items"][0]["value"]) if said.returncode == 0 else None
        return None

    def replicas(self) -> int | None:
        """How many are ready; None while others are wanted."""
        found = self.cluster.get("deployment", self.name, "-n", self.namespace)
        ready, there = (found["status"].get(key, 0) for key in ("readyReplicas", "replicas"))
        return ready if ready == there == found["spec"]["replicas"] else None

    def until(self, waiting: int, replicas: int, seconds: float = 300) -> None:
        until(f"{waiting} {self.unit} to wait, and {replicas} of {self.name}", lambda: self._look() == (waiting, replicas), seconds,
              said=lambda: f"seen: {self.seen}\n{self._autoscaler()}\n{keda_said(self.cluster)}")

    def _look(self) -> tuple[int, int] | None:
        waiting, replicas = self.waiting(), self.replicas()
        if waiting is None or replicas is None:
            return None
        if (waiting, replicas) != self.seen:
            self.seen = (waiting, replicas)
            note(f"{self.name}: {waiting} {self.unit} wait, {replicas} replicas")
        return self.seen

    def nodes(self) -> dict[str, int]:
        """How many pods of it each node has."""
        pods = self.cluster.pods(self.namespace, self.name.rpartition("-")[2])
        return dict(Counter(pod["spec"]["nodeName"] for pod in pods))

    def settled(self) -> int:
        """How many the cluster's autoscaler, which KEDA has made, counts and takes for enough; it counts from 1."""

        def agreed() -> int | None:
            said = self.cluster.get("hpa", f"keda-hpa-{self.name}", "-n", self.namespace)["status"]
            current, wanted = said.get("currentReplicas", 0), said.get("desiredReplicas", 0)
            return current if current == wanted == self.replicas() else None

        return until(f"the autoscaler of {self.name} to leave it as it is", agreed, said=self._autoscaler)

    def _autoscaler(self) -> str:
        return self.cluster.kubectl("describe", "hpa", f"keda-hpa-{self.name}", "-n", self.namespace, check=False).stdout
