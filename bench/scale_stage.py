"""What bench/scale.py measures on: real servers that are started for one line of a table, frames that wait in them, and
indexers that are let loose on those; and what each of them uses of the processors meanwhile."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from cluster import Cluster
from harness.program import PROGRAM, environment, serving, start
from s3_server import write_keys

FRAMES_PER_S = 10
SEGMENT_FRAMES = 13  # of segments that are to be a second long and begin at a keyframe
MOST_FRAMES = 200_000
JOINING_S = 180
# What indexers take while they join, and when they have joined, before the span begins.
BEFORE_S, SETTLE_S = 12, 2
PROCESSORS = sorted(os.sched_getaffinity(0))
TICKS = os.sysconf("SC_CLK_TCK")
ROLES = {"kafka.Kafka": "kafka", "versitygw": "s3", "redis-server": "redis", "vectors": "vectors", "query": "query",
         "indexer": "indexers"}
COLUMNS = ("indexers", "kafka", "s3", "redis", "vectors", "query", "all")
STAGES = ("decode", "detect", "encode", "embed", "store")


class RanOut(Exception):
    """An indexer had nothing left to do before the time was over."""


def processes():
    """(role, pid) of what runs below this program."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            # Redis writes its address behind its name, into the same word.
            words = (entry / "cmdline").read_bytes().decode(errors="replace").replace(" ", "\0").split("\0")
            if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) != os.getpid():
                continue
            for word, role in ROLES.items():
                if any(part == word or part.endswith("/" + word) for part in words):
                    yield role, int(entry.name)
                    break


def processor_seconds() -> dict[str, float]:
    """Of each role; `all` is what the processors that may be used were busy with, whoever for; `stolen` went to others."""
    used = dict.fromkeys((*COLUMNS, "stolen"), 0.0)
    for role, pid in processes():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            used[role] += (int(fields[11]) + int(fields[12])) / TICKS
    for line in Path("/proc/stat").read_text().splitlines():
        name, *numbers = line.split()
        if name[3:].isdigit() and name.startswith("cpu") and int(name[3:]) in PROCESSORS:
            user, nice, system, _, _, irq, soft_irq, stolen = map(int, numbers[:8])
            used["all"] += (user + nice + system + irq + soft_irq) / TICKS
            used["stolen"] += stolen / TICKS
    return used


def frames_wanted(rate: float, count: int, partitions: int, span_s: float) -> int:
    """So many that no indexer runs out at that rate of all: a segment's frames share a partition, and how many segments a
    partition gets is chance (Poisson), so the poorest of `count` has some standard deviations less than the mean."""
    deviations = 3
    segments = rate / count * (BEFORE_S + SETTLE_S + span_s) / SEGMENT_FRAMES
    mean = ((deviations + math.sqrt(deviations**2 + 4 * segments)) / 2) ** 2
    # The poorest also has a partition less than others, where they do not divide evenly.
    return math.ceil(mean / (partitions // count) * partitions * SEGMENT_FRAMES)


class Clips:
    """The street scene, over and over, with the frames that are sampled and no others, and a keyframe a second."""

    def __init__(self, folder: Path, street: Path):
        self.folder, self.once = folder, folder / "once.mp4"
        self._make("-i", street, "-an", "-c:v", "libx264", "-preset", "veryfast", "-r", str(FRAMES_PER_S),
                   "-g", str(FRAMES_PER_S), self.once)

    def make(self, seconds: int) -> Path:
        path = self.folder / "clip.mp4"
        self._make("-stream_loop", "-1", "-i", self.once, "-t", str(seconds), "-c", "copy", path)
        return path

    @staticmethod
    def _make(*words):
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *words], check=True)


@dataclass
class Line:
    count: int
    rate: float  # frames a second
    objects: float  # a frame
    processors: dict[str, float]
    stages_ms: dict[str, float]  # of an indexer's time, a frame
    dimension: int  # of the vectors


class Stage:
    """The servers, a query engine that says how far things are, and one video."""

    def __init__(self, folder: Path, home: Path, partitions: int, stack: contextlib.ExitStack):
        self.home, self.data, self.folder = home, folder / "data", folder
        write_keys(self.home)
        # The door of tests would be one more thing that all pictures go through.
        self.cluster = Cluster(folder, stack, self.home, partitions=partitions, door=False)
        self.settings = (*self.cluster.settings(), "--frames-ahead", "1000000", "--segments-ahead", "100000")
        self.server = stack.enter_context(serving(self.home, self.data, *self.settings, command="query"))
        self.video = ""

    @classmethod
    @contextlib.contextmanager
    def standing(cls, folder: Path, home: Path, partitions: int):
        """Fresh servers, gone with all that they stored in the end: every line begins with the same."""
        folder.mkdir()
        try:
            with contextlib.ExitStack() as stack:
                yield cls(folder, home, partitions, stack)
        finally:
            shutil.rmtree(folder)

    def progress(self) -> dict:
        return self.server.get(f"/api/v1/videos/{self.video}").json()["progress"]

    def fill(self, clip: Path, seconds: int) -> None:
        """Puts the clip's frames into Kafka and S3."""
        parts = [start(self.home, self.data, *self.settings, *options, command=part) for part, options in (
            ("splitter", ()), ("downloader", ("--downloaders", str(min(64, len(PROCESSORS))), "--decoder-threads", "1")))]
        try:
            self.video = self.server.post("/api/v1/projects/scale/videos", {
                "source": str(clip), "chunk_seconds": 1, "fps": FRAMES_PER_S, "limit_seconds": seconds}).json()["id"]
            while True:
                now = self.progress()
                if now["split_done"] and now["frames_emitted"] >= now["frames_expected"]:
                    return
                time.sleep(0.2)
        finally:
            for part in parts:
                part.stop()

    def workers(self) -> dict[str, dict]:
        """The indexers by their ids."""
        return {worker["id"]: worker for worker in self.server.get("/api/v1/workers").json()["workers"]
                if worker["part"] == "indexer"}

    def run(self, count: int, program: Path, variables: dict, *options: str, span_s: float) -> Line:
        logs = [(self.folder / f"indexer-{i}.log").open("wb") for i in range(count)]
        running = [subprocess.Popen(
            [program, "indexer", "--data", self.data, *self.settings, "--indexers", "1", *options],
            env={**environment(self.home), **variables}, stdin=subprocess.DEVNULL, stdout=log, stderr=log) for log in logs]
        try:
            self._await_all(count)
            return self._watch(count, span_s)
        finally:
            for one in running:
                one.terminate()
            for one in running:
                one.wait(60)
            for log in logs:
                log.close()

    def _await_all(self, count: int) -> None:
        """Until all have joined and the sharing is settled."""
        end = time.monotonic() + JOINING_S
        while sum(worker["indexed"] > 0 for worker in self.workers().values()) < count:
            if time.monotonic() > end:
                raise RanOut(f"not all of {count} indexers got work")
            time.sleep(0.5)
        time.sleep(SETTLE_S)

    def _change(self) -> tuple[float, dict, dict]:
        """When the next frames are indexed, which come in batches: the time, how far all is, and processor time."""
        before = self.progress()["frames_indexed"]
        while True:
            now = self.progress()
            if now["frames_indexed"] != before:
                return time.monotonic(), now, processor_seconds()
            time.sleep(0.02)

    def _watch(self, count: int, span_s: float) -> Line:
        """From one change to another; between them nobody is asked for anything, which would cost processor time."""
        began = self.workers()
        begin_s, first, used_before = self._change()
        time.sleep(span_s / 2)
        halfway = self.workers()
        time.sleep(max(0, begin_s + span_s - time.monotonic()))
        end_s, last, used_after = self._change()
        ended = self.workers()
        # On a machine that is busy otherwise a batch may take longer than half the span; then its indexer is at work.
        idle = [name for name, worker in ended.items()
                if worker["state"] == "idle" and worker["indexed"] == halfway.get(name, worker)["indexed"]]
        if len(ended) < count or idle:
            raise RanOut(f"{len(idle)} of {count} indexers had nothing left to do")
        if last["frames_failed"] > 0:
            print(f"{last['frames_failed']} frames failed with {count} indexers", file=sys.stderr)
        seconds, frames = end_s - begin_s, last["frames_indexed"] - first["frames_indexed"]
        heard = sum(worker["indexed"] - began[name]["indexed"] for name, worker in ended.items())
        spent = {stage: sum(worker["stage_us"].get(stage, 0) - began[name]["stage_us"].get(stage, 0)
                            for name, worker in ended.items()) for stage in STAGES}
        return Line(count, frames / seconds, (last["objects"] - first["objects"]) / frames,
                    {role: (used_after[role] - used_before[role]) / seconds for role in used_after},
                    {stage: us / heard / 1000 for stage, us in spent.items()}, self._dimension())

    def _dimension(self) -> int:
        request = urllib.request.Request(self.cluster.vectors + "/describe_index_stats", data=b"{}", method="POST",
                                         headers={"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)["dimension"]


class Measuring:
    """Lines, each on a stage of its own."""

    def __init__(self, folder: Path, street: Path, partitions: int, span_s: float):
        self.folder, self.home, self.partitions, self.span_s = folder, folder / "home", partitions, span_s
        self.home.mkdir()
        self.clips = Clips(folder, street)

    def line(self, count: int, expected: float, program: Path = PROGRAM, variables: dict | None = None, *options: str,
             span_s: float = 0) -> Line:
        """`expected`: frames a second at the most; too low a guess costs a repetition."""
        span_s = max(self.span_s, span_s)
        frames = frames_wanted(expected, count, self.partitions, span_s)
        while True:
            seconds = max(60, math.ceil(min(frames, MOST_FRAMES) / FRAMES_PER_S))
            clip = self.clips.make(seconds)
            with Stage.standing(self.folder / "line", self.home, self.partitions) as stage:
                then = time.monotonic()
                stage.fill(clip, seconds)
                print(f"{count}: {seconds * FRAMES_PER_S} frames wait after {time.monotonic() - then:.0f} s", file=sys.stderr)
                try:
                    line = stage.run(count, program, variables or {}, *options, span_s=span_s)
                except RanOut as ran_out:
                    if frames >= MOST_FRAMES:
                        sys.exit(f"scale.py: {ran_out}, though {MOST_FRAMES} frames waited")
                    print(f"{ran_out}: again, with twice the frames", file=sys.stderr)
                    frames *= 2
                    continue
            if line.processors["stolen"] > 0.1:
                print(f"{count}: {line.processors['stolen']:.2f} processors went to other guests of the host", file=sys.stderr)
            return line
