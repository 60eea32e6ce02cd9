"""Apache Kafka brokers of a test's own, on 127.0.0.1 unless told otherwise: one, or a cluster; killed and started again at will."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from harness.live_servers import LIVE, need
from harness.ports import free_port

JARS = LIVE / "kafka"
READY_S = 180

CONFIG = """
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners={protocol}://{host}:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={protocol}://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map={protocol}:{protocol},CONTROLLER:PLAINTEXT
inter.broker.listener.name={protocol}
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

# With passwords: the first user may everything, the others what they are allowed.
GUARD = """
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{first};User:ANONYMOUS
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  username="{first}" password="{password}" {users};
"""

LOGGING = """
rootLogger.level=warn
rootLogger.appenderRef.stdout.ref=STDOUT
appender.console.type=Console
appender.console.name=STDOUT
"""


# Over TLS, and nothing else.
TLS = """
ssl.keystore.type=PEM
ssl.keystore.location={folder}/identity.pem
ssl.truststore.type=PEM
ssl.truststore.location={certificate}
"""


def guard_of(users: dict[str, str]) -> str:
    first, password = next(iter(users.items()))
    return GUARD.format(first=first, password=password,
                        users=" ".join(f'user_{name}="{word}"' for name, word in users.items()))


class Broker:
    def __init__(self, folder: Path, node: int, port: int, controller: int, voters: str, cluster: str, brokers: int,
                 users: dict[str, str], host: str, certificate: tuple[Path, Path] | None):
        self.folder, self.host, self.port = folder, host, port
        protocol = "SASL_PLAINTEXT" if users else "SSL" if certificate else "PLAINTEXT"
        self.process: subprocess.Popen | None = None
        folder.mkdir(parents=True)
        config = CONFIG.format(protocol=protocol, node=node, host=host, port=port, controller=controller, voters=voters,
                               folder=folder, replicas=min(brokers, 3), insync=2 if brokers > 2 else 1)
        if users:
            config += guard_of(users)
        if certificate:
            (folder / "identity.pem").write_bytes(certificate[1].read_bytes() + certificate[0].read_bytes())
            config += TLS.format(folder=folder, certificate=certificate[0])
        (folder / "server.properties").write_text(config)
        (folder / "log4j2.properties").write_text(LOGGING)
        subprocess.run([*self._java("-Xmx128m"), "kafka.tools.StorageTool", "format", "-t", cluster, "-c",
                        folder / "server.properties"], check=True, capture_output=True, timeout=300)

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
                if probe.connect_ex((self.host, self.port)) == 0:
                    return
            assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
            assert time.monotonic() < end, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.1)

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)


class Kafka:
    def __init__(self, folder: Path, brokers: int = 1, users: dict[str, str] | None = None, host: str = "127.0.0.1",
                 certificate: tuple[Path, Path] | None = None):
        need(JARS, "kafka")
        if shutil.which("java") is None:
            pytest.skip("Kafka runs on Java, which is not here: run scripts/setup live")
        ports = [(free_port(), free_port()) for _ in range(brokers)]
        voters = ",".join(f"{n + 1}@127.0.0.1:{controller}" for n, (_, controller) in enumerate(ports))
        cluster = "framehoundTestCluster0"  # 16 bytes in base 64, as Kafka wants it
        self.brokers = [Broker(folder / str(n + 1), n + 1, port, controller, voters, cluster, brokers, users or {}, host,
                               certificate)
                        for n, (port, controller) in enumerate(ports)]
        self.folder, self.users = folder, users or {}
        self.start()

    def _tool(self, name: str, *args: str) -> None:
        """One of Kafka's own tools, as the first user."""
        client = self.folder / "client.properties"
        client.write_text("")
        if self.users:
            user, password = next(iter(self.users.items()))
            client.write_text("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"
                              "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required "
                              f'username="{user}" password="{password}";\n')
        done = subprocess.run([*self.brokers[0]._java("-Xmx128m"), name, "--bootstrap-server", self.address, "--command-config",
                               client, *args], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr

    def plant(self, topic: str, *bodies: str, key: str | None = None) -> None:
        """Messages of somebody else's, put into a topic past the program."""
        keyed = ("--reader-property", "parse.key=true", "--reader-property", "key.separator=|") if key else ()
        done = subprocess.run(
            [*self.brokers[0]._java("-Xmx128m"), "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", self.address,
             "--topic", topic, "--producer-property", "max.request.size=4000000", "--producer-property", "acks=all", *keyed],
            input="".join(f"{key}|{body}\n" if key else f"{body}\n" for body in bodies), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0 and "ERROR" not in done.stderr, done.stdout + done.stderr

    def configure(self, topic: str, *settings: str) -> None:
        self._tool("kafka.admin.ConfigCommand", "--alter", "--topic", topic, "--add-config", ",".join(settings))

    def allow(self, user: str, *what: str) -> None:
        """`what` as kafka-acls has it; names are prefixes."""
        self._tool("org.apache.kafka.tools.AclCommand", "--add", "--allow-principal", f"User:{user}",
                   "--resource-pattern-type", "prefixed", *what)

    @property
    def address(self) -> str:
        return ",".join(f"{broker.host}:{broker.port}" for broker in self.brokers)

    def start(self) -> None:
        for broker in self.brokers:
            if broker.process is None or broker.process.poll() is not None:
                broker.start()
        for broker in self.brokers:
            broker.wait()

    def stop(self, how: int = signal.SIGKILL) -> None:
        for broker in self.brokers:
            broker.end(how)
