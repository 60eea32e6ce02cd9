"""What `framehound doctor` says of each server, and when it takes itself for the only one at work."""

import json
import time
import urllib.request

import pytest

from cluster import wait_until
from harness import clips
from harness.certificates import make_certificate
from harness.doctor import doctor
from harness.ports import free_port
from harness.program import ingest, run, serving, start
from harness.redis_server import Redis
from harness.vectors import serving_vectors
from kafka_server import Kafka
from s3_server import KEY, Versity, write_keys

PARTITIONS = ("--kafka-partitions", "8", "--kafka-replication", "1")


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    server = Kafka(tmp_path_factory.mktemp("kafka"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A broker that asks for a password and knows rights."""
    server = Kafka(tmp_path_factory.mktemp("guarded"), users={"admin": "admin-secret", "worker": "worker-secret"})
    yield server
    server.stop()


@pytest.fixture
def s3(tmp_path):
    server = Versity(tmp_path / "s3")
    yield server
    server.stop()


@pytest.fixture
def redis(tmp_path):
    server = Redis(tmp_path / "redis")
    yield server
    server.end()


@pytest.fixture
def home(home):
    write_keys(home)
    return home


@pytest.mark.short
def test_servers_that_are_as_they_should_be_are_well_in_everything(home, data, kafka, s3, redis, tmp_path):
    with serving_vectors(home, tmp_path / "vectors") as vectors:
        servers = {"queue": f"kafka://{kafka.address}/well.", "kafka-partitions": "8", "kafka-replication": "1",
                   "blob-store": f"s3://{s3.bucket}/well", "s3-endpoint": s3.url, "meta-store": redis.address,
                   "vector-index": vectors}
        config = tmp_path / "framehound.conf"
        config.write_text("".join(f"{name} = {value}\n" for name, value in servers.items()))
        # No folder is there yet: everything is on servers.
        before = doctor(home, data, "--config", config)
        assert before.has("warning", "queue", "well.frames: the topic is not there", "framehound queue init"), before.text
        run("queue", "init", "--config", config, home=home)
        done = ingest(clips.bikes(), home, data, "--chunk", "1", "--fps", "5", "--config", str(config))
        assert done["state"] == "done"
        said = doctor(home, data, "--config", config)
        assert (said.status, said.wrong()) == (0, []), said.text
        assert said.has("ok", "kafka", "answers and lets us in; it has 1 broker")
        assert said.has("ok", "kafka", "all brokers speak what is needed, as of Kafka 3.0 or newer"), said.text
        assert said.has("ok", "kafka", "lets messages be written to all topics")
        assert said.has("ok", "kafka", "lets messages be read from all topics")
        assert said.has("ok", "queue", "well.frames: 8 partitions, 1 replicas")
        for words in ("answers", "may be written", "may be read", "may be listed", "lets blobs be removed",
                      "differ by less than a minute"):
            assert said.has("ok", "s3", words), said.text
        assert said.has("ok", "redis", "maxmemory-policy noeviction") and said.has("ok", "redis", "append-only file")
        assert said.has("ok", "redis", "may be written and read, and runs scripts")
        assert said.has("ok", "vectors", vectors, "dimensions, as the vectors of")
        assert said.has("ok", "vectors", "lets vectors be removed")
        # It leaves nothing behind.
        assert [key for key in s3.keys() if "doctor" in key] == []
        spaces = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{vectors}/namespaces").read().decode()
        assert "doctor" not in spaces
        assert redis.tell("KEYS", "*check*") == []
        with serving(home, data, "--config", str(config)) as server:
            assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []


def test_brokers_that_cannot_be_used_are_told_with_what_to_do(home, data, kafka):
    gone = f"127.0.0.1:{free_port()}"
    said = doctor(home, data, "--queue", f"kafka://{gone}")
    assert said.status == 1 and said.has("wrong", "kafka", gone, "(--queue)", "does not answer")
    missing = doctor(home, data, "--queue", f"kafka://{kafka.address}/none.", "--no-kafka-make-topics")
    assert missing.has("wrong", "queue", "none.sources: the topic is not there", "framehound queue init")
    queue = ("--queue", f"kafka://{kafka.address}/settings.")
    run("queue", "init", *queue, *PARTITIONS, home=home)
    few = doctor(home, data, *queue, "--kafka-partitions", "16", "--kafka-replication", "3")
    assert few.has("wrong", "queue", "settings.frames: 8 partitions", "fewer than the 16 that --kafka-partitions says")
    assert few.has("warning", "kafka", "settings.frames: 1 replicas, and --kafka-replication says 3")
    kafka.configure("settings.frames", "max.message.bytes=1000000", "cleanup.policy=compact", "retention.ms=3600000",
                    "min.insync.replicas=2")
    bent = doctor(home, data, *queue, *PARTITIONS)
    assert bent.has("wrong", "kafka", "settings.frames: max.message.bytes is 1000000", "max.message.bytes=2097152")
    assert bent.has("wrong", "kafka", "settings.frames: cleanup.policy is compact and must be delete")
    assert bent.has("warning", "kafka", "settings.frames: retention.ms is 3600000", "raise retention.ms")
    assert bent.has("wrong", "kafka", "settings.frames: min.insync.replicas is 2, and the topic has 1 replicas")


def test_passwords_and_rights_that_lack_at_the_brokers_are_told(home, data, guarded, tmp_path):
    def config(user: str, password: str) -> tuple[str, ...]:
        path = tmp_path / f"{user}-{password}.conf"
        path.write_text(f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username={user}\n"
                        f"sasl.password={password}\n")
        return ("--queue", f"kafka://{guarded.address}/acl.", "--kafka-config", path, *PARTITIONS)

    run("queue", "init", *config("admin", "admin-secret"), home=home)
    well = doctor(home, data, *config("admin", "admin-secret"))
    assert (well.status, well.wrong()) == (0, []), well.text
    assert well.has("ok", "kafka", "all brokers speak what is needed"), well.text
    wrong = doctor(home, data, *config("worker", "no-such-word"))
    assert wrong.has("wrong", "kafka", "Authentication failed", "--kafka-config"), wrong.text
    assert "no-such-word" not in wrong.text
    plain = doctor(home, data, "--queue", f"kafka://{guarded.address}/acl.", *PARTITIONS)
    assert plain.has("wrong", "kafka", guarded.address, "--kafka-config"), plain.text
    # Topics that a user may not see are as if they were not there.
    blind = doctor(home, data, *config("worker", "worker-secret"))
    assert blind.has("warning", "queue", "acl.frames: the topic is not there, or may not be seen"), blind.text
    guarded.allow("worker", "--topic", "acl.", "--operation", "Describe", "--operation", "DescribeConfigs",
                  "--operation", "Read")
    reader = doctor(home, data, *config("worker", "worker-secret"))
    assert reader.has("wrong", "kafka", "acl.frames", "messages cannot be written", "let its user read, write"), reader.text
    assert reader.has("wrong", "kafka", "acl.frames", "its group of consumers may not be used"), reader.text
    assert not any("messages cannot be read" in line["text"] for line in reader.lines if "text" in line)
    guarded.allow("worker", "--topic", "acl.", "--operation", "Write")
    guarded.allow("worker", "--group", "acl.", "--operation", "Read")
    done = doctor(home, data, *config("worker", "worker-secret"))
    assert (done.status, done.wrong()) == (0, []), done.text


def test_topics_whose_brokers_are_away_are_told(home, data, tmp_path):
    cluster = Kafka(tmp_path / "three", brokers=3)
    try:
        def queue(name: str, replicas: int) -> tuple[str, ...]:
            return ("--queue", f"kafka://{cluster.address}/{name}.", "--kafka-partitions", "6", "--kafka-replication", str(replicas))

        wait_until(lambda: doctor(home, data, *queue("thin", 1)).has("ok", "kafka", "it has 3 brokers"))
        for settings in (queue("thin", 1), queue("thick", 3)):
            run("queue", "init", *settings, home=home)
        thin = doctor(home, data, *queue("thin", -1))
        assert thin.has("warning", "kafka", "thin.frames: one replica: when its broker is lost, so is the work", "kafka-reassign"), thin.text
        cluster.brokers[2].end(9)
        said = None

        def is_told() -> bool:
            nonlocal said
            said = doctor(home, data, *queue("thin", 1))
            return said.has("wrong", "kafka", "thin.frames: 2 of 6 partitions have no leader", "start the brokers that have them")

        wait_until(is_told, said=lambda: said.text)
        assert said.status == 1
        # With more replicas the others do its work.
        thick = doctor(home, data, *queue("thick", 3))
        assert (thick.status, thick.wrong()) == (0, []), thick.text
        assert thick.has("warning", "kafka", "thick.frames: 6 of 6 partitions have replicas that are not up to date"), thick.text
        assert thick.has("ok", "kafka", "lets messages be written to all topics"), thick.text
    finally:
        cluster.stop()


def test_mistakes_with_tls_to_the_brokers_are_told(home, data, tmp_path):
    certificate, key = make_certificate(tmp_path, "IP:127.0.0.1", "DNS:localhost")
    (tmp_path / "other").mkdir()
    stranger, _ = make_certificate(tmp_path / "other", "IP:127.0.0.1")
    kafka = Kafka(tmp_path / "kafka", certificate=(certificate, key))
    try:
        def config(name: str, *lines: str) -> tuple[str, ...]:
            path = tmp_path / f"{name}.conf"
            path.write_text("".join(f"{line}\n" for line in lines))
            return ("--queue", f"kafka://{kafka.address}/tls.", "--kafka-config", path, *PARTITIONS)

        trusted = config("trusted", "security.protocol=SSL", f"ssl.ca.location={certificate}")
        run("queue", "init", *trusted, home=home)
        well = doctor(home, data, *trusted)
        assert (well.status, well.wrong()) == (0, []), well.text
        assert well.has("ok", "kafka", "all brokers speak what is needed"), well.text
        for mistaken in (config("nobody", "security.protocol=SSL"),
                         config("stranger", "security.protocol=SSL", f"ssl.ca.location={stranger}")):
            said = doctor(home, data, *mistaken)
            assert said.wrong() == ["kafka"], said.text
            assert said.has("wrong", "kafka", kafka.address, "certificate verify failed", "--kafka-config"), said.text
        missing = doctor(home, data, *config("missing", "security.protocol=SSL", f"ssl.ca.location={tmp_path}/no.pem"))
        assert missing.has("wrong", "kafka", "ssl.ca.location"), missing.text
        clear = doctor(home, data, "--queue", f"kafka://{kafka.address}/tls.", *PARTITIONS)
        assert clear.has("wrong", "kafka", kafka.address, "it speaks TLS there: set security.protocol to ssl", "--kafka-config"), clear.text
    finally:
        kafka.stop()


def test_tls_to_brokers_without_it_is_told(home, data, kafka, tmp_path):
    config = tmp_path / "tls.conf"
    config.write_text("security.protocol=SSL\n")
    said = doctor(home, data, "--queue", f"kafka://{kafka.address}/tls.", "--kafka-config", config, *PARTITIONS)
    assert said.wrong() == ["kafka"], said.text
    assert said.has("wrong", "kafka", kafka.address, "it does not speak TLS there: set security.protocol to plaintext", "--kafka-config"), said.text


def test_a_bucket_that_cannot_be_used_is_told_with_what_to_do(home, data, s3):
    gone = f"http://127.0.0.1:{free_port()}"
    said = doctor(home, data, "--blob-store", "s3://media/x", "--s3-endpoint", gone)
    assert said.status == 1 and said.has("wrong", "s3", gone, "(--s3-endpoint) does not answer")
    absent = doctor(home, data, "--blob-store", "s3://absent/x", "--s3-endpoint", s3.url)
    assert absent.has("wrong", "s3", 'there is no bucket "absent"', "mend --blob-store")
    write_keys(home, secret="another-secret")
    refused = doctor(home, data, *s3.settings("x"))
    assert refused.has("wrong", "s3", f"does not accept the key {KEY}", "--s3-profile")
    assert "another-secret" not in refused.text
    write_keys(home)
    s3.restart(read_only=True)
    frozen = doctor(home, data, *s3.settings("x"))
    assert frozen.has("ok", "s3", "answers") and frozen.has("wrong", "s3", "may not be written", "s3:PutObject"), frozen.text


def test_mistakes_with_tls_to_the_bucket_are_told(home, data, tmp_path):
    certificate, key = make_certificate(tmp_path, "IP:127.0.0.1")
    (tmp_path / "other").mkdir()
    stranger, _ = make_certificate(tmp_path / "other", "IP:127.0.0.1")
    s3 = Versity(tmp_path / "s3", certificate=(certificate, key))
    try:
        well = doctor(home, data, *s3.settings("x"), "--s3-ca-file", certificate)
        assert (well.status, well.wrong()) == (0, []), well.text
        for settings in ((), ("--s3-ca-file", stranger)):
            said = doctor(home, data, *s3.settings("x"), *settings)
            assert said.wrong() == ["s3"], said.text
            assert said.has("wrong", "s3", s3.url, "certificate", "--s3-ca-file"), said.text
        clear = doctor(home, data, "--blob-store", f"s3://{s3.bucket}/x", "--s3-endpoint", f"http://{s3.host}")
        assert clear.wrong() == ["s3"] and clear.has("wrong", "s3", f"http://{s3.host}"), clear.text
    finally:
        s3.stop()


def test_tls_to_a_bucket_without_it_is_told(home, data, s3):
    said = doctor(home, data, "--blob-store", f"s3://{s3.bucket}/x", "--s3-endpoint", f"https://{s3.host}")
    assert said.wrong() == ["s3"], said.text
    assert said.has("wrong", "s3", f"https://{s3.host}", "does not speak TLS: write http:// in --s3-endpoint"), said.text


def test_a_redis_that_cannot_be_used_is_told_with_what_to_do(home, data, redis, tmp_path):
    gone = doctor(home, data, "--meta-store", f"redis://127.0.0.1:{free_port()}/0", "--redis-timeout", "1s")
    assert gone.status == 1 and gone.wrong() == ["redis"]
    redis.tell("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    redis.tell("CONFIG", "SET", "appendonly", "no")
    lossy = doctor(home, data, "--meta-store", redis.address)
    assert lossy.has("wrong", "redis", "maxmemory-policy allkeys-lru", "noeviction")
    assert lossy.has("warning", "redis", "keeps no append-only file", "appendonly")
    redis.tell("CONFIG", "SET", "requirepass", "s3cret")
    closed = doctor(home, data, "--meta-store", redis.address)
    assert closed.has("wrong", "redis", "--redis-password-file")


def test_an_index_that_cannot_be_used_is_told_with_what_to_do(home, data, tmp_path):
    gone = f"http://127.0.0.1:{free_port()}"
    assert doctor(home, data, "--vector-index", gone).has("wrong", "vectors", gone, "(--vector-index) does not answer")
    key = tmp_path / "key"
    key.write_text("a-key-of-sufficient-length\n")
    key.chmod(0o600)
    with serving_vectors(home, tmp_path / "vectors", "--token-file", key) as vectors:
        closed = doctor(home, data, "--vector-index", vectors)
        assert closed.has("wrong", "vectors", vectors, "refuses the key", "--vector-key-file")
        settings = ("--vector-index", vectors, "--vector-key-file", key)
        assert doctor(home, data, *settings).has("ok", "vectors", "lets vectors be removed")
    with serving_vectors(home, tmp_path / "small") as vectors:
        body = json.dumps({"namespace": "other", "vectors": [{"id": "x", "values": [1.0] * 8}]}).encode()
        request = urllib.request.Request(f"{vectors}/vectors/upsert", data=body, headers={"Content-Type": "application/json"})
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read()
        small = doctor(home, data, "--vector-index", vectors)
        assert small.has("wrong", "vectors", "is of 8 dimensions", "--embedder"), small.text


def test_the_doctor_takes_itself_for_alone_only_when_it_is(home, data, tmp_path, redis):
    def stray(folder):
        """Young, and of no video: mended at once by a doctor who is alone."""
        frame = folder / "blobs" / "test" / "feedfeedfeedfeed" / "frames" / "00000001.jpg"
        frame.parent.mkdir(parents=True)
        frame.write_bytes(b"x")
        return frame

    ingest(clips.bikes(), home, data, "--limit", "1")
    frame = stray(data)
    # A part of its own does not hold the lock of `up`, and is at work all the same.
    part = start(home, data, command="downloader")
    try:
        end = time.monotonic() + 60
        while "others may be at work" not in run("doctor", "--repair", "--data", data, home=home, check=None).stdout:
            assert time.monotonic() < end
        assert frame.exists()
    finally:
        part.stop()
    run("doctor", "--repair", "--data", data, home=home)
    assert not frame.exists()

    # With a server nobody knows but the one who says so, and who is told when it is not so.
    shared = tmp_path / "shared"
    store = ("--meta-store", redis.address)
    ingest(clips.bikes(), home, shared, "--limit", "1", *store)
    frame = stray(shared)
    run("doctor", "--repair", "--data", shared, *store, home=home)
    assert frame.exists()
    part = start(home, shared, *store, command="indexer")
    try:
        end = time.monotonic() + 120
        while True:
            said = run("doctor", "--repair", "--offline", "--data", shared, *store, home=home, check=None)
            if "--offline says that nothing else works" in said.stderr or time.monotonic() > end:
                break
        assert said.returncode == 1 and "the worker indexer-" in said.stderr, said.stdout + said.stderr
    finally:
        part.kill()
    run("doctor", "--repair", "--offline", "--data", shared, *store, home=home)
    assert not frame.exists()
