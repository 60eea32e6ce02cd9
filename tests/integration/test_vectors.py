"""`framehound vectors` over HTTP: what clients of Pinecone's data plane rely on. The official client's own calls are in
tests/live, where it is installed."""

import json
import math
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness import clips
from harness.ports import free_port
from harness.program import PROGRAM, SLOWNESS, HttpError, ingest, run, serving
from harness.similarity import all_frames, same_hits, similar
from harness.strict_pinecone import KEY, StrictPinecone
from harness.vectors import start_vectors

SPACE = "prod"


@pytest.fixture
def service(home, data):
    server = start_vectors(home, data)
    yield server
    server.stop()


def wait_until(condition, said) -> None:
    end = time.monotonic() + 120 * SLOWNESS
    while not condition():
        assert time.monotonic() < end, said()
        time.sleep(0.02)


def post(service, path: str, **body):
    return service.post(path, body).json()


def upsert(service, records, space: str = SPACE):
    return post(service, "/vectors/upsert", namespace=space, vectors=[
        {"id": name, "values": values, **({"metadata": metadata} if metadata is not None else {})}
        for name, values, metadata in records])


def ids(answer) -> list[str]:
    return [match["id"] for match in answer["matches"]]


SHELF = [
    ("a", [1.0, 0.0, 0.0], {"kind": "car", "year": 2001, "tags": ["red", "old"]}),
    ("b", [0.9, 0.1, 0.0], {"kind": "car", "year": 2010, "sold": True}),
    ("c", [0.5, 0.5, 0.0], {"kind": "bus", "year": 2020, "tags": ["red"]}),
    ("d", [0.0, 1.0, 0.0], {"kind": "bus"}),
    ("e", [0.0, 0.0, 1.0], None),
]


def test_records_are_found_by_nearness_and_come_back_as_they_were_given(service):
    assert upsert(service, SHELF) == {"upsertedCount": 5}
    answer = post(service, "/query", namespace=SPACE, vector=[2, 0.1, 0], topK=3, includeValues=True, includeMetadata=True)
    assert ids(answer) == ["a", "b", "c"]
    assert answer["matches"][0]["score"] == pytest.approx(2 / math.hypot(2, 0.1), abs=1e-6)
    assert answer["matches"][1]["values"] == pytest.approx([0.9, 0.1, 0.0], abs=1e-7)
    assert answer["matches"][0]["metadata"] == SHELF[0][2]
    got = service.get(f"/vectors/fetch?ids=e&ids=a&ids=nobody&namespace={SPACE}").json()["vectors"]
    assert set(got) == {"a", "e"} and "metadata" not in got["e"] and got["a"]["values"] == [1.0, 0.0, 0.0]
    assert ids(post(service, "/query", namespace=SPACE, id="d", topK=2)) == ["d", "c"]
    assert post(service, "/query", namespace="empty", vector=[1, 0, 0], topK=3)["matches"] == []


@pytest.mark.parametrize("condition, expected", [
    ({"kind": "car"}, "ab"), ({"kind": {"$eq": "bus"}}, "cd"), ({"kind": {"$ne": "car"}}, "cde"),
    ({"kind": {"$in": ["bus", "van"]}}, "cd"), ({"kind": {"$nin": ["bus"]}}, "abe"), ({"year": {"$gt": 2001}}, "bc"),
    ({"year": {"$gte": 2001}}, "abc"), ({"year": {"$lt": 2010}}, "a"), ({"year": {"$lte": 2010}}, "ab"),
    ({"year": {"$exists": False}}, "de"), ({"year": {"$exists": True}}, "abc"), ({"tags": "old"}, "a"),
    ({"tags": {"$in": ["red", "blue"]}}, "ac"), ({"sold": True}, "b"), ({"year": 2010.0}, "b"),
    ({"year": {"$gte": 2005, "$lte": 2015}}, "b"), ({"$and": [{"kind": "bus"}, {"year": {"$gt": 0}}]}, "c"),
    ({"$or": [{"kind": "car"}, {"tags": "red"}]}, "abc"), ({"kind": "bus", "year": 2020}, "c"), ({}, "abcde"),
])
def test_every_operator_of_filters(service, condition, expected):
    upsert(service, SHELF)
    answer = post(service, "/query", namespace=SPACE, vector=[1, 0.2, 0.1], topK=10, filter=condition)
    assert "".join(sorted(ids(answer))) == expected
    found = post(service, "/vectors/fetch_by_metadata", namespace=SPACE, filter=condition)["vectors"]
    assert "".join(sorted(found)) == expected


def test_filters_are_exact_among_many(service):
    """Conditions that leave few, some and most of the records, beside a scan in Python."""
    chance = random.Random(7)
    records = []
    for n in range(3000):
        values = [chance.gauss(0, 1) for _ in range(16)]
        records.append((f"r{n:05}", values, {"one": n % 1500, "ten": n % 10, "half": n % 2, "n": n}))
    for n in range(0, len(records), 500):
        upsert(service, records[n:n + 500])
    asked = [chance.gauss(0, 1) for _ in range(16)]

    def cosine(values):
        return sum(a * b for a, b in zip(asked, values)) / math.hypot(*asked) / math.hypot(*values)

    for condition, holds in [({"one": 7}, lambda m: m["one"] == 7), ({"ten": {"$in": [1, 2]}}, lambda m: m["ten"] in (1, 2)),
                             ({"half": {"$ne": 1}}, lambda m: m["half"] != 1), ({"n": {"$gte": 2995}}, lambda m: m["n"] >= 2995)]:
        expected = sorted((r for r in records if holds(r[2])), key=lambda r: -cosine(r[1]))[:10]
        answer = post(service, "/query", namespace=SPACE, vector=asked, topK=10, filter=condition)
        assert ids(answer) == [r[0] for r in expected], condition
        assert [m["score"] for m in answer["matches"]] == pytest.approx([cosine(r[1]) for r in expected], abs=1e-5)


def test_replacing_updating_and_deleting(service):
    upsert(service, SHELF)
    upsert(service, [("a", [0, 0, 1], {"kind": "moon"})])
    assert post(service, "/query", namespace=SPACE, vector=[0, 0, 1], topK=2, includeMetadata=True)["matches"][0]["metadata"] == {"kind": "moon"}
    assert ids(post(service, "/query", namespace=SPACE, vector=[1, 0, 0], topK=1)) == ["b"]
    post(service, "/vectors/update", namespace=SPACE, id="b", values=[0, 1, 0], setMetadata={"year": 1, "new": "x"})
    got = service.get(f"/vectors/fetch?ids=b&namespace={SPACE}").json()["vectors"]["b"]
    assert got["values"] == [0, 1, 0] and got["metadata"] == {"kind": "car", "year": 1, "sold": True, "new": "x"}
    assert post(service, "/vectors/update", namespace=SPACE, filter={"kind": "bus"}, setMetadata={"seen": True}) == {"matchedRecords": 2}
    assert ids(post(service, "/query", namespace=SPACE, vector=[0, 1, 0], topK=9, filter={"seen": True})) == ["d", "c"]
    post(service, "/vectors/delete", namespace=SPACE, ids=["d", "nobody"])
    post(service, "/vectors/delete", namespace=SPACE, filter={"kind": "moon"})
    assert sorted(ids(post(service, "/query", namespace=SPACE, vector=[1, 1, 1], topK=9))) == ["b", "c", "e"]
    post(service, "/vectors/delete", namespace=SPACE, deleteAll=True)
    assert post(service, "/query", namespace=SPACE, vector=[1, 1, 1], topK=9)["matches"] == []


def test_ids_are_listed_by_prefix_and_page(service):
    upsert(service, [(f"video{n % 2}-{n:03}", [1, n, 0], None) for n in range(250)])
    seen, token = [], ""
    while token is not None:
        page = service.get(f"/vectors/list?namespace={SPACE}&prefix=video1&limit=40{token and '&paginationToken=' + token}").json()
        seen += [vector["id"] for vector in page["vectors"]]
        token = page.get("pagination", {}).get("next")
    assert seen == [f"video1-{n:03}" for n in range(1, 250, 2)]


def test_counts_follow_whatever_is_stored_replaced_and_removed(service):
    chance = random.Random(5)
    there: set[str] = set()
    for _ in range(40):
        names = [f"n{chance.randrange(30)}" for _ in range(chance.randrange(1, 12))]
        if chance.random() < 0.6:
            upsert(service, [(name, [1, 2, 3], {"even": int(name[1:]) % 2 == 0}) for name in names])
            there |= set(names)
        elif chance.random() < 0.7:
            post(service, "/vectors/delete", namespace=SPACE, ids=names)
            there -= set(names)
        else:
            post(service, "/vectors/delete", namespace=SPACE, filter={"even": True})
            there = {name for name in there if int(name[1:]) % 2}
        stats = post(service, "/describe_index_stats")
        assert stats["totalVectorCount"] == len(there)
        assert len(post(service, "/query", namespace=SPACE, vector=[1, 2, 3], topK=100)["matches"]) == len(there)


def test_namespaces_are_apart_counted_and_removed(service):
    upsert(service, SHELF[:2], "one")
    upsert(service, SHELF[2:], "two")
    stats = post(service, "/describe_index_stats")
    assert stats["namespaces"] == {"one": {"vectorCount": 2}, "two": {"vectorCount": 3}}
    assert (stats["dimension"], stats["totalVectorCount"], stats["metric"]) == (3, 5, "cosine")
    assert [space["name"] for space in service.get("/namespaces").json()["namespaces"]] == ["one", "two"]
    service.request("DELETE", "/namespaces/one")
    assert post(service, "/describe_index_stats")["namespaces"] == {"two": {"vectorCount": 3}}
    with pytest.raises(HttpError) as gone:
        service.request("DELETE", "/namespaces/one")
    assert gone.value.status == 404 and json.loads(gone.value.body)["code"] == 5


@pytest.mark.parametrize("path, body, part", [
    ("/vectors/upsert", {"vectors": []}, "list of 1 to"),
    ("/vectors/upsert", {"vectors": [{"values": [1, 2, 3]}]}, "needs an id"),
    ("/vectors/upsert", {"vectors": [{"id": "x", "values": [1, 2]}]}, "does not match the dimension of the index 3"),
    ("/vectors/upsert", {"vectors": [{"id": "x", "values": [0, 0, 0]}]}, "all zeros"),
    ("/vectors/upsert", {"vectors": [{"id": "x", "values": [1, "2", 3]}]}, "no finite number"),
    ("/vectors/upsert", {"vectors": [{"id": "x", "values": [1, 1e39, 3]}]}, "no finite number"),
    ("/vectors/upsert", {"vectors": [{"id": "x" * 513, "values": [1, 2, 3]}]}, "512 bytes"),
    ("/vectors/upsert", {"vectors": [{"id": "x", "values": [1, 2, 3], "metadata": {"a": {"b": 1}}}]}, "metadata"),
    ("/vectors/upsert", {"vectors": [{"id": "x", "values": [1, 2, 3], "metadata": {"a": "b" * 41000}}]}, "40960"),
    ("/vectors/upsert", {"vectors": [{"id": "x", "values": [1, 2, 3], "sparseValues": {}}]}, "sparse"),
    ("/query", {"vector": [1, 2, 3]}, "topK"),
    ("/query", {"vector": [1, 2, 3], "topK": 10001}, "topK"),
    ("/query", {"vector": [1, 2], "topK": 1}, "does not match the dimension"),
    ("/query", {"topK": 1}, "either a vector or an id"),
    ("/query", {"vector": [1, 2, 3], "topK": 1, "filter": {"a": {"$near": 1}}}, "no operator"),
    ("/query", {"vector": [1, 2, 3], "topK": 1, "filter": {"$not": []}}, "$and or $or"),
    ("/query", {"vector": [1, 2, 3], "topK": 1, "filter": {"a": {"$gt": "x"}}}, "wants a number"),
    ("/vectors/delete", {}, "one of ids, filter and deleteAll"),
    ("/vectors/delete", {"filter": {}}, "deleteAll"),
    ("/vectors/update", {"setMetadata": {"a": 1}}, "needs an id"),
])
def test_bad_requests_are_refused_with_a_sentence(service, path, body, part):
    upsert(service, SHELF)
    with pytest.raises(HttpError) as refused:
        service.post(path, {"namespace": SPACE, **body})
    answer = json.loads(refused.value.body)
    assert refused.value.status == 400 and answer["code"] == 3 and part in answer["message"], answer
    assert post(service, "/describe_index_stats")["totalVectorCount"] == 5


def test_the_index_is_described_by_whatever_name_it_was_asked(service):
    for host, said in [("localhost", "http://localhost"), ("localhost:\xff", "http://localhost:\N{REPLACEMENT CHARACTER}")]:
        [index] = service.get("/indexes", headers={"Host": host}).json()["indexes"]
        assert index["host"] == said
        assert service.get(f"/indexes/{index['name']}", headers={"Host": host}).json() == index


def test_a_key_is_asked_for_where_there_is_one(home, data, tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef\n")
    key.chmod(0o600)
    server = start_vectors(home, data, "--token-file", str(key))
    try:
        for headers in ({}, {"Api-Key": "wrong"}, {"Authorization": "Bearer wrong"}):
            with pytest.raises(HttpError) as refused:
                server.get("/namespaces", headers=headers)
            assert refused.value.status == 401
        assert server.get("/namespaces", headers={"Api-Key": "0123456789abcdef"}).json()["namespaces"] == []
        assert server.get("/healthz").json()["status"] == "ok"
    finally:
        server.stop()
    assert "needs a token" in run("vectors", "--data", data, "--listen", "0.0.0.0:0", home=home, check=1).stderr


def test_a_folder_is_served_by_one_process(home, data):
    server = start_vectors(home, data)
    try:
        refused = run("vectors", "--data", data, "--listen", "127.0.0.1:0", home=home, check=1)
        assert "another process serves the vectors" in refused.stderr
    finally:
        server.stop()


def test_killed_at_any_moment_it_keeps_what_it_acknowledged(home, data):
    chance = random.Random(3)
    kept: dict[str, list[float]] = {}
    for life in range(6):
        server = start_vectors(home, data)
        if kept:
            stats = post(server, "/describe_index_stats")
            assert stats["totalVectorCount"] >= len(kept)
            name = chance.choice(sorted(kept))
            best = post(server, "/query", namespace=SPACE, vector=kept[name], topK=1, includeValues=True)["matches"][0]
            assert best["score"] == pytest.approx(1, abs=1e-5)
            some = chance.sample(sorted(kept), min(50, len(kept)))
            got = server.get("/vectors/fetch?namespace=prod&" + "&".join(f"ids={name}" for name in some)).json()["vectors"]
            assert {name: vector["values"] for name, vector in got.items()} == {
                name: pytest.approx(kept[name], abs=1e-6) for name in some}
        killer_at = chance.randrange(5, 25)
        for batch in range(killer_at + 1):
            records = [(f"{chance.randrange(400)}", [chance.gauss(0, 1) for _ in range(8)], {"life": life}) for _ in range(20)]
            if batch == killer_at:
                server.process.send_signal(signal.SIGKILL)
                with pytest.raises(Exception):
                    upsert(server, records)
                # Whether this one was stored is not known: its records count neither way.
                for name, _, _ in records:
                    kept.pop(name, None)
                break
            upsert(server, records)
            kept.update({name: values for name, values, _ in records})
        server.process.wait()


# ---- our own client, over the service and over a server that takes nothing but what the hosted service takes

CONTRACT = Path(PROGRAM).parent / "src" / "vector_index" / "vector_index_contract"


@pytest.fixture
def strict():
    server = StrictPinecone(busy_every=7)
    yield server
    server.close()


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return path


def test_the_contract_of_vector_indexes_holds_over_it(service):
    done = subprocess.run([CONTRACT, "pinecone"], env={**os.environ, "FRAMEHOUND_TEST_VECTORS": service.url},
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=240 * SLOWNESS)
    assert done.returncode == 0 and "SKIP" not in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("where", ["framehound vectors", "a strict server"])
def test_a_video_over_it_is_found_as_in_the_embedded_index(home, tmp_path, request, key, where):
    clip = clips.bikes()
    done = ingest(clip, home, tmp_path / "embedded", "--fps", "3")
    with serving(home, tmp_path / "embedded") as server:
        expected = similar(server, done["video"])
    if where == "a strict server":
        strict = request.getfixturevalue("strict")
        settings = ("--vector-index", strict.url, "--vector-key-file", str(key))
    else:
        settings = ("--vector-index", request.getfixturevalue("service").url)
    with serving(home, tmp_path / "over", *settings) as server:
        video = server.post("/api/v1/projects/test/videos", {"source": str(clip), "fps": 3}).json()["id"]
        state = server.wait_for_end(video)
        assert (state["state"], state["errors"], video) == ("done", [], done["video"])
        same_hits(similar(server, video), expected)
        objects = [o["id"] for frame in all_frames(server, video) for o in frame["objects"]]
        thing, other = objects[0], objects[-1]
        server.post("/api/v1/projects/test/labels/thing/examples", {"positive": [thing]})
        labelled = server.post("/api/v1/search", {"project": "test", "object": other, "filters": {"labels": ["thing"]}}).json()
        assert thing in [hit["object"] for hit in labelled["hits"]]
        assert server.request("DELETE", f"/api/v1/videos/{video}").status in (200, 202, 204)
    if where == "a strict server":
        assert strict.refusals == []
        assert {path for path, _ in strict.requests} >= {"/vectors/upsert", "/query", "/vectors/fetch", "/vectors/list"}


def test_an_index_that_is_made_for_other_vectors_is_refused_at_the_start(home, data, service, key):
    upsert(service, SHELF)
    small = run("indexer", "--data", data, "--vector-index", service.url, home=home, check=1).stderr
    assert f"{service.url} (--vector-index) is of 3 dimensions" in small and "(--embedder)" in small, small
    other = StrictPinecone(metric="dotproduct")
    try:
        said = run("indexer", "--data", data, "--vector-index", other.url, "--vector-key-file", key, home=home, check=1).stderr
        assert f'{other.url} (--vector-index) compares vectors by the metric "dotproduct"' in said, said
    finally:
        other.close()


def test_a_wrong_key_or_a_missing_server_is_named_with_its_setting(home, data, strict, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong")
    wrong.chmod(0o600)
    open_to_all = tmp_path / "open"
    open_to_all.write_text(KEY)
    open_to_all.chmod(0o644)
    for settings, part in [
        (("--vector-index", strict.url, "--vector-key-file", wrong), "refuses the key"),
        (("--vector-index", "http://127.0.0.1:1"), "does not answer"),
        (("--vector-index", "ftp://x"), "no address of a vector index"),
        (("--vector-index", strict.url, "--vector-key-file", tmp_path / "none"), "--vector-key-file"),
        (("--vector-index", strict.url, "--vector-key-file", open_to_all), "chmod 600"),
    ]:
        done = run("up", "--data", data, "--listen", "127.0.0.1:0", *settings, home=home, check=1)
        assert part in done.stderr and "--vector-" in done.stderr, done.stderr
        assert "wrong\n" not in done.stderr.replace(str(wrong), "")
    # Waiting does not make a key right, so it is asked once.
    assert [path for path, _ in strict.requests] == ["/vectors/list"]


def test_another_index_in_place_of_ours_holds_the_work_up_until_ours_is_back(home, tmp_path):
    done = ingest(clips.bikes(), home, tmp_path / "embedded", "--fps", "3")
    with serving(home, tmp_path / "embedded") as server:
        expected = similar(server, done["video"])
    other = start_vectors(home, tmp_path / "other")
    upsert(other, SHELF)
    other.stop()
    port = free_port()
    vectors = start_vectors(home, tmp_path / "vectors", port=port)
    try:
        # What met the other index may be looked into when ours is back, and then it is the message's fault, once.
        with serving(home, tmp_path / "data", "--vector-index", vectors.url, "--max-attempts", "2") as server:
            vectors.kill()
            vectors = start_vectors(home, tmp_path / "other", port=port)
            video = server.post("/api/v1/projects/test/videos", {"source": str(clips.bikes()), "fps": 3}).json()["id"]
            wait_until(lambda: "work stops until the stores can be used again" in server.log.read_text(), said=server.tail)
            with pytest.raises(HttpError) as unready:
                server.get("/readyz")
            assert unready.value.status == 503
            assert f"{vectors.url} (--vector-index) is of 3 dimensions" in unready.value.body.decode()
            assert server.get(f"/api/v1/videos/{video}").json()["state"] == "running"
            vectors.kill()
            vectors = start_vectors(home, tmp_path / "vectors", port=port)
            state = server.wait_for_end(video)
            assert (state["state"], state["errors"], video) == ("done", [], done["video"])
            assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
            assert server.get("/readyz").json()["status"] == "ok"
            same_hits(similar(server, video), expected)
    finally:
        vectors.kill()
