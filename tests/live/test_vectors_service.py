"""`framehound vectors` as the index of others: the contract, and an end in the middle of an ingestion."""

import json
import urllib.request

import pytest

from cluster import wait_until
from harness import clips
from harness.ports import free_port
from harness.program import HttpError, ingest, serving
from harness.reference import indexed
from harness.similarity import all_frames, same_hits, similar
from harness.vectors import serving_vectors, start_vectors


def test_the_contract_of_vector_indexes(home, tmp_path, run_c_test):
    with serving_vectors(home, tmp_path / "vectors") as url:
        run_c_test("src/vector_index/vector_index_contract", "pinecone", FRAMEHOUND_TEST_VECTORS=url)


def test_what_objects_are_and_are_not_is_in_their_records(home, tmp_path):
    port = free_port()
    vectors = start_vectors(home, tmp_path / "vectors", port=port)

    def records_of(condition: dict) -> list[dict]:
        asked = urllib.request.Request(f"{vectors.url}/vectors/fetch_by_metadata", method="POST",
                                       headers={"Content-Type": "application/json"},
                                       data=json.dumps({"namespace": "test", "filter": condition, "limit": 100}).encode())
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return [one["metadata"] for one in json.load(answer)["vectors"].values()]

    def objects_of(condition: dict) -> set[str]:
        return {one["object"] for one in records_of(condition)}

    def not_it(label: str) -> set[str]:
        return objects_of({"negatives": {"$eq": label}})

    try:
        with serving(home, tmp_path / "data", "--vector-index", vectors.url) as server:
            video = server.post("/api/v1/projects/test/videos", {"source": str(clips.bikes()), "fps": 2}).json()["id"]
            assert server.wait_for_end(video)["state"] == "done"
            first, second, third = [o["id"] for frame in all_frames(server, video) for o in frame["objects"]][:3]
            labels = "/api/v1/projects/test/labels"
            server.post(f"{labels}/thing/examples", {"positive": [first], "negative": [second, third]})
            server.post(f"{labels}/other/examples", {"negative": [second]})
            wait_until(lambda: not_it("other") == {second} and not_it("thing") == {second, third})
            assert objects_of({"label": {"$eq": "thing"}}) == {first}
            assert sorted(records_of({"object": {"$eq": second}})[0]["negatives"]) == ["other", "thing"]
            assert "negatives" not in records_of({"object": {"$eq": first}})[0]
            server.post(f"{labels}/thing/rename", {"name": "Thing"})
            wait_until(lambda: not_it("Thing") == {second, third} and not_it("thing") == set())
            # What is said while the index is away is in it when it is back, without anybody asking.
            vectors.kill()
            server.post("/api/v1/projects/test/undo")
            vectors = start_vectors(home, tmp_path / "vectors", port=port)
            wait_until(lambda: not_it("thing") == {second, third} and not_it("Thing") == set())
            assert server.request("DELETE", f"{labels}/thing").status == 200
            wait_until(lambda: not_it("thing") == set() and objects_of({"label": {"$eq": "thing"}}) == set())
            assert not_it("other") == {second}
    finally:
        vectors.stop()


def test_killed_in_the_middle_it_is_named_and_the_work_goes_on_when_it_is_back(home, tmp_path):
    done = ingest(clips.bikes(), home, tmp_path / "embedded", "--fps", "3")
    with serving(home, tmp_path / "embedded") as server:
        expected = similar(server, done["video"])
    port = free_port()
    vectors = start_vectors(home, tmp_path / "vectors", port=port)
    try:
        with serving(home, tmp_path / "data", "--vector-index", vectors.url, "--max-attempts", "2") as server:
            video = server.post("/api/v1/projects/test/videos", {"source": str(clips.bikes()), "fps": 3}).json()["id"]
            wait_until(lambda: indexed(server, video) >= 3, said=server.tail)
            vectors.kill()
            wait_until(lambda: "work stops until the stores can be used again" in server.log.read_text(), said=server.tail)
            with pytest.raises(HttpError) as unready:
                server.get("/readyz")
            assert unready.value.status == 503
            assert f"{vectors.url} (--vector-index) does not answer" in unready.value.body.decode()
            vectors = start_vectors(home, tmp_path / "vectors", port=port)
            state = server.wait_for_end(video)
            assert (state["state"], state["errors"], video) == ("done", [], done["video"])
            assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
            same_hits(similar(server, video), expected)
    finally:
        vectors.stop()
