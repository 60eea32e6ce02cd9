"""The client of Weaviate over a server that takes nothing but what Weaviate takes. Weaviate itself is in tests/live."""

import os
import subprocess
from pathlib import Path

import pytest

from harness import clips
from harness.program import PROGRAM, SLOWNESS, ingest, run, serving
from harness.similarity import all_frames, same_hits, similar
from harness.strict_weaviate import KEY, READER, StrictWeaviate

CONTRACT = Path(PROGRAM).parent / "src" / "vector_index" / "vector_index_contract"


@pytest.fixture
def strict():
    server = StrictWeaviate()
    yield server
    server.close()


@pytest.fixture
def busy():
    """Often busy, and short of memory for some records of a batch."""
    server = StrictWeaviate(busy_every=7, spoil_every=11)
    yield server
    server.close()


def key_file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def key(tmp_path):
    return key_file(tmp_path, "key", KEY)


@pytest.mark.parametrize("kill_every", [0, 13])
def test_the_contract_of_vector_indexes_holds_over_it(strict, kill_every):
    """Also where the server is killed again and again: what was acknowledged is found."""
    strict.kill_every = kill_every
    done = subprocess.run([CONTRACT, "weaviate"], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=240 * SLOWNESS,
                          env={**os.environ, "FRAMEHOUND_TEST_VECTORS": strict.address, "FRAMEHOUND_TEST_VECTORS_KEY": KEY})
    assert done.returncode == 0 and "SKIP" not in done.stdout, done.stdout + done.stderr
    assert strict.refusals == []
    assert {(method, path.split("/")[2]) for method, path, _ in strict.requests} == {
        ("GET", "meta"), ("GET", "schema"), ("POST", "schema"), ("DELETE", "schema"), ("GET", "objects"), ("POST", "objects"),
        ("POST", "batch"), ("DELETE", "batch"), ("POST", "graphql")}


def test_a_video_over_a_server_that_is_often_busy_is_found_as_in_the_embedded_index(home, tmp_path, busy, key):
    clip = clips.bikes()
    done = ingest(clip, home, tmp_path / "embedded", "--fps", "3")
    with serving(home, tmp_path / "embedded") as server:
        expected = similar(server, done["video"])
    settings = ("--vector-index", busy.address + "/Mine", "--vector-key-file", str(key))
    with serving(home, tmp_path / "over", *settings) as server:
        video = server.post("/api/v1/projects/test/videos", {"source": str(clip), "fps": 3}).json()["id"]
        state = server.wait_for_end(video)
        assert (state["state"], state["errors"], video) == ("done", [], done["video"])
        same_hits(similar(server, video), expected)
        objects = [o["id"] for frame in all_frames(server, video) for o in frame["objects"]]
        assert set(busy.collections) == {"MineObjects", "MineTracks"}
        stored = busy.collections["MineObjects"].tenants["test"].values()
        assert len([one for one in stored if "vector" in one]) == len(objects)
        thing, other = objects[0], objects[-1]
        server.post("/api/v1/projects/test/labels/thing/examples", {"positive": [thing]})
        labelled = server.post("/api/v1/search", {"project": "test", "object": other, "filters": {"labels": ["thing"]}}).json()
        assert thing in [hit["object"] for hit in labelled["hits"]]
        assert server.request("DELETE", f"/api/v1/videos/{video}").status in (200, 202, 204)
    assert busy.refusals == []


ASKED_ONCE = 6  # requests of one look at the server, at most


def refused(home, data, *settings) -> str:
    return run("up", "--data", data, "--listen", "127.0.0.1:0", *settings, home=home, check=1).stderr


def test_what_is_wrong_at_the_start_is_a_sentence_that_names_server_and_setting(home, data, tmp_path, key):
    server, old = StrictWeaviate(), StrictWeaviate(version="1.32.9")
    asked = 0
    try:
        here = ("--vector-index", server.address)
        for settings, part in [
            ((*here, "--vector-key-file", key_file(tmp_path, "wrong", "a-wrong-key")), "refuses the key"),
            (here, "refuses the key"),
            ((*here, "--vector-key-file", key_file(tmp_path, "reader", READER)), "insufficient permissions"),
            ((*here, "--vector-key-file", tmp_path / "none"), "cannot be used"),
            (("--vector-index", old.address, "--vector-key-file", key), "1.33 or newer is needed"),
            (("--vector-index", "weaviate://127.0.0.1:1"), "does not answer"),
            (("--vector-index", server.address.replace("weaviate:", "weaviates:")), "does not speak TLS"),
            (("--vector-index", "weaviate://127.0.0.1:port"), "its port is no number"),
            (("--vector-index", server.address + "/small"), "a capital letter"),
        ]:
            said = refused(home, data, *settings)
            assert part in said and "--vector-" in said, said
            assert "a-wrong-key" not in said and READER not in said, said
            # Waiting mends none of it but a server that is starting.
            assert len(server.requests) - asked < ASKED_ONCE, server.requests[asked:]
            asked = len(server.requests)
    finally:
        server.close()
        old.close()


@pytest.mark.parametrize("change, part", [
    (lambda schema: schema["multiTenancyConfig"].update(enabled=False), "no tenants"),
    (lambda schema: schema["vectorIndexConfig"].update(distance="l2-squared"), "not the cosine"),
    (lambda schema: schema["properties"].pop(2), '"label" is missing'),
    (lambda schema: schema["properties"][1].update(tokenization="word"), '"kind" is missing or another one'),
])
def test_a_collection_of_somebody_else_is_not_written_to(home, tmp_path, key, change, part):
    server = StrictWeaviate()
    settings = ("--vector-index", server.address, "--vector-key-file", str(key))
    try:
        with serving(home, tmp_path / "first", *settings):
            pass
        before = server.collections["FramehoundObjects"]
        change(before.schema)
        said = refused(home, tmp_path / "second", *settings)
        assert part in said and "another prefix in --vector-index" in said, said
        with serving(home, tmp_path / "third", "--vector-index", server.address + "/Second", *settings[2:]):
            assert "SecondObjects" in server.collections
        assert server.refusals == [] and server.collections["FramehoundObjects"] is before
    finally:
        server.close()


def test_a_collection_of_an_earlier_version_gets_the_property_that_it_lacks(home, data, strict, key):
    settings = ("--vector-index", strict.address, "--vector-key-file", str(key))
    with serving(home, data, *settings):
        pass
    objects = strict.collections["FramehoundObjects"]
    made = objects.properties.pop("negatives")
    objects.schema["properties"].remove(made)
    for _ in range(2):
        with serving(home, data, *settings) as server:
            server.get("/readyz")
        assert objects.properties["negatives"] == made and objects.schema["properties"].count(made) == 1
    assert [path for method, path, _ in strict.requests if path.endswith("/properties")] == [
        "/v1/schema/FramehoundObjects/properties"]
    assert strict.refusals == []


def test_collections_that_are_gone_are_told_and_not_taken_for_empty_ones(home, data, strict, key):
    with serving(home, data, "--vector-index", strict.address, "--vector-key-file", str(key)) as server:
        strict.collections.clear()
        with pytest.raises(Exception) as not_ready:
            server.get("/readyz")
        assert b"FramehoundObjects is gone" in not_ready.value.body, not_ready.value.body
