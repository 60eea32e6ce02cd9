"""How ingestion grows with the number of indexers, over real servers: Kafka, S3, Redis and `framehound vectors`.

usage: scale.py BUILD DEPS [--quick] [--real]      --real: the first table only

All servers are started here, on 127.0.0.1 (scripts/setup live). Three tables:

1. One and two real indexer processes, each with one thread of inference, on this machine's processors.
2. 1, 2, 4 ... indexers whose inference is replaced by a wait of the processor time that the real one takes
   (BUILD/framehound-waiting, bench/waiting_models.c), so that more of them can be run than the machine could compute
   for. Everything else is done: reading pictures, cutting and storing crops, vectors, objects, messages.
3. The same with a slower model, so that 64 indexers fit what the servers on this machine can take: what the sharing of
   the work costs by itself.

Frames wait in Kafka before the indexers start; each line is what is indexed in a span of time in the middle, with what
each server used of the processors meanwhile.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

build, deps = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
quick = "--quick" in sys.argv
os.environ.update(FRAMEHOUND_BIN=str(build / "framehound"), FRAMEHOUND_DEPS=str(deps))
tests = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(tests), str(tests / "live")]

from harness.program import PROGRAM, HttpError, environment, serving, start  # noqa: E402
from cluster import Cluster  # noqa: E402
from s3_server import write_keys  # noqa: E402

WAITING = build / "framehound-waiting"
PARTITIONS = 128
SPAN_S = 5 if quick else 20
REAL, INDEXERS = (1, 2), (1, 2, 4) if quick else (1, 2, 4, 8, 16, 32, 64)
SLOWER = 16
CLIP_S = 200 if quick else 900
FRAMES_PER_S = 10
BATCH = 16  # frames that an indexer takes at once
TICKS = os.sysconf("SC_CLK_TCK")
SERVERS = ("indexers", "kafka", "s3", "redis", "vectors")
ROLES = {"kafka.Kafka": "kafka", "versitygw": "s3", "redis-server": "redis", "vectors": "vectors", "indexer": "indexers"}


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


def processor_seconds():
    used = dict.fromkeys(SERVERS, 0.0)
    for role, pid in processes():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            used[role] += (int(fields[11]) + int(fields[12])) / TICKS
    return used


class Stage:
    """The servers, and a query engine that says how far things are."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack):
        self.home, self.data, self.folder = folder / "home", folder / "data", folder
        write_keys(self.home)
        # The door of tests would be one more thing that all pictures go through.
        self.cluster = Cluster(folder, stack, self.home, partitions=PARTITIONS, door=False)
        self.settings = (*self.cluster.settings(), "--frames-ahead", "1000000", "--segments-ahead", "100000")
        self.server = stack.enter_context(serving(self.home, self.data, *self.settings, command="query"))
        self.filled = ""

    def video(self, name: str):
        return self.server.get(f"/api/v1/videos/{name}").json()

    def fill(self, clip: Path, project: str, frames: float = CLIP_S * FRAMES_PER_S):
        """Puts frames of the clip into Kafka and S3; what is left of those before is given up."""
        if self.filled:
            with contextlib.suppress(HttpError):  # it may be done
                self.server.post(f"/api/v1/videos/{self.filled}/cancel")
        seconds = min(CLIP_S, max(60, round(frames / FRAMES_PER_S)))
        parts = [start(self.home, self.data, *self.settings, command=part) for part in ("splitter", "downloader")]
        try:
            name = self.server.post(f"/api/v1/projects/{project}/videos", {
                "source": str(clip), "chunk_seconds": 1, "fps": FRAMES_PER_S, "limit_seconds": seconds}).json()["id"]
            while True:
                progress = self.video(name)["progress"]
                if progress["segments"] > 0 and progress["frames_emitted"] >= (seconds - 1) * FRAMES_PER_S:
                    break
                time.sleep(0.2)
        finally:
            for part in parts:
                part.stop()
        self.filled = name
        return name

    def workers(self):
        return [worker for worker in self.server.get("/api/v1/workers").json()["workers"] if worker["part"] == "indexer"]

    def indexed(self, name: str):
        progress = self.video(name)["progress"]
        return progress["frames_indexed"], progress["objects"]

    def run(self, name: str, count: int, program: Path, variables: dict, *options: str, span_s: float = SPAN_S):
        """Frames a second, objects a frame, and processors used by each, with `count` indexers."""
        logs = [(self.folder / f"indexer-{i}.log").open("wb") for i in range(count)]
        old = {worker["id"] for worker in self.workers()}
        running = [subprocess.Popen(
            [program, "indexer", "--data", self.data, *self.settings, "--indexers", "1", *options],
            env={**environment(self.home), **variables}, stdin=subprocess.DEVNULL, stdout=log, stderr=log) for log in logs]
        try:
            # Until all have joined and the sharing is settled.
            end = time.monotonic() + 180
            while True:
                workers = [worker for worker in self.workers() if worker["id"] not in old and worker["indexed"] > 0]
                if len(workers) >= count:
                    break
                if time.monotonic() > end:
                    print(f"only {len(workers)} of {count} indexers got work", file=sys.stderr)
                    break
                time.sleep(0.5)
            first, last, used, then = self.watch(name, span_s)
            total = self.video(name)["progress"]["frames_emitted"]
            if last[1] >= total:
                print(f"the {total} frames ran out with {count} indexers: the line is too low", file=sys.stderr)
        finally:
            for one in running:
                one.terminate()
            for one in running:
                one.wait(60)
            for log in logs:
                log.close()
        frames, took = last[1] - first[1], last[0] - first[0]
        return frames / took, (last[2] - first[2]) / frames, {role: (then[role] - used[role]) / took for role in SERVERS}

    def watch(self, name: str, span_s: float):
        """(time, frames, objects) and processor time at the first change and at the last of a span: frames come in batches."""
        first = last = used = then = None
        before, end = self.indexed(name), time.monotonic() + span_s
        while first is None or first == last or time.monotonic() < end:
            time.sleep(0.02)
            now = self.indexed(name)
            if now != before:
                last, then, before = (time.monotonic(), *now), processor_seconds(), now
                if first is None:
                    first, used, end = last, then, time.monotonic() + span_s
        return first, last, used, then


def make_clip(path: Path):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-stream_loop", "100000", "-i", deps / "media" / "bikes.mp4", "-t",
                    str(CLIP_S), "-an", "-c:v", "libx264", "-preset", "veryfast", "-g", str(25), path], check=True)


def dimension(stage: Stage):
    request = urllib.request.Request(stage.cluster.vectors + "/describe_index_stats", data=b"{}", method="POST",
                                     headers={"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)["dimension"]


def head(title: str):
    print(f"\n{title}\n")
    print("| indexers | frames/s | times one | of what they could | " + " | ".join(SERVERS) + " |")
    print("| ---: " * (4 + len(SERVERS)) + "|", flush=True)


def line(count: int, rate: float, first: float, used: dict):
    print(f"| {count} | {rate:.1f} | {rate / first:.2f} | {rate / first / count:.0%} | "
          + " | ".join(f"{used[role]:.2f}" for role in SERVERS) + " |", flush=True)


def main():
    if not WAITING.exists():
        sys.exit(f"scale.py: {WAITING} is not there: ninja -C BUILD framehound-waiting")
    # Ended in the middle, it takes its servers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="framehound-scale-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        clip = folder / "clip.mp4"
        make_clip(clip)
        stage = Stage(folder, stack)
        head("Real inference, a thread each (processors used in the last columns)")
        real = {}
        for count in REAL:
            # Anew each time: who was alone has emptied some partitions and left others.
            video = stage.fill(clip, f"real-{count}")
            rate, objects, used = stage.run(video, count, PROGRAM, {}, "--inference-threads", "1")
            real[count] = (rate, objects, used)
            line(count, rate, real[1][0], used)
        if "--real" in sys.argv:
            return
        _, objects, used = real[1]
        objects = max(1, round(objects))
        per_frame_us = used["indexers"] / real[1][0] * 1e6
        answers = {"FRAMEHOUND_WAIT_OBJECTS": str(objects), "FRAMEHOUND_WAIT_DIMENSION": str(dimension(stage))}
        # What an indexer computes beside inference is what the waiting one computes.
        video = stage.fill(clip, "waiting", 60 * FRAMES_PER_S)
        rate, _, used = stage.run(video, 1, WAITING, {**answers, "FRAMEHOUND_WAIT_DETECT_US": "50000",
                                                       "FRAMEHOUND_WAIT_EMBED_US": "0"})
        other_us = used["indexers"] / rate * 1e6
        inference_us = max(1000, per_frame_us - other_us)
        print(f"\nA frame: {objects} objects, {per_frame_us / 1000:.1f} ms of processor time in the indexer, "
              f"{other_us / 1000:.1f} ms of it without inference")
        for slower in (1, SLOWER):
            head(f"Inference replaced by a wait of {inference_us * slower / 1000:.0f} ms a frame")
            waits = {**answers, "FRAMEHOUND_WAIT_DETECT_US": str(int(inference_us * slower / 2)),
                     "FRAMEHOUND_WAIT_EMBED_US": str(int(inference_us * slower / 2 / objects))}
            first, best, fruitless = None, 0, 0
            for count in INDEXERS:
                if fruitless == 2:
                    print(f"(twice as many brought less than a tenth more, two times: {count} and above are left out)")
                    break
                # A few batches of each.
                span_s = max(SPAN_S, 5 * BATCH * inference_us * slower / 1e6)
                frames = count * (span_s + 30) / (inference_us * slower / 1e6)
                video = stage.fill(clip, f"waiting-{slower}-{count}", frames)
                rate, _, used = stage.run(video, count, WAITING, waits, span_s=span_s)
                first = first or rate
                line(count, rate, first, used)
                fruitless = 0 if rate > 1.1 * best else fruitless + 1
                best = max(best, rate)


main()
