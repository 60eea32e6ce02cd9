"""Everything over servers at once: the same answers as on one machine, live events from any query engine, and nothing left behind."""

import contextlib
import http.client
import json
import threading
import time
import urllib.request

import pytest

from cluster import Cluster, wait_until
from s3_server import write_keys
from harness import clips
from harness.program import SLOWNESS, HttpError, frames, ingest, serving, start

INGEST = ("--chunk", "1", "--fps", "5")


@pytest.fixture
def home(home):
    write_keys(home)
    return home


@pytest.fixture(params=["framehound vectors", "weaviate"])
def cluster(request, tmp_path, home):
    with contextlib.ExitStack() as stack:
        yield Cluster(tmp_path / "cluster", stack, home, weaviate=request.param == "weaviate")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """What one machine makes of the clip."""
    folder = tmp_path_factory.mktemp("embedded")
    (folder / "home").mkdir()
    done = ingest(clips.bikes(), folder / "home", folder / "data", *INGEST)
    with serving(folder / "home", folder / "data") as server:
        return done, frames(done["video"], folder / "home", folder / "data"), tracks_of(server, done["video"]), similar(
            server, done["video"])


class Follower:
    """A client of the live events, until its server goes away."""

    def __init__(self, server, last_id: int | None = None):
        self.snapshots, self.messages, self.ids, self.ended = [], {}, [], False
        self.last_id = last_id if last_id is not None else -1
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": str(last_id)} if last_id is not None else {})}
        request = urllib.request.Request(server.url + "/api/v1/activity", headers=headers)
        self.answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60 * SLOWNESS)
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.answer.close()

    def _follow(self) -> None:
        event = {}
        try:
            for raw in self.answer:
                line = raw.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                    continue
                self._take(event)
                event = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        self.ended = True

    def _take(self, event: dict) -> None:
        if event.get("event") == "snapshot":
            self.snapshots.append(json.loads(event["data"]))
        elif event.get("event") == "activity":
            self.messages[int(event["id"])] = json.loads(event["data"])
            self.ids.append(int(event["id"]))
        if "id" in event:
            self.last_id = int(event["id"])

    def frames(self, video: str) -> list[int]:
        return [event["frame"] for i in list(self.ids) for event in self.messages[i]["events"]
                if event["kind"] == "frame_indexed" and event["video"] == video]

    def frames_before(self, video: str) -> list[int]:
        return [event["frame"] for event in self.snapshots[0]["recent"]
                if event["kind"] == "frame_indexed" and event["video"] == video]

    def indexed(self, video: str) -> int:
        return len(self.frames(video))

    def indexed_before(self, video: str) -> int:
        return next((v["indexed"] for v in self.snapshots[0]["videos"] if v["video"] == video), 0)


def post(server, **more) -> str:
    return server.post("/api/v1/projects/test/videos", {
        "source": str(clips.bikes()), "chunk_seconds": 1, "fps": 5, **more}).json()["id"]


def frames_of(server, video: str) -> list[dict]:
    """As the command line gives them."""
    found = server.get(f"/api/v1/videos/{video}/frames?limit=1000").json()["frames"]
    return [{key: frame[key] for key in ("index", "pts_us", "width", "height", "objects")} for frame in found]


def tracks_of(server, video: str) -> list[dict]:
    return server.get(f"/api/v1/videos/{video}/tracks?limit=1000").json()["tracks"]


def similar(server, video: str) -> list[list[tuple[str, float]]]:
    """The ten most similar of some objects."""
    objects = [o["id"] for frame in frames_of(server, video) for o in frame["objects"]][::9]
    return [[(hit["object"], hit["score"]) for hit in server.get(f"/api/v1/objects/{o}/similar?limit=10").json()["hits"]]
            for o in objects]


# What rounding stored vectors to 11 bits, as the embedded index does, may change in a score.
ROUNDING = 0.002


def same_hits(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> None:
    """Place by place the same scores, and the same objects, but for those that are as near as the last one to the rounding."""
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=ROUNDING)
    border = expected[-1][1] + 2 * ROUNDING
    assert {name for name, score in expected if score > border} <= {name for name, _ in found}
    assert {name for name, score in found if score > border} <= {name for name, _ in expected}


@pytest.mark.short("framehound vectors")
def test_the_same_answers_as_on_one_machine(home, data, cluster, embedded):
    done, expected, tracks, near = embedded
    with serving(home, data, *cluster.settings()) as server:
        video = post(server)
        state = server.wait_for_end(video)
        assert (video, state["state"], state["errors"]) == (done["video"], "done", [])
        assert frames_of(server, video) == expected
        assert tracks_of(server, video) == tracks
        found = similar(server, video)
        assert len(near) > 3
        for one, other in zip(found, near, strict=True):
            same_hits(one, other)
        picture = next(o["id"] for frame in frames_of(server, video) for o in frame["objects"])
        assert server.get(f"/api/v1/objects/{picture}/image").body[:2] == b"\xff\xd8"
        assert len(server.get(f"/api/v1/videos/{video}/stream", headers={"Range": "bytes=0-99"}).body) == 100


def test_live_events_come_from_any_query_engine_once_each(home, data, tmp_path, cluster, embedded):
    _, expected, _, _ = embedded
    settings = cluster.settings()
    with contextlib.ExitStack() as stack:
        first = start(home, tmp_path / "engine-1", *settings, command="query")
        stack.callback(lambda: first.process.poll() is None and first.kill())
        for part in ("splitter", "downloader", "indexer", "tracker"):
            stack.callback(start(home, data, *settings, command=part).stop)
        one = stack.enter_context(Follower(first))
        video = post(first)
        wait_until(lambda: one.indexed(video) >= 3)
        # One that comes later knows what was before, and both tell the same from then on.
        second = stack.enter_context(serving(home, tmp_path / "engine-2", *settings, command="query"))
        other = stack.enter_context(Follower(second))
        wait_until(lambda: other.snapshots and one.indexed(video) >= 10)
        first.kill()
        wait_until(lambda: one.ended)
        again = stack.enter_context(Follower(second, one.last_id))
        state = second.wait_for_end(video)
        assert (state["state"], state["errors"]) == ("done", [])
        frames_expected = {frame["index"] for frame in expected}
        wait_until(lambda: other.indexed(video) + other.indexed_before(video) == len(frames_expected))
        wait_until(lambda: again.last_id == other.last_id)
        # The one that went from engine to engine has heard of each frame once, and of nothing twice.
        assert again.snapshots == []
        ids = one.ids + again.ids
        assert ids == sorted(set(ids))
        heard = one.frames(video) + again.frames(video) + one.frames_before(video)
        assert sorted(heard) == sorted(frames_expected)
        # What both engines have said, they have said in the same words.
        for followed in (one, again):
            assert all(other.messages[i] == followed.messages[i] for i in followed.ids if i in other.messages)
        assert [i for i in other.ids if i > other.snapshots[0]["id"] and i > one.last_id] == again.ids
        # So is the state, whoever is asked and whenever it began.
        shown = second.get("/api/v1/activity/state").json()
        assert next(v["indexed"] for v in shown["videos"] if v["video"] == video) == len(frames_expected)
        with serving(home, tmp_path / "engine-3", *settings, command="query") as third:
            wait_until(lambda: third.get("/api/v1/activity/state").json()["id"] >= shown["id"])
            later = third.get("/api/v1/activity/state").json()
            count = {w["id"]: w["indexed"] for w in shown["workers"]}
            assert sum(count.values()) == len(frames_expected)
            assert {w["id"]: w["indexed"] for w in later["workers"] if w["id"] in count} == count


def test_what_is_removed_is_gone_from_every_server(home, data, cluster):
    with serving(home, data, *cluster.settings()) as server:
        video = post(server)
        server.wait_for_end(video)
        assert cluster.s3.keys() != []
        server.request("DELETE", "/api/v1/projects/test")
        end = time.monotonic() + 60
        with pytest.raises(HttpError):
            while time.monotonic() < end:
                server.get("/api/v1/projects/test")
                time.sleep(0.1)
        while cluster.s3.keys() != [] and time.monotonic() < end:
            time.sleep(0.1)
        assert cluster.s3.keys() == []
        if cluster.weaviate:
            wait_until(lambda: cluster.weaviate.request("GET", "/v1/schema/FramehoundObjects/tenants") == [], 60)
