"""A Kubernetes of a test's own, in the network namespace that scripts/test-k8s makes: a control plane, and a real node.

All programs are built by `scripts/setup k8s-servers`. They listen on the loopback address or on the node's bridge, which
only this namespace has, and end with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socketserver
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

from harness.clips import DEPS
from harness.program import SLOWNESS
from harness.waiting import until

BIN = DEPS / "k8s" / "bin"
API, ETCD = "https://127.0.0.1:6443", "http://127.0.0.1:2379"
NODE = "10.99.0.1"  # the bridge of scripts/test-k8s; Kafka, S3 and Redis are reached there by pods
DNS = NODE
NODE_NAME = "localhost"  # what the API server reaches kubelet by


STARTED = time.monotonic()


def need(*programs: str) -> None:
    for program in programs:
        if not (BIN / program).exists():
            pytest.skip(f"{program} is not installed: run scripts/setup k8s k8s-servers")


def note(text: str) -> None:
    """A line in the log of the run."""
    with Path(os.environ["FRAMEHOUND_K8S_LOG"]).open("a", encoding="utf-8") as log:
        for line in text.rstrip().splitlines():
            log.write(f"{time.monotonic() - STARTED:6.1f} s  {line}\n")


class Certificates:
    """An authority, and what it vouches for."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True)
        self._openssl("genrsa", "-out", "sa.key", "2048")
        self._openssl("rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub")
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "2",
                      "-subj", "/CN=test")
        self.issue("api", "/CN=kube-apiserver", f"IP:127.0.0.1,IP:10.0.0.1,IP:{NODE},DNS:localhost,DNS:kubernetes.default.svc")
        self.issue("admin", "/O=system:masters/CN=admin")
        self.issue("front", "/CN=front-proxy-client")

    def _openssl(self, *args: str) -> None:
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True)

    def issue(self, name: str, subject: str, names: str = "DNS:localhost") -> None:
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                      f"{name}.crt", "-days", "2", "-extfile", f"{name}.ext")

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


class Cluster:
    def __init__(self, folder: Path):
        self.folder = folder
        self.processes: list[subprocess.Popen] = []
        (folder / "log").mkdir(parents=True)
        self.pki = Certificates(folder / "pki")
        self.kubeconfig = folder / "kubeconfig"
        self._write_kubeconfig()

    # ---- programs

    def run(self, program: str | Path, *args: str, name: str | None = None, **env: str) -> subprocess.Popen:
        name = name or Path(program).name
        with (self.folder / "log" / name).open("ab") as log:
            process = subprocess.Popen([program, *args], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env={**os.environ, "KUBECONFIG": str(self.kubeconfig), **env})
        self.processes.append(process)
        return process

    def tail(self, name: str) -> str:
        path = self.folder / "log" / name
        return "\n".join(path.read_text(errors="replace").splitlines()[-30:]) if path.exists() else ""

    def stop(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)

    def _write_kubeconfig(self) -> None:
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": API, "certificate-authority": self.pki["ca.crt"]}}],
            "users": [{"name": "admin", "user": {"client-certificate": self.pki["admin.crt"], "client-key": self.pki["admin.key"]}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}]}))

    def kubectl(self, *args: str, input: str | None = None, check: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run([BIN / "kubectl", "--kubeconfig", self.kubeconfig, *args], input=input, capture_output=True,
                              text=True, timeout=300 * SLOWNESS)
        assert not check or done.returncode == 0, f"kubectl {args}: {done.stdout}{done.stderr}"
        return done

    def get(self, *args: str) -> dict:
        return json.loads(self.kubectl("get", *args, "--output=json").stdout)

    def version(self) -> str:
        return json.loads(self.kubectl("get", "--raw", "/version").stdout)["gitVersion"]

    def helm(self, *args: str, input: str | None = None, check: bool = True) -> subprocess.CompletedProcess:
        home = self.folder / "helm"
        done = subprocess.run([BIN / "helm", "--kubeconfig", self.kubeconfig, *args], input=input, capture_output=True, text=True,
                              timeout=900 * SLOWNESS, env={**os.environ, "HELM_CACHE_HOME": str(home), "HELM_CONFIG_HOME": str(home),
                                                           "HELM_DATA_HOME": str(home)})
        assert not check or done.returncode == 0, f"helm {args}: {done.stdout}{done.stderr}"
        return done

    # ---- the control plane

    def start_api(self) -> None:
        pki = self.pki
        self.run(BIN / "etcd", f"--data-dir={self.folder}/etcd", f"--listen-client-urls={ETCD}", f"--advertise-client-urls={ETCD}",
                 "--unsafe-no-fsync")
        self.run(BIN / "kube-apiserver", f"--etcd-servers={ETCD}", "--bind-address=127.0.0.1", f"--advertise-address={NODE}",
                 "--secure-port=6443", "--service-cluster-ip-range=10.0.0.0/24", "--endpoint-reconciler-type=none",
                 "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={pki['sa.pub']}",
                 f"--service-account-signing-key-file={pki['sa.key']}", f"--client-ca-file={pki['ca.crt']}",
                 f"--tls-cert-file={pki['api.crt']}", f"--tls-private-key-file={pki['api.key']}", "--authorization-mode=Node,RBAC",
                 "--kubelet-preferred-address-types=Hostname", f"--kubelet-client-certificate={pki['admin.crt']}",
                 f"--kubelet-client-key={pki['admin.key']}", "--allow-privileged=true",
                 f"--requestheader-client-ca-file={pki['ca.crt']}", "--requestheader-allowed-names=front-proxy-client",
                 "--requestheader-extra-headers-prefix=X-Remote-Extra-", "--requestheader-group-headers=X-Remote-Group",
                 "--requestheader-username-headers=X-Remote-User", f"--proxy-client-cert-file={pki['front.crt']}",
                 f"--proxy-client-key-file={pki['front.key']}")
        until("the API server", lambda: self.kubectl("get", "--raw", "/readyz", check=False).returncode == 0)
        # Kinds of KEDA's and of the Prometheus operator's.
        self.kubectl("apply", "--server-side", "-f", str(DEPS / "k8s" / "crds"))

    def start_controllers(self) -> None:
        self.run(BIN / "kube-controller-manager", f"--kubeconfig={self.kubeconfig}", "--bind-address=127.0.0.1",
                 f"--service-account-private-key-file={self.pki['sa.key']}", f"--root-ca-file={self.pki['ca.crt']}",
                 "--use-service-account-credentials", "--leader-elect=false", "--horizontal-pod-autoscaler-sync-period=3s")
        self.run(BIN / "kube-scheduler", f"--kubeconfig={self.kubeconfig}", "--bind-address=127.0.0.1", "--leader-elect=false")

    def make_namespace(self, name: str) -> None:
        """One that takes no pod below the strictest of the pod security standards."""
        self.kubectl("create", "namespace", name)
        self.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted",
                     "pod-security.kubernetes.io/warn=restricted")
        until("the namespace's service account", lambda: self.kubectl(
            "get", "serviceaccount", "default", "-n", name, check=False).returncode == 0)

    def pods(self, namespace: str, component: str) -> list[dict]:
        return self.get("pods", "-n", namespace, "-l", f"app.kubernetes.io/component={component}")["items"]

    # ---- a node

    def start_node(self, images: list[Path]) -> None:
        """containerd, kubelet and kube-proxy, and a name server that knows the services."""
        node = self.folder / "node"
        (node / "cni").mkdir(parents=True)
        (node / "cni" / "10-bridge.conflist").write_text(json.dumps({
            "cniVersion": "0.4.0", "name": "pods", "plugins": [
                {"type": "bridge", "bridge": "pods0", "isGateway": True, "ipMasq": True, "hairpinMode": True,
                 "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.7.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}],
                          "dataDir": str(node / "ipam")}},
                {"type": "portmap", "capabilities": {"portMappings": True}}]}))
        (node / "containerd.toml").write_text(CONTAINERD.format(node=node))
        (node / "kubelet.json").write_text(json.dumps(self._kubelet(node)))
        (node / "resolv.conf").write_text(f"nameserver {DNS}\n")
        (node / "proxy.json").write_text(json.dumps({
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": str(self.kubeconfig)}, "bindAddress": "127.0.0.1", "mode": "iptables",
            "healthzBindAddress": "127.0.0.1:10256", "metricsBindAddress": "127.0.0.1:10249", "hostnameOverride": NODE_NAME,
            "clusterCIDR": "10.88.7.0/24", "conntrack": {"maxPerCore": 0, "min": 0}}))
        self.names = NameServer(self)
        self.run("containerd", "--config", str(node / "containerd.toml"))
        ctr = ["ctr", "--address", str(node / "containerd.sock"), "--namespace", "k8s.io"]
        until("containerd", lambda: subprocess.run([*ctr, "version"], capture_output=True).returncode == 0)
        for image in images:
            subprocess.run([*ctr, "images", "import", str(image)], check=True, capture_output=True)
        self.run(BIN / "kubelet", f"--config={node}/kubelet.json", f"--kubeconfig={self.kubeconfig}", f"--root-dir={node}/root",
                 f"--cert-dir={node}/pki", f"--hostname-override={NODE_NAME}", f"--node-ip={NODE}")
        self.run(BIN / "kube-proxy", f"--config={node}/proxy.json")
        until("the node to be ready", lambda: self.is_node_ready(NODE_NAME))

    def is_node_ready(self, name: str) -> bool:
        done = self.kubectl("get", "node", name, "--output=json", check=False)
        return done.returncode == 0 and any(
            one["type"] == "Ready" and one["status"] == "True" for one in json.loads(done.stdout)["status"].get("conditions", []))

    def _kubelet(self, node: Path) -> dict:
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "address": "127.0.0.1",
            "healthzBindAddress": "127.0.0.1", "readOnlyPort": 0,
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                               "x509": {"clientCAFile": self.pki["ca.crt"]}},
            "authorization": {"mode": "Webhook"}, "cgroupDriver": "cgroupfs", "failCgroupV1": False, "failSwapOn": False,
            # Without the right to lower it, as in a container.
            "oomScoreAdj": 0,
            "containerRuntimeEndpoint": f"unix://{node}/containerd.sock", "clusterDNS": [DNS], "clusterDomain": "cluster.local",
            "resolvConf": str(node / "resolv.conf"), "cgroupRoot": "/",
            "enforceNodeAllocatable": ["pods"], "volumePluginDir": f"{node}/plugins", "podLogsDir": f"{node}/logs",
            "maxOpenFiles": 20000, "maxPods": 60,
            # The machine's disk may be fuller than a node's should be.
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99}


CONTAINERD = """
version = 2
root = "{node}/containerd"
state = "{node}/containerd-state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.aufs",
    "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "{node}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{node}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  stream_server_address = "127.0.0.1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{node}/cni"
"""


class NameServer:
    """The cluster's names: NAME.NAMESPACE.svc.cluster.local is the service's address, as the API server has it."""

    def __init__(self, cluster: Cluster):
        names = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                packet, socket = self.request
                socket.sendto(names.answer(packet), self.client_address)

        self.cluster = cluster
        self.known: dict[str, str] = {}
        self.server = socketserver.ThreadingUDPServer((DNS, 53), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def find(self, name: str) -> str | None:
        labels = name.split(".")
        if name in self.known or labels[2:] != ["svc", "cluster", "local"]:
            return self.known.get(name)
        done = self.cluster.kubectl("get", "service", labels[0], "-n", labels[1], "-o", "jsonpath={.spec.clusterIP}", check=False)
        if done.returncode == 0 and done.stdout not in ("", "None"):
            self.known[name] = done.stdout
        return self.known.get(name)

    def answer(self, packet: bytes) -> bytes:
        labels, at = [], 12
        while length := packet[at]:
            labels.append(packet[at + 1:at + 1 + length].decode("ascii", "replace"))
            at += 1 + length
        question, kind = packet[12:at + 5], struct.unpack(">H", packet[at + 1:at + 3])[0]
        address = self.find(".".join(labels).lower())
        has_answer = address is not None and kind == 1
        # 3: there is no such name.
        flags = 0x8580 if address is not None else 0x8583
        out = packet[:2] + struct.pack(">HHHHH", flags, 1, has_answer, 0, 0) + question
        if has_answer:
            out += struct.pack(">HHHIH", 0xC00C, 1, 1, 5, 4) + bytes(map(int, address.split(".")))
        return out
