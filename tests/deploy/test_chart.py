"""What the Helm chart renders, and what it refuses."""

import subprocess

import pytest

from harness.program import ROOT
from helm_chart import CHART, DEPS, INGEST, LEAST, Rendered, helm, merge, mounts, need, refusal, render_text, variables

# Sets of values that installations are made with.
SETS = {
    "least": {},
    "large": {"scale": 64, "indexer": {"resources": {"limits": {"cpu": "8"}}}},
    "hpa": {"autoscaling": {"mode": "hpa"}},
    "fixed": {"autoscaling": {"mode": "none"}, "scale": 2},
    "elsewhere": {"vectorIndex": {"url": "https://index.example.org"}, "secrets": {"vectorKey": "a-key-of-some-length"}},
    "existing": {
        "secrets": {"existingSecret": "mine", "token": "", "vectorKey": ""},
        "queue": {"configFromSecret": True}, "metaStore": {"address": "rediss://redis:6380/0", "passwordFromSecret": True},
        "blobStore": {"keysFromSecret": True, "endpoint": "https://s3:9000"},
        "tls": {"caSecret": "authorities", "redisClientSecret": "redis-client"},
        "autoscaling": {"keda": {"authenticationRef": "kafka-login", "kafkaMetadata": {"sasl": "scram_sha512", "tls": "enable"}}},
    },
    "open": {
        "ingress": {"enabled": True, "className": "nginx", "hosts": ["framehound.example.org"],
                    "tls": [{"secretName": "tls", "hosts": ["framehound.example.org"]}],
                    "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "0"}},
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "networkPolicy": {"queryFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}],
                          "metricsFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]},
        "secrets": {"kafkaConfig": "security.protocol=SASL_SSL\n", "redisPassword": "p", "awsAccessKeyId": "a",
                    "awsSecretAccessKey": "b"},
        "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/media"}},
        "settings": {"detector": "nanodet-416", "keep-frames": False},
    },
}


@pytest.mark.parametrize("name", SETS)
def test_helm_finds_nothing_to_say(name):
    done = helm("lint", str(CHART), "--strict", "--kube-version", "1.36.3", values=merge(LEAST, SETS[name]))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", SETS)
def test_everything_rendered_is_what_kubernetes_knows(name):
    kubeconform = need("kubeconform")
    schemas = DEPS / "k8s" / "schemas"
    where = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    done = subprocess.run([kubeconform, "-strict", "-summary", "-schema-location", where], input=render_text(SETS[name]),
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "Skipped: 0" in done.stdout, done.stdout + done.stderr


def test_kubeconform_sees_a_field_that_there_is_not():
    kubeconform = need("kubeconform")
    text = render_text().replace("revisionHistoryLimit", "revisionHistoryLimits", 1)
    where = f"{DEPS}/k8s/schemas/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    done = subprocess.run([kubeconform, "-strict", "-schema-location", where], input=text, capture_output=True, text=True)
    assert done.returncode != 0 and "revisionHistoryLimits" in done.stdout


# ---- scaling


@pytest.mark.parametrize(("mode", "scalers"), [("keda", 4), ("hpa", 0), ("none", 0)])
def test_one_number_sets_the_ceilings_of_all_parts(mode, scalers):
    one, other = Rendered({"scale": 16, "autoscaling": {"mode": mode}}), Rendered({"scale": 32, "autoscaling": {"mode": mode}})
    assert set(one.ceilings()) == {*INGEST, "query"}
    assert one.ceilings()["indexer"] == 16 and other.ceilings()["indexer"] == 32
    assert all(other.ceilings()[part] >= ceiling for part, ceiling in one.ceilings().items())
    assert other.ceilings()["downloader"] == 2 * one.ceilings()["downloader"]
    assert len(one.kinds("ScaledObject")) == scalers
    assert len(one.kinds("HorizontalPodAutoscaler")) == {"keda": 1, "hpa": 5, "none": 0}[mode]


def test_a_small_scale_leaves_no_part_without_a_worker():
    assert min(Rendered({"scale": 0.5}).ceilings().values()) >= 1


def test_a_part_s_own_ceiling_wins():
    ceilings = Rendered({"scale": 8, "indexer": {"replicas": {"min": 2, "max": 30}}, "splitter": {"perScale": 1}}).ceilings()
    assert ceilings["indexer"] == 30 and ceilings["splitter"] == 8


def test_a_scale_above_the_partitions_is_refused_with_a_way_out():
    said = refusal({"scale": 65})
    assert "65 replicas of the indexer" in said and "64 partitions" in said and "Lower scale" in said
    assert Rendered({"scale": 65, "queue": {"partitions": 128}}).ceilings()["indexer"] == 65
    assert Rendered({"scale": 65, "indexer": {"replicas": {"max": 64}}}).ceilings()["indexer"] == 64
    assert "tracker" in refusal({"tracker": {"replicas": {"max": 70}}})


def test_keda_counts_what_waits_in_the_part_s_own_topic():
    rendered = Rendered({"queue": {"prefix": "prod."}})
    topics = {"splitter": "prod.sources", "downloader": "prod.segments", "indexer": "prod.frames", "tracker": "prod.detections"}
    for part, topic in topics.items():
        spec = rendered.get("ScaledObject", f"fh-framehound-{part}")["spec"]
        assert spec["scaleTargetRef"]["name"] in rendered.kinds("Deployment")
        (trigger,) = spec["triggers"]
        assert trigger["type"] == "kafka"
        assert trigger["metadata"]["topic"] == trigger["metadata"]["consumerGroup"] == topic
        assert trigger["metadata"]["bootstrapServers"] == "kafka-1:9092,kafka-2:9092"


def test_enough_may_wait_for_the_last_replica_to_be_started():
    rendered = Rendered({"scale": 64, "indexer": {"lagThreshold": 100}, "downloader": {"lagThreshold": 4}})
    ceilings = rendered.ceilings()
    assert int(rendered.settings()["FRAMEHOUND_FRAMES_AHEAD"]) > 100 * ceilings["indexer"]
    assert int(rendered.settings()["FRAMEHOUND_SEGMENTS_AHEAD"]) > 4 * ceilings["downloader"]


def test_an_autoscaled_part_says_no_number_of_its_own():
    for deployment in Rendered().kinds("Deployment").values():
        assert "replicas" not in deployment["spec"]


def test_none_at_all_is_for_keda_only():
    assert Rendered({"indexer": {"replicas": {"min": 0}}}).get("ScaledObject", "fh-framehound-indexer")["spec"]["minReplicaCount"] == 0
    assert "only KEDA" in refusal({"indexer": {"replicas": {"min": 0}}, "autoscaling": {"mode": "hpa"}})
    assert "only KEDA" in refusal({"query": {"replicas": {"min": 0}}})


def test_a_least_above_the_most_is_refused():
    assert "above its ceiling" in refusal({"indexer": {"replicas": {"min": 9, "max": 3}}})


def test_keda_logs_in_by_what_is_named():
    rendered = Rendered(SETS["existing"])
    (trigger,) = rendered.get("ScaledObject", "fh-framehound-indexer")["spec"]["triggers"]
    assert trigger["authenticationRef"] == {"name": "kafka-login"}
    assert trigger["metadata"]["sasl"] == "scram_sha512" and trigger["metadata"]["tls"] == "enable"


# ---- what is refused


@pytest.mark.parametrize("missing", ["queue", "blobStore", "metaStore"])
def test_each_server_has_to_be_named(missing):
    least = {key: value for key, value in LEAST.items() if key != missing}
    assert f"{missing}." in refusal(least=least)


def test_short_secrets_are_refused():
    assert "16 characters" in refusal({"secrets": {"token": "short"}})
    assert "16 characters" in refusal({"secrets": {"vectorKey": "short"}})


def test_secrets_come_from_one_place():
    assert "both given" in refusal({"secrets": {"existingSecret": "mine"}})
    assert "existingSecret" in refusal({"queue": {"configFromSecret": True}})


def test_a_password_in_an_address_is_refused():
    assert "everybody could read" in refusal({"metaStore": {"address": "redis://user:secret@redis:6379/0"}})


@pytest.mark.parametrize("values", [
    {"scale": "many"}, {"scale": 0}, {"autoscaling": {"mode": "magic"}}, {"queue": {"brokers": ["no-port"]}},
    {"queue": {"partitions": 0}}, {"indexer": {"replica": 3}}, {"indexers": {}}, {"metaStore": {"address": "http://redis"}},
    {"image": {"digest": "latest"}}, {"settings": {"Detector": "x"}},
])
def test_values_that_are_none_are_refused_by_the_schema(values):
    said = refusal(values)
    assert "values don't meet the specifications of the schema" in said


# ---- secrets and certificates


def test_no_secret_is_in_the_config_map_or_the_pods():
    rendered = Rendered(merge(SETS["open"], {"secrets": {"redisPassword": "pass-word-1", "awsSecretAccessKey": "secret-key-1"}}))
    for one in rendered.all:
        if one["kind"] != "Secret":
            text = str(one)
            for secret in ("pass-word-1", "secret-key-1", LEAST["secrets"]["token"], LEAST["secrets"]["vectorKey"], "SASL_SSL"):
                assert secret not in text, one["metadata"]["name"]
    assert rendered.get("Secret", "fh-framehound")["stringData"]["redis-password"] == "pass-word-1"


def test_an_existing_secret_is_mounted_and_none_is_made():
    rendered = Rendered(SETS["existing"])
    assert rendered.kinds("Secret") == {}
    settings = rendered.settings()
    assert settings["FRAMEHOUND_KAFKA_CONFIG"] == "/etc/framehound/secret/kafka.properties"
    assert settings["FRAMEHOUND_REDIS_PASSWORD_FILE"] == "/etc/framehound/secret/redis-password"
    assert settings["FRAMEHOUND_VECTOR_KEY_FILE"] == "/etc/framehound/secret/vector-key"
    for part in (*INGEST, "query"):
        pod = rendered.pods()[part]
        assert mounts(pod)["/etc/framehound/secret"]["secret"]["secretName"] == "mine"
        assert variables(pod)["AWS_SECRET_ACCESS_KEY"]["secretKeyRef"] == {"name": "mine", "key": "aws-secret-access-key"}
    job = rendered.pods()["topics"]
    assert mounts(job)["/etc/framehound/secret"]["secret"]["secretName"] == "mine"
    assert variables(job)["FRAMEHOUND_KAFKA_CONFIG"] == "/etc/framehound/secret/kafka.properties"


def test_authorities_and_our_certificate_reach_the_program():
    rendered = Rendered(SETS["existing"])
    settings = rendered.settings()
    assert settings["FRAMEHOUND_S3_CA_FILE"] == settings["FRAMEHOUND_REDIS_CA"] == "/etc/framehound/ca/ca.crt"
    assert settings["FRAMEHOUND_REDIS_CERT"] == "/etc/framehound/redis/tls.crt"
    found = mounts(rendered.pods()["indexer"])
    assert found["/etc/framehound/ca"]["secret"]["secretName"] == "authorities"
    assert found["/etc/framehound/redis"]["secret"]["secretName"] == "redis-client"
    only = Rendered(merge(SETS["existing"], {"tls": {"caFor": ["redis"]}})).settings()
    assert "FRAMEHOUND_S3_CA_FILE" not in only and "FRAMEHOUND_REDIS_CA" in only


def test_secret_files_are_readable_by_the_group_alone():
    # The program refuses files that everybody may read.
    for part, pod in Rendered(SETS["existing"]).pods().items():
        for volume in pod["volumes"]:
            if "secret" in volume:
                assert volume["secret"]["defaultMode"] == 0o440, part
        assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]


def test_without_keys_the_service_account_s_identity_is_used():
    rendered = Rendered({"serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn"}}})
    assert "AWS_ACCESS_KEY_ID" not in variables(rendered.pods()["splitter"])
    assert rendered.get("ServiceAccount", "fh-framehound")["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn"}


def test_topics_are_made_before_the_release_s_own_secret_is_there():
    rendered = Rendered(SETS["open"])
    hook = rendered.get("Job", "fh-framehound-topics")
    assert "pre-install" in hook["metadata"]["annotations"]["helm.sh/hook"]
    pod = rendered.pods()["topics"]
    secret = rendered.get("Secret", mounts(pod)["/etc/framehound/secret"]["secret"]["secretName"])
    assert "pre-install" in secret["metadata"]["annotations"]["helm.sh/hook"]
    assert int(secret["metadata"]["annotations"]["helm.sh/hook-weight"]) < 0
    assert pod["containers"][0]["args"][:2] == ["queue", "init"]
    assert variables(pod)["FRAMEHOUND_KAFKA_PARTITIONS"] == rendered.settings()["FRAMEHOUND_KAFKA_PARTITIONS"]
    # With the job the parts make none, without it they do.
    assert rendered.settings()["FRAMEHOUND_KAFKA_MAKE_TOPICS"] == "false"
    assert Rendered({"queue": {"initJob": {"enabled": False}}}).settings()["FRAMEHOUND_KAFKA_MAKE_TOPICS"] == "true"


# ---- pods


@pytest.mark.parametrize("name", SETS)
def test_every_pod_is_kept_small(name):
    for part, pod in Rendered(SETS[name]).pods().items():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True, part
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys() & container["resources"]["limits"].keys()
        assert pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False
        assert "/data" in mounts(pod)


def test_every_part_is_asked_whether_it_lives_and_is_ready():
    for part, pod in Rendered().pods().items():
        container = pod["containers"][0]
        if part == "topics":
            continue
        (port,) = container["ports"]
        for probe, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
            assert container[probe]["httpGet"] == {"path": path, "port": port["name"]}
        if part in INGEST:
            assert variables(pod)["FRAMEHOUND_PROBE_LISTEN"] == f"0.0.0.0:{port['containerPort']}"


def test_the_query_engine_goes_on_answering_until_nobody_is_led_to_it():
    pods = Rendered().pods()
    assert pods["query"]["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert "lifecycle" not in pods["indexer"]["containers"][0]


def test_settings_reach_the_parts_and_a_part_s_own_win():
    rendered = Rendered({"settings": {"detector": "nanodet-416", "keep-frames": False}, "indexer": {"settings": {"detector": "other"}}})
    assert rendered.settings()["FRAMEHOUND_DETECTOR"] == "nanodet-416"
    assert rendered.settings()["FRAMEHOUND_KEEP_FRAMES"] == "false"
    assert variables(rendered.pods()["indexer"])["FRAMEHOUND_DETECTOR"] == "other"


@pytest.mark.parametrize("name", SETS)
def test_every_variable_is_one_that_the_program_knows(name):
    rendered = Rendered(SETS[name])
    known = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    used = {*rendered.settings(), *(key for pod in rendered.pods().values() for key in variables(pod))}
    assert [key for key in used if key.startswith("FRAMEHOUND_") and f"`{key}`" not in known] == []


def test_a_change_of_settings_starts_the_pods_anew():
    def sums(values):
        return {one["metadata"]["name"]: one["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
                for one in Rendered(values).kinds("Deployment").values()}

    before, after = sums({}), sums({"secrets": {"redisPassword": "another"}})
    assert before.keys() == after.keys() and all(before[name] != after[name] for name in before)


def test_the_chart_s_own_vectors_are_one_process_with_its_key():
    rendered = Rendered()
    stateful = rendered.get("StatefulSet", "fh-framehound-vectors")
    assert stateful["spec"]["replicas"] == 1
    assert rendered.settings()["FRAMEHOUND_VECTOR_INDEX"] == "http://fh-framehound-vectors:8081"
    assert variables(rendered.pods()["vectors"])["FRAMEHOUND_TOKEN_FILE"] == "/etc/framehound/secret/vector-key"
    elsewhere = Rendered(SETS["elsewhere"])
    assert elsewhere.kinds("StatefulSet") == {}
    assert elsewhere.settings()["FRAMEHOUND_VECTOR_INDEX"] == "https://index.example.org"


def test_a_digest_wins_over_a_tag():
    digest = "sha256:" + "a" * 64
    rendered = Rendered({"image": {"repository": "r/framehound", "tag": "1", "digest": digest}})
    assert rendered.pods()["query"]["containers"][0]["image"] == f"r/framehound@{digest}"
    assert Rendered({"image": {"repository": "r/framehound", "tag": "1"}}).pods()["query"]["containers"][0]["image"] == "r/framehound:1"


# ---- access


def test_selectors_find_the_pods_they_are_for():
    rendered = Rendered(SETS["open"])
    labels = {one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]: one["spec"]["template"]["metadata"]["labels"]
              for one in rendered.all if one["kind"] in ("Deployment", "StatefulSet")}

    def found(selector):
        return {part for part, own in labels.items() if selector.items() <= own.items()}

    assert found(rendered.get("Service", "fh-framehound")["spec"]["selector"]) == {"query"}
    assert found(rendered.get("Service", "fh-framehound-vectors")["spec"]["selector"]) == {"vectors"}
    for name, budget in rendered.kinds("PodDisruptionBudget").items():
        assert found(budget["spec"]["selector"]["matchLabels"]) == {name.rsplit("-", 1)[-1]}
    monitor = rendered.get("ServiceMonitor", "fh-framehound")
    services = [one for one in rendered.kinds("Service").values()
                if monitor["spec"]["selector"]["matchLabels"].items() <= one["metadata"]["labels"].items()]
    assert {part for one in services for part in found(one["spec"]["selector"])} == {*INGEST, "query"}
    assert monitor["spec"]["endpoints"][0]["authorization"]["credentials"]["key"] == "token"


def test_the_network_is_open_where_it_has_to_be_only():
    rendered = Rendered(SETS["open"])
    everything = rendered.get("NetworkPolicy", "fh-framehound")["spec"]
    assert set(everything["policyTypes"]) == {"Ingress", "Egress"} and "ingress" not in everything
    ports = {port["port"] for rule in everything["egress"] for port in rule["ports"]}
    assert ports == {53, 9092, 7070, 6379, 8081}
    fetch = rendered.get("NetworkPolicy", "fh-framehound-fetch")["spec"]
    assert fetch["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "splitter"
    assert "169.254.0.0/16" in fetch["egress"][0]["to"][0]["ipBlock"]["except"]
    query = rendered.get("NetworkPolicy", "fh-framehound-query")["spec"]["ingress"][0]
    assert [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in query["from"]] == ["ingress", "monitoring"]
    assert Rendered({"networkPolicy": {"enabled": False}}).kinds("NetworkPolicy") == {}


def test_the_ingress_leads_to_the_query_engine_under_its_name():
    rendered = Rendered(SETS["open"])
    spec = rendered.get("Ingress", "fh-framehound")["spec"]
    assert spec["rules"][0]["http"]["paths"][0]["backend"]["service"] == {"name": "fh-framehound", "port": {"name": "http"}}
    assert spec["ingressClassName"] == "nginx" and spec["tls"][0]["secretName"] == "tls"
    assert rendered.settings()["FRAMEHOUND_ALLOW_HOST"] == "framehound.example.org"
    assert Rendered().kinds("Ingress") == {}


def test_names_stay_within_what_kubernetes_takes():
    rendered = Rendered({"fullnameOverride": "a" * 60})
    assert max(len(one["metadata"]["name"]) for one in rendered.all) <= 63
