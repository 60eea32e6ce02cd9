"""Nothing is lost: three videos are ingested while workers, servers and the network are taken away, and in the end everything
is there once and as it would have been.

FRAMEHOUND_LOSS=small has fewer workers and blows, for machines that do not have the time.
"""

import contextlib
import json
import os
import random
import time
import urllib.request
from dataclasses import dataclass, field

import pytest

from cluster import Cluster, Room, wait_until
from s3_server import write_keys
from harness import clips
from harness.program import SLOWNESS, ingest, run, serving, start

SMALL = os.environ.get("FRAMEHOUND_LOSS") == "small"
PARTS = ({"splitter": 1, "downloader": 2, "indexer": 2, "tracker": 1} if SMALL else
         {"splitter": 2, "downloader": 3, "indexer": 4, "tracker": 2})
KILLS = 6 if SMALL else 24  # at least
PAUSE_S = (2, 6)
CUT_S = 20  # a session ends after 15
SHUT_S = 5
PROJECT = "test"


@pytest.fixture
def home(home):
    write_keys(home)
    return home


def make_clips(folder) -> list[tuple[object, float]]:
    """Three videos, and at how many frames a second each is taken."""
    mirrored, back = folder / "mirrored.mp4", folder / "back.mp4"
    for path, filters in ((mirrored, "hflip"), (back, "reverse")):
        clips.ffmpeg("-i", clips.bikes(), "-an", "-vf", filters, "-c:v", "libx264", "-preset", "veryfast", "-g", "25", path)
    return [(clips.bikes(), 10), (mirrored, 12), (back, 8)]


def whole(server, video: str) -> dict:
    """All that is stored of a video, page by page."""
    found = {"frames": [], "tracks": server.get(f"/api/v1/videos/{video}/tracks?limit=1000").json()["tracks"]}
    cursor = ""
    while cursor is not None:
        page = server.get(f"/api/v1/videos/{video}/frames?limit=500" + (f"&cursor={cursor}" if cursor else "")).json()
        found["frames"] += page["frames"]
        cursor = page["next_cursor"]
    return found


@dataclass
class Crew:
    """The workers; those that are killed are replaced at once."""

    home: object
    data: object
    settings: tuple
    workers: list = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def hire(self, part: str, **more):
        worker = start(self.home, self.data, *self.settings, command=part, **more)
        self.workers.append((part, worker))
        return worker

    def kill_one(self, spare) -> None:
        self.supervise()
        place = self.chance.choice([i for i, (_, worker) in enumerate(self.workers) if worker is not spare])
        part, worker = self.workers.pop(place)
        worker.kill()
        self.hire(part)

    def supervise(self) -> None:
        """Starts those again that found no server when they started, which ends them; nothing else does."""
        for part, worker in list(self.workers):
            if worker.process.poll() is None:
                continue
            said = worker.log.read_text(errors="replace")
            assert worker.process.returncode == 1 and " works on " not in said and "framehound: " in said, f"{part}\n{said[-3000:]}"
            self.workers.remove((part, worker))
            self.hire(part)

    def end(self) -> None:
        for _, worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()


def plant(cluster) -> int:
    """Messages that nobody can work on; how many."""
    cluster.kafka.plant("all.frames", "this is no JSON", '{"v":9,"project":"test","video":"feedfeedfeedfeed"}',
                        json.dumps({"v": 1, "padding": "x" * 1_500_000}))
    cluster.kafka.plant("all.segments", '{"v":2}')
    return 4


def count_vectors(cluster) -> int:
    request = urllib.request.Request(f"{cluster.vectors}/describe_index_stats", data=b"{}",
                                     headers={"Content-Type": "application/json"})
    answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60).read()
    return json.loads(answer)["namespaces"][PROJECT]["vectorCount"]


def test_nothing_is_lost_whatever_is_taken_away(home, data, tmp_path):
    if not Room.is_possible() and not SMALL:
        pytest.skip("no network namespaces may be made here")
    sources = make_clips(tmp_path)
    expected = {}
    for source, fps in sources:
        done = ingest(source, home, tmp_path / "alone", "--chunk", "1", "--fps", str(fps))
        assert (done["state"], done["errors"]) == ("done", [])
        expected[done["video"]] = done
    with serving(home, tmp_path / "alone") as server:
        expected = {video: whole(server, video) for video in expected}

    with contextlib.ExitStack() as stack:
        cluster = Cluster(tmp_path / "cluster", stack, home, partitions=12)
        settings = cluster.settings()
        engine = stack.enter_context(serving(home, tmp_path / "engine", *settings, command="query"))
        crew = Crew(home, data, settings)
        stack.callback(crew.end)
        room, cut_off = None, None
        if Room.is_possible():
            room = Room(tmp_path / "room", cluster.ports())
            stack.callback(room.close)
            cut_off = crew.hire("indexer", within=room.within())
        for part, count in PARTS.items():
            for _ in range(count - (part == "indexer" and room is not None)):
                crew.hire(part)
        planted = plant(cluster)
        videos = [engine.post(f"/api/v1/projects/{PROJECT}/videos", {
            "source": str(source), "chunk_seconds": 1, "fps": fps}).json()["id"] for source, fps in sources]
        assert set(videos) == set(expected)

        def progress() -> int:
            crew.supervise()
            return sum(engine.get(f"/api/v1/videos/{video}").json()["progress"]["frames_indexed"] for video in videos)

        def cut() -> None:
            if room is not None:
                room.cut(True)
                time.sleep(CUT_S)
                room.cut(False)

        def shut() -> None:
            cluster.door.turn(True)
            time.sleep(SHUT_S)
            cluster.door.turn(False)

        blows = [lambda: (cluster.kafka.stop(), cluster.kafka.start()), lambda: (cluster.redis.end(), cluster.redis.start()),
                 shut, lambda: cluster.s3.restart(), cut]
        total = sum(len(one["frames"]) for one in expected.values())
        kills, end = 0, time.monotonic() + 900 * SLOWNESS
        next_kill = time.monotonic()
        # The servers' turns come as the work goes on, so that each falls while there is something to lose.
        for place, blow in enumerate(blows):
            while (done := progress()) < total * (2 * place + 1) // (2 * len(blows) + 1):
                assert time.monotonic() < end, f"{done} of {total}\n{engine.tail()}"
                if time.monotonic() >= next_kill:
                    crew.kill_one(cut_off)
                    kills += 1
                    next_kill = time.monotonic() + crew.chance.uniform(*PAUSE_S)
                time.sleep(0.05)
            assert done < total
            blow()
        assert cluster.door.refused > 0
        while kills < KILLS or progress() < total:
            assert time.monotonic() < end, f"{progress()} of {total}\n{engine.tail()}"
            crew.kill_one(cut_off)
            kills += 1
            time.sleep(crew.chance.uniform(*PAUSE_S))

        for video in videos:
            wait_until(lambda: crew.supervise() or engine.get(f"/api/v1/videos/{video}").json()["progress"]["tracked"], 300,
                       lambda: f"{engine.get(f'/api/v1/videos/{video}').json()}\n{engine.tail()}")
            state = engine.wait_for_end(video)
            assert (state["state"], state["errors"]) == ("done", []), state
        wait_until(lambda: len(engine.get("/api/v1/dead-letters").json()["dead_letters"]) >= planted)
        letters = engine.get("/api/v1/dead-letters").json()["dead_letters"]
        assert len(letters) == planted, letters
        assert cut_off is None or cut_off.process.poll() is None, cut_off.tail()
        for video in videos:
            found = whole(engine, video)
            indices = [frame["index"] for frame in found["frames"]]
            assert indices == sorted(set(indices))
            assert found["frames"] == expected[video]["frames"]
            assert found["tracks"] == expected[video]["tracks"]
        objects = {o["id"] for one in expected.values() for frame in one["frames"] for o in frame["objects"]}
        assert count_vectors(cluster) == len(objects)
        crops = [key.rpartition("/")[2] for key in cluster.s3.keys("all/") if "/objects/" in key]
        assert sorted(crops) == sorted(f"{o}.jpg" for o in objects)
        crew.end()
        said = [json.loads(line) for line in run("doctor", "--offline", "--data", data, *settings, "--json", home=home,
                                                 check=None, timeout=300).stdout.splitlines()]
        # What killed processes leave in their own folders is not lost.
        assert [line for line in said if line.get("finding", "temporary_file") != "temporary_file"] == []
        assert [line for line in said if line.get("level") == "wrong" and line["check"] != "data"] == []
