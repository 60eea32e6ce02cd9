"""A disk that is full under each of the stores, before a video or in the middle of it: work stops with a sentence that says
which file found no room, nothing that is stored is lost, and with room it goes on by itself to what it would have been."""

import contextlib
import functools

import pytest

from harness import clips
from harness.program import HttpError, frames, ingest, run, serving
from harness.small_disk import fill, small_disk
from harness.waiting import until

# A store, its folder in the data folder, room for what the server makes at its start, and what a sentence names. The
# databases of the meta store and the queue lie side by side; the settings are the meta store's.
STORES = {
    "blobs": ("blobs", "16m", ("data/blobs",)),
    "vectors": ("vectors", "3m", ("data/vectors/",)),
    "databases": ("", "8m", ("meta.sqlite", "queue.sqlite")),
    "temporary": ("tmp", "8m", ("data/tmp/", "the disk")),
}
FULL = "work stops until there is room again"
LIMIT = ("--limit", "6", "--chunk", "2")


@pytest.fixture(scope="module")
def expect(tmp_path_factory):
    """The frames of the video where there is room, at so many a second."""

    @functools.cache
    def ingested(fps):
        base = tmp_path_factory.mktemp("roomy")
        whole = ingest(clips.bikes(), base, base / "data", *LIMIT, "--fps", str(fps))
        return frames(whole["video"], base, base / "data")

    return ingested


@pytest.fixture
def expected(expect):
    return expect(5)


def wait_until(server, what: str, true) -> None:
    until(what, true, said=server.tail)


@contextlib.contextmanager
def on_small_disk(data, store: str):
    folder, size, _ = STORES[store]
    others = ("blobs", "vectors", "tmp", "cache") if folder == "" else ()
    with small_disk(data / folder, size, others) as small:
        yield small


def fill_in_the_middle(server, small):
    """The file that takes all room there is, what the server frees meanwhile included; the video that was being indexed, and
    its frames a second. A server that has done it by then gets more to do."""
    for fps in (5, 12.5, "all"):
        body = {"source": str(clips.bikes()), "limit_seconds": 6, "chunk_seconds": 2, "fps": fps}
        video = server.post("/api/v1/projects/test/videos", body).json()["id"]
        already = server.log.read_text().count(FULL)

        def look(video=video):
            return server.get(f"/api/v1/videos/{video}").json()

        def is_told(already=already):
            return server.log.read_text().count(FULL) > already

        # The first objects come with the third frame.
        wait_until(server, "objects", lambda: look()["progress"]["objects"] > 0)
        filler = fill(small)
        wait_until(server, FULL, lambda: is_told() or look()["state"] == "done" or not fill(small))
        if look()["state"] != "done":
            return filler, video, fps
        filler.unlink()
        server.request("DELETE", f"/api/v1/videos/{video}")
    raise AssertionError("the video was indexed each time before the disk was full: it takes a longer one here")


def assert_says(text: str, names: tuple[str, ...]) -> None:
    assert "the disk is full" in text, text
    assert any(name in text for name in names), text


@pytest.mark.parametrize("store", ["blobs", "vectors", "databases"])
def test_a_disk_that_fills_in_the_middle_of_a_video_only_delays_it(home, data, store, expect):
    names = STORES[store][2]
    with on_small_disk(data, store) as small, serving(home, data, "--max-attempts", "2") as server:
        before = server.post("/api/v1/projects/before/videos", {"source": str(clips.bikes()), "limit_seconds": 1}).json()["id"]
        server.wait_for_end(before)
        stored = server.get(f"/api/v1/videos/{before}/frames").json()
        filler, video, fps = fill_in_the_middle(server, small)
        assert_says(server.log.read_text(), names)
        # What was stored is there, what is asked for is refused with a reason or waits, and nothing has failed.
        assert server.get(f"/api/v1/videos/{before}/frames").json() == stored
        assert server.get(f"/api/v1/videos/{video}").json()["state"] == "running"
        if store != "vectors":
            with pytest.raises(HttpError) as refused:
                server.request("PUT", "/api/v1/projects/late/uploads/late.mp4", raw=clips.bikes().read_bytes())
            assert refused.value.status == 507
            assert_says(refused.value.problem()["detail"], names)
        filler.unlink()
        done = server.wait_for_end(video)
        assert (done["state"], done["errors"]) == ("done", [])
        assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
        assert server.get(f"/api/v1/videos/{before}/frames").json() == stored
        # Nobody says twice that there is no room before it said that there is.
        for worker in {word for word in server.log.read_text().split() if word.startswith("worker=")}:
            said = [FULL in line for line in server.log.read_text().splitlines()
                    if worker in line and (FULL in line or "there is room again" in line)]
            assert not any(a and b for a, b in zip(said, said[1:])), server.log.read_text()
        assert server.stop() == 0
        assert frames(video, home, data) == expect(fps)
        assert "0 findings" in run("doctor", "--data", data, home=home, check=None).stdout


@pytest.mark.parametrize("store", ["blobs", "vectors", "temporary"])
def test_a_disk_that_is_full_before_a_video_only_delays_it(home, data, store, expected):
    with on_small_disk(data, store) as small, serving(home, data, "--max-attempts", "2") as server:
        filler = fill(small)
        path = "/api/v1/projects/test/videos"
        video = server.post(path, {"source": str(clips.bikes()), "limit_seconds": 6, "chunk_seconds": 2}).json()["id"]
        wait_until(server, FULL, lambda: FULL in server.log.read_text() or not fill(small))
        assert_says(server.log.read_text(), STORES[store][2])
        filler.unlink()
        done = server.wait_for_end(video)
        assert (done["state"], done["errors"]) == ("done", [])
        assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
        assert server.stop() == 0
        assert frames(video, home, data) == expected


def test_databases_without_room_refuse_a_video_and_take_it_when_there_is_some(home, data, expected):
    with on_small_disk(data, "databases") as small, serving(home, data) as server:
        filler = fill(small)
        path, body = "/api/v1/projects/test/videos", {"source": str(clips.bikes()), "limit_seconds": 6, "chunk_seconds": 2}
        with pytest.raises(HttpError) as refused:
            server.post(path, body)
        assert refused.value.status == 507
        assert_says(refused.value.problem()["detail"], STORES["databases"][2])
        filler.unlink()
        video = server.post(path, body).json()["id"]
        assert server.wait_for_end(video)["state"] == "done"
        assert server.stop() == 0
        assert frames(video, home, data) == expected
