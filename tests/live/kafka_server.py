"""Apache Kafka brokers of a test's own, on 127.0.0.1: one, or a cluster; killed and started again at will."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from harness.clips import DEPS

JARS = DEPS / "live" / "kafka"
READY_S = 60

CONFIG = """
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
default.replication.factor={replicas}
min.insync.replicas={insync}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=5
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""

LOGGING = """
rootLogger.level=warn
rootLogger.appenderRef.stdout.ref=STDOUT
appender.console.type=Console
appender.console.name=STDOUT
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    def __init__(self, folder: Path, node: int, port: int, controller: int, voters: str, cluster: str, brokers: int):
        self.folder, self.port = folder, port
        self.process: subprocess.Popen | None = None
        folder.mkdir(parents=True)
        (folder / "server.properties").write_text(CONFIG.format(
            node=node, port=port, controller=controller, voters=voters, folder=folder, replicas=min(brokers, 3),
            insync=2 if brokers > 2 else 1))
        (folder / "log4j2.properties").write_text(LOGGING)
        subprocess.run([*self._java("-Xmx128m"), "kafka.tools.StorageTool", "format", "-t", cluster, "-c",
                        folder / "server.properties"], check=True, capture_output=True, timeout=120)

    def _java(self, *options: str) -> list:
        return ["java", *options, "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={self.folder}/log4j2.properties", "-cp",
                f"{JARS}/*"]

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self._java("-Xms128m", "-Xmx384m"), "kafka.Kafka", self.folder / "server.properties"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self) -> None:
        end = time.monotonic() + READY_S
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
            assert time.monotonic() < end, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.1)

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)


class Kafka:
    def __init__(self, folder: Path, brokers: int = 1):
        if not JARS.exists():
            pytest.skip(f"{JARS} is not there: run scripts/setup live")
        ports = [(free_port(), free_port()) for _ in range(brokers)]
        voters = ",".join(f"{n + 1}@127.0.0.1:{controller}" for n, (_, controller) in enumerate(ports))
        cluster = "framehoundTestCluster0"  # 16 bytes in base 64, as Kafka wants it
        self.brokers = [Broker(folder / str(n + 1), n + 1, port, controller, voters, cluster, brokers)
                        for n, (port, controller) in enumerate(ports)]
        self.start()

    @property
    def address(self) -> str:
        return ",".join(f"127.0.0.1:{broker.port}" for broker in self.brokers)

    def start(self) -> None:
        for broker in self.brokers:
            if broker.process is None or broker.process.poll() is not None:
                broker.start()
        for broker in self.brokers:
            broker.wait()

    def stop(self, how: int = signal.SIGKILL) -> None:
        for broker in self.brokers:
            broker.end(how)
