"""`framehound vectors` as the index of others: the contract, and an end in the middle of an ingestion."""

import pytest

from cluster import wait_until
from harness import clips
from harness.ports import free_port
from harness.program import HttpError, ingest, serving
from harness.reference import indexed
from harness.similarity import same_hits, similar
from harness.vectors import serving_vectors, start_vectors


def test_the_contract_of_vector_indexes(home, tmp_path, run_c_test):
    with serving_vectors(home, tmp_path / "vectors") as url:
        run_c_test("src/vector_index/vector_index_contract", "pinecone", FRAMEHOUND_TEST_VECTORS=url)


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
