"""What the chart renders, before a real API server."""

import pytest
import yaml

from k8s_cluster import note


@pytest.fixture(scope="module")
def namespace(cluster):
    cluster.kubectl("create", "namespace", "looked-at")
    cluster.kubectl("label", "namespace", "looked-at", "pod-security.kubernetes.io/enforce=restricted",
                    "pod-security.kubernetes.io/warn=restricted")
    return "looked-at"


def dry_run(cluster, namespace, text):
    return cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "--namespace", namespace, "-f", "-", input=text, check=False)


@pytest.mark.parametrize("name", ["least", "large", "hpa", "fixed", "elsewhere", "existing", "open"])
def test_the_api_server_takes_everything(cluster, namespace, name):
    from helm_chart import render_text
    from test_chart import SETS
    text = render_text(SETS[name]).replace("namespace: video", f"namespace: {namespace}")
    done = dry_run(cluster, namespace, text)
    assert done.returncode == 0, done.stderr
    # Nothing unknown, nothing outdated, and no pod that the strictest of the pod security standards would not take.
    assert "Warning" not in done.stderr, done.stderr
    note(f"server-side dry run, values '{name}': {done.stdout.count('(server dry run)')} objects taken, no warning")


def test_the_api_server_is_one_that_refuses(cluster, namespace):
    from helm_chart import render_text
    documents = [one for one in yaml.safe_load_all(render_text()) if one]
    deployment = next(one for one in documents if one["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["livenessProb"] = {}
    assert "livenessProb" in dry_run(cluster, namespace, yaml.safe_dump(deployment)).stderr
    del deployment["spec"]["template"]["spec"]["containers"][0]["livenessProb"]
    deployment["spec"]["template"]["spec"]["securityContext"] = {}
    assert "would violate PodSecurity" in dry_run(cluster, namespace, yaml.safe_dump(deployment)).stderr
