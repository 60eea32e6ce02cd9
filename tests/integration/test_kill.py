"""Killed at any moment and started again, everything ends as if nothing had happened."""

import json
import random
import time

import pytest

from harness import clips
from harness.program import SLOWNESS, frames, ingest, run, serving, start

KILLS = 20


def snapshot(server, video: str) -> dict:
    """All that is stored of a video: frames, objects, pictures, vectors."""
    found, cursor = [], ""
    while cursor is not None:
        page = server.get(f"/api/v1/videos/{video}/frames?limit=1000{cursor and f'&cursor={cursor}'}").json()
        found += page["frames"]
        cursor = page["next_cursor"]
    objects = [o for f in found for o in f["objects"]]
    return {"frames": [(f["index"], f["pts_us"], f["state"], len(f["objects"])) for f in found], "objects": objects}


def same(left: dict, right: dict) -> None:
    assert left["frames"] == right["frames"]
    assert [o["id"] for o in left["objects"]] == [o["id"] for o in right["objects"]]
    for one, other in zip(left["objects"], right["objects"]):
        assert one["class"] == other["class"]
        assert one["box"] == pytest.approx(other["box"], abs=0.01)
        assert one["score"] == pytest.approx(other["score"], abs=1e-3)


def check_stores(home, data, state: dict) -> None:
    """Every object has its vector and its picture, and nothing is left over."""
    said = run("doctor", "--data", data, "--json", home=home, check=None).stdout.splitlines()
    findings = [json.loads(line) for line in said if "finding" in json.loads(line)]
    assert findings == []
    crops = list((data / "blobs").glob("*/*/objects/*.jpg"))
    assert len(crops) == len(state["objects"])


def test_a_server_killed_twenty_times_loses_nothing(home, data, tmp_path):
    clip = clips.bikes()
    reference = ingest(clip, home, tmp_path / "reference", "--chunk", "1", "--fps", "10")
    with serving(home, tmp_path / "reference") as server:
        expected = snapshot(server, reference["video"])
    assert len(expected["frames"]) == 100

    chance = random.Random(20)
    video = None
    for attempt in range(KILLS):
        server = start(home, data)
        submitted = server.post("/api/v1/projects/test/videos", {
            "source": str(clip), "chunk_seconds": 1, "fps": 10}).json()
        assert video in (None, submitted["id"])
        video = submitted["id"]
        time.sleep(chance.uniform(0, 0.6) * SLOWNESS)
        server.kill()
    assert video == reference["video"]

    with serving(home, data) as server:
        state = server.post("/api/v1/projects/test/videos", {
            "source": str(clip), "chunk_seconds": 1, "fps": 10}).json()
        state = server.wait_for_end(video)
        assert (state["state"], state["errors"]) == ("done", [])
        after = snapshot(server, video)
        letters = server.get("/api/v1/dead-letters").json()["dead_letters"]
    assert letters == []
    same(expected, after)
    check_stores(home, data, after)


@pytest.mark.parametrize("part", ["splitter", "downloader", "indexer", "tracker"])
def test_a_part_killed_again_and_again_loses_nothing(part, home, data, tmp_path):
    clip = clips.bikes()
    reference = ingest(clip, home, tmp_path / "reference", "--chunk", "1", "--fps", "5")
    expected = frames(reference["video"], home, tmp_path / "reference")

    chance = random.Random(part)
    others = [p for p in ("splitter", "downloader", "indexer", "tracker") if p != part]
    with serving(home, data, command="query") as query:
        steady = [start(home, data, command=p) for p in others]
        video = query.post("/api/v1/projects/test/videos", {
            "source": str(clip), "chunk_seconds": 1, "fps": 5}).json()["id"]
        for attempt in range(KILLS):
            victim = start(home, data, command=part)
            time.sleep(chance.uniform(0.05, 0.6) * SLOWNESS)
            victim.kill()
        last = start(home, data, command=part)
        state = query.wait_for_end(video)
        for process in [*steady, last]:
            assert process.stop() == 0, process.tail()
    assert (state["state"], state["errors"]) == ("done", [])
    found = frames(video, home, data)
    assert [(f["index"], f["pts_us"], [(o["id"], o["track"]) for o in f["objects"]]) for f in found] == \
        [(f["index"], f["pts_us"], [(o["id"], o["track"]) for o in f["objects"]]) for f in expected]
    assert any(o["track"] for f in found for o in f["objects"])


def test_an_ingestion_without_a_server_goes_on_where_it_was_killed(home, data, tmp_path):
    import subprocess
    from harness.program import PROGRAM, environment
    clip = clips.bikes()
    command = [PROGRAM, "ingest", clip, "--project", "test", "--chunk", "1", "--fps", "10", "--data", data, "--wait"]
    process = subprocess.Popen(command, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.8 * SLOWNESS)
    process.kill()
    process.wait()
    result = ingest(clip, home, data, "--chunk", "1", "--fps", "10")
    assert (result["state"], result["frames"]) == ("done", 100)


def test_an_upload_that_the_server_was_killed_at_is_found_and_removed(home, data):
    import socket
    import urllib.parse
    server = start(home, data)
    address = urllib.parse.urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(b"PUT /api/v1/projects/p/uploads/large.mp4 HTTP/1.1\r\nHost: " + address.netloc.encode() +
                           b"\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 1000000)
        end = time.monotonic() + 60 * SLOWNESS
        while not any(path.stat().st_size > 0 for path in (data / "tmp").glob("**/upload-*")):
            assert time.monotonic() < end, server.tail()
            time.sleep(0.02)
        server.kill()
    said = run("doctor", "--data", data, "--json", home=home, check=1).stdout
    assert "temporary_file" in said and "was left behind" in said
    with serving(home, data) as server:
        assert not list((data / "tmp").glob("**/upload-*"))
        assert "left of uploads" in server.log.read_text()
    assert not list((data / "tmp").iterdir())
    run("doctor", "--data", data, home=home)
