"""A cluster, and the servers that the parts share, for all tests of a run."""

import contextlib
import os
import sys
import time
from pathlib import Path

import pytest

from harness.program import ROOT

sys.path[:0] = [str(ROOT / "tests" / name) for name in ("deploy", "live", "k8s")]

from k8s_cluster import NODE, Cluster, need, note  # noqa: E402


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """With an API server."""
    if "FRAMEHOUND_K8S" not in os.environ:
        pytest.skip("tests on a Kubernetes are run by make test-k8s")
    need("kube-apiserver", "etcd", "kubectl", "helm")
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        started = time.monotonic()
        made.start_api()
        note(f"the API server ({made.version()}) answers after {time.monotonic() - started:.1f} s")
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """Kafka, S3 and Redis on the node's address."""
    from harness.redis_server import Redis
    from kafka_server import Kafka
    from s3_server import Versity

    class NodeVersity(Versity):
        host = property(lambda self: f"{NODE}:{self.port}")

        def answers(self):
            return True

    class Servers:
        pass

    folder = tmp_path_factory.mktemp("servers")
    with contextlib.ExitStack() as stack:
        made = Servers()
        made.kafka = Kafka(folder / "kafka", host=NODE)
        stack.callback(made.kafka.stop)
        made.s3 = NodeVersity(folder / "s3")
        stack.callback(made.s3.stop)
        made.redis = Redis(folder / "redis", "--bind", "127.0.0.1", NODE, "--protected-mode", "no", password="a-password-of-redis")
        stack.callback(made.redis.end)
        made.redis_address = f"redis://{NODE}:{made.redis.port}/0"
        yield made


@pytest.fixture(scope="session")
def controlled(cluster):
    """The cluster with its controllers."""
    need("kube-controller-manager", "kube-scheduler")
    cluster.start_controllers()
    return cluster


@pytest.fixture(scope="session")
def node(controlled):
    """And with a real node."""
    need("kubelet", "kube-proxy")
    work = Path(os.environ["FRAMEHOUND_K8S"])
    started = time.monotonic()
    controlled.start_node([work / "pause.tar", work / "framehound.tar"])
    note(f"the node is ready after {time.monotonic() - started:.1f} s")
    return controlled
