"""Renders the chart, and finds things in what it renders."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from harness.clips import DEPS
from harness.program import ROOT

CHART = ROOT / "deploy" / "helm" / "framehound"
BIN = DEPS / "k8s" / "bin"
KUBERNETES = "1.36.3"

# The least that has to be said.
LEAST = {
    "queue": {"brokers": ["kafka-1:9092", "kafka-2:9092"]},
    "blobStore": {"bucket": "media", "endpoint": "http://s3:7070"},
    "metaStore": {"address": "redis://redis:6379/0"},
    "secrets": {"token": "a-token-of-some-length", "vectorKey": "a-key-of-some-length"},
}
INGEST = ("splitter", "downloader", "indexer", "tracker")


def need(program: str) -> Path:
    if not (BIN / program).exists():
        pytest.skip(f"{program} is not installed: run scripts/setup k8s")
    return BIN / program


def merge(one: dict, other: dict) -> dict:
    out = dict(one)
    for key, value in other.items():
        out[key] = merge(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


def helm(*args: str, values: dict | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([need("helm"), *args, *(["--values", "-"] if values is not None else [])],
                          input=yaml.safe_dump(values) if values is not None else None,
                          capture_output=True, text=True, timeout=300)


def render_text(values: dict | None = None) -> str:
    done = helm("template", "fh", str(CHART), "--namespace", "video", "--kube-version", KUBERNETES,
                values=merge(LEAST, values or {}))
    assert done.returncode == 0, done.stderr
    return done.stdout


def refusal(values: dict | None = None, least: dict = LEAST) -> str:
    """The sentence with which the chart refuses these values."""
    done = helm("template", "fh", str(CHART), "--kube-version", KUBERNETES, values=merge(least, values or {}))
    assert done.returncode != 0, "the chart was rendered"
    return done.stderr


class Rendered:
    def __init__(self, values: dict | None = None):
        self.text = render_text(values)
        self.all = [one for one in yaml.safe_load_all(self.text) if one]

    def kinds(self, kind: str) -> dict[str, dict]:
        return {one["metadata"]["name"]: one for one in self.all if one["kind"] == kind}

    def get(self, kind: str, name: str) -> dict:
        found = self.kinds(kind)
        assert name in found, f"no {kind} {name} among {sorted(found)}"
        return found[name]

    def settings(self) -> dict[str, str]:
        return self.get("ConfigMap", "fh-framehound")["data"]

    def pods(self) -> dict[str, dict]:
        """The pods' specifications by component."""
        return {one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]: one["spec"]["template"]["spec"]
                for one in self.all if one["kind"] in ("Deployment", "StatefulSet", "Job")}

    def ceilings(self) -> dict[str, int]:
        """Replicas of each part at the most, whoever scales it."""
        out = {}
        for one in self.all:
            spec, part = one.get("spec", {}), one["metadata"].get("labels", {}).get("app.kubernetes.io/component")
            if one["kind"] == "ScaledObject":
                out[part] = spec["maxReplicaCount"]
            elif one["kind"] == "HorizontalPodAutoscaler":
                out[part] = spec["maxReplicas"]
            elif one["kind"] == "Deployment" and "replicas" in spec:
                out[part] = spec["replicas"]
        return out


def variables(pod: dict) -> dict[str, str]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in pod["containers"][0].get("env", [])}


def mounts(pod: dict) -> dict[str, dict]:
    """The volume behind each path."""
    volumes = {one["name"]: one for one in pod["volumes"]}
    return {one["mountPath"]: volumes.get(one["name"], {}) for one in pod["containers"][0]["volumeMounts"]}
