"""The vector index in Weaviate itself: its contract, kills of the server, and what goes wrong."""

import os
import subprocess
import time

import pytest

from cluster import wait_until
from conftest import BUILD
from harness import clips
from harness.certificates import make_certificate
from harness.program import SLOWNESS, HttpError, ingest, run, serving
from harness.similarity import all_frames, same_hits, similar
from weaviate_server import KEY, Weaviate

PROGRAM = "src/vector_index/vector_index_live"


@pytest.fixture(scope="module")
def weaviate(tmp_path_factory):
    """One with a key, which no test may break."""
    server = Weaviate(tmp_path_factory.mktemp("weaviate") / "server", KEY)
    yield server
    server.end()


@pytest.fixture
def own_weaviate(tmp_path):
    """One without a key, that the test may break."""
    server = Weaviate(tmp_path / "weaviate")
    yield server
    server.end()


def key_file(folder, name: str, text: str):
    path = folder / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def test_the_contract_of_vector_indexes(weaviate, run_c_test):
    run_c_test("src/vector_index/vector_index_contract", "weaviate", FRAMEHOUND_TEST_VECTORS=weaviate.address,
               FRAMEHOUND_TEST_VECTORS_KEY=weaviate.key)


def test_what_it_says_it_is(weaviate):
    """The strict server of tests/integration answers as this version does."""
    assert weaviate.request("GET", "/v1/meta")["version"] == "1.35.2"


def test_nothing_acknowledged_is_lost_when_the_server_is_killed_while_storing(own_weaviate, run_c_test):
    batches = 400
    with subprocess.Popen([BUILD / PROGRAM, "store", own_weaviate.address, str(batches)], env=os.environ,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as writer:
        stored, said = 0, []
        for line in writer.stdout:
            if line.startswith("#"):
                said.append(line)
                continue
            assert int(line) == stored, (line, said)
            stored += 1
            if stored in (40, 150, 320):
                own_weaviate.restart()
                assert own_weaviate.count("FramehoundObjects", "killed") >= stored * 20
    assert (writer.returncode, stored) == (0, batches), said
    assert all("--vector-index" in line for line in said), said
    run_c_test(PROGRAM, "check", own_weaviate.address, str(batches))
    own_weaviate.restart()
    run_c_test(PROGRAM, "check", own_weaviate.address, str(batches))


def test_a_server_that_goes_away_is_named_and_the_work_goes_on_when_it_is_back(home, tmp_path, own_weaviate):
    done = ingest(clips.bikes(), home, tmp_path / "embedded", "--fps", "3")
    with serving(home, tmp_path / "embedded") as server:
        expected = similar(server, done["video"])
    with serving(home, tmp_path / "data", "--vector-index", own_weaviate.address) as server:
        video = server.post("/api/v1/projects/test/videos", {"source": str(clips.bikes()), "fps": 3}).json()["id"]
        own_weaviate.stop()
        with pytest.raises(HttpError) as not_ready:
            server.get("/readyz")
        assert not_ready.value.status == 503
        said = not_ready.value.body.decode()
        assert own_weaviate.address in said and "--vector-index" in said, said
        own_weaviate.start()
        state = server.wait_for_end(video)
        assert (state["state"], state["errors"], video) == ("done", [], done["video"])
        same_hits(similar(server, video), expected)
        assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
        objects = [o["id"] for frame in all_frames(server, video) for o in frame["objects"]]
        assert own_weaviate.count("FramehoundObjects", "test") == len(objects)
        own_weaviate.restart()
        same_hits(similar(server, video), expected)
        server.request("DELETE", "/api/v1/projects/test")
        end = time.monotonic() + 60 * SLOWNESS
        while own_weaviate.request("GET", "/v1/schema/FramehoundObjects/tenants") != []:
            assert time.monotonic() < end
            time.sleep(0.1)


def left_by(weaviate: Weaviate, refused: str) -> set[str]:
    conditions = f'{{path:["negatives"],operator:ContainsNone,valueText:["{refused}"]}}'
    answer = weaviate.request("POST", "/v1/graphql", {"query": f'{{Get{{FramehoundObjects(tenant:"test",limit:1000,where:{conditions})'
                                                               "{_additional{id}}}}"})
    assert "errors" not in answer, answer
    return {row["_additional"]["id"] for row in answer["data"]["Get"]["FramehoundObjects"]}


def records(weaviate: Weaviate) -> dict[str, dict]:
    found = weaviate.request("GET", "/v1/objects?class=FramehoundObjects&tenant=test&limit=1000&include=vector")["objects"]
    return {one["id"]: one for one in found if one["properties"]}


def test_what_objects_are_not_is_in_their_records_also_in_collections_of_an_earlier_version(home, data, own_weaviate):
    settings = ("--vector-index", own_weaviate.address)
    with serving(home, data, *settings):
        pass
    # As such a version made it.
    properties = [{"name": name, "dataType": ["text"], "tokenization": "field", "indexFilterable": True, "indexSearchable": False}
                  for name in ("video", "kind", "label", "track")]
    properties.append({"name": "doubled", "dataType": ["boolean"], "indexFilterable": False})
    own_weaviate.request("DELETE", "/v1/schema/FramehoundObjects")
    own_weaviate.request("POST", "/v1/schema", {
        "class": "FramehoundObjects", "vectorizer": "none", "vectorIndexConfig": {"distance": "cosine"},
        "multiTenancyConfig": {"enabled": True}, "properties": properties})
    with serving(home, data, *settings) as server:
        video = server.post("/api/v1/projects/test/videos", {"source": str(clips.bikes()), "fps": 2}).json()["id"]
        assert server.wait_for_end(video)["state"] == "done"
        objects = [o["id"] for frame in all_frames(server, video) for o in frame["objects"]]
        examples = "/api/v1/projects/test/labels/thing/examples"
        server.post(examples, {"positive": [objects[0]], "negative": [objects[1]]})
        wait_until(lambda: [one for one in records(own_weaviate).values() if one["properties"]["negatives"] == ["<thing>"]])
        stored = records(own_weaviate)
        (refused,) = (one for one, record in stored.items() if record["properties"]["negatives"] == ["<thing>"])
        assert len(stored) == len(objects) and set(stored) <= left_by(own_weaviate, "<other>")
        # One that such a version stored says nothing of it, and is not refused.
        old = next(record for one, record in stored.items() if one != refused)
        del old["properties"]["negatives"]
        own_weaviate.request("POST", "/v1/batch/objects", {"objects": [
            {**{field: old[field] for field in ("class", "id", "properties", "vector")}, "tenant": "test"}]})
        assert "negatives" not in records(own_weaviate)[old["id"]]["properties"]
        assert left_by(own_weaviate, "<thing>") & set(stored) == set(stored) - {refused}
        assert server.post("/api/v1/projects/test/undo").status == 200
        wait_until(lambda: set(stored) <= left_by(own_weaviate, "<thing>"))


def test_what_is_wrong_at_the_start_is_a_sentence(home, data, tmp_path, weaviate):
    key = key_file(tmp_path, "key", weaviate.key)
    weaviate.request("POST", "/v1/schema", {"class": "OtherObjects", "vectorizer": "none"})
    for address, given, part in [
        (weaviate.address, key_file(tmp_path, "wrong", "not-" + weaviate.key), "refuses the key"),
        (weaviate.address, None, "refuses the key"),
        (weaviate.address + "/Fresh", key_file(tmp_path, "reader", weaviate.key + "-reader"), "does not let the key"),
        (weaviate.address + "/Other", key, "OtherObjects"),
        ("weaviate://127.0.0.1:1", key, "does not answer"),
        (weaviate.address.replace("weaviate:", "weaviates:"), key, "does not speak TLS: write weaviate://"),
    ]:
        settings = ("--vector-index", address, *(("--vector-key-file", given) if given else ()))
        said = run("up", "--data", data, "--listen", "127.0.0.1:0", *settings, home=home, check=1).stderr
        assert part in said and "--vector-" in said, said
        assert weaviate.key not in said, said


def test_tls_with_an_authority_of_ones_own(home, data, tmp_path):
    (tmp_path / "tls").mkdir()
    certificate, secret = make_certificate(tmp_path / "tls", "DNS:localhost", "IP:127.0.0.1")
    server = Weaviate(tmp_path / "weaviate", KEY, certificate=(certificate, secret))
    try:
        key = key_file(tmp_path, "key", KEY)
        settings = ("--vector-index", server.address, "--vector-key-file", key)
        said = run("up", "--data", data, "--listen", "127.0.0.1:0", *settings, home=home, check=1).stderr
        assert "certificate" in said and "--vector-index" in said, said
        clear = server.address.replace("weaviates:", "weaviate:")
        said = run("up", "--data", data, "--listen", "127.0.0.1:0", "--vector-index", clear, home=home, check=1).stderr
        assert f"{clear} (--vector-index) speaks TLS: write weaviates://" in said, said
        with serving(home, data, *settings, "--vector-ca-file", certificate) as running:
            assert running.get("/readyz").json()["status"] == "ok"
    finally:
        server.end()
