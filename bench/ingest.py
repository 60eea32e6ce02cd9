"""Throughput of the ingestion, from a file to searchable objects, beside the ceiling of the machine and a peer.

The ceiling: all processors, divided by the processor time that bare decoding (FFmpeg's program, no output) and bare
inference (the same networks on the same number of pictures and crops) need per sampled frame.

usage: ingest.py PROGRAM MODELS [--quick]     prints a table
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import openvino as ov

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FPS = 5
CORES = len(os.sched_getaffinity(0))
DETECTOR, EMBEDDER = os.environ.get("DETECTOR", ""), os.environ.get("EMBEDDER", "")


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def default_models() -> tuple[str, str]:
    """What the program takes where nobody says otherwise."""
    text = (ROOT / "src" / "app" / "settings.h").read_text()
    name = {line.split()[1]: line.split('"')[1] for line in text.splitlines() if line.startswith("#define DEFAULT_")}
    return DETECTOR or name["DEFAULT_DETECTOR"], EMBEDDER or name["DEFAULT_EMBEDDER"]


def make_clips(folder: Path, street: Path, quick: bool) -> dict[str, Path]:
    """The street scene as it is, longer, and as large as cameras make it."""
    seconds = 20 if quick else 60
    small, large = folder / "street-272p.mp4", folder / "street-1080p.mp4"
    loop = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "100", "-i", str(street), "-t", str(seconds)]
    subprocess.run([*loop, "-c", "copy", str(small)], check=True)
    subprocess.run([*loop, "-vf", "scale=1920:1080", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-g", "50",
                    str(large)], check=True)
    return {small.stem: small, large.stem: large}


def bare_decoding(video: Path, frames: int) -> float:
    """Processor seconds per sampled frame."""
    before = children_cpu()
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(video), "-an", "-f", "null", "-"], check=True)
    return (children_cpu() - before) / frames


def load_network(models: Path, name: str, batch: int, properties: dict) -> tuple:
    """The network for batches of that size, and pictures to give it."""
    manifest = json.loads((models / name / "model.json").read_text())
    core = ov.Core()
    network = core.read_model(models / name / manifest["network"])
    shape = [batch, manifest["input"]["height"], manifest["input"]["width"], 3]
    if manifest["input"]["layout"] == "NCHW":
        shape = [batch, 3, *shape[1:3]]
    network.reshape(shape)
    kind = np.uint8 if manifest["input"]["type"] == "u8" else np.float32
    pictures = np.random.default_rng(1).integers(0, 255, shape).astype(kind)
    return core.compile_model(network, "CPU", properties), pictures


def bare_inference(models: Path, name: str, batch: int, seconds: float = 6) -> float:
    """Processor seconds per picture, as many requests in flight as the runtime likes."""
    compiled, pictures = load_network(models, name, batch, {"PERFORMANCE_HINT": "THROUGHPUT"})
    queue = ov.AsyncInferQueue(compiled)
    for _ in range(8):
        queue.start_async({0: pictures})
    queue.wait_all()
    began, cpu, runs = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < seconds:
        queue.start_async({0: pictures})
        runs += 1
    queue.wait_all()
    return (time.process_time() - cpu) / runs / batch


def thread_cpu(task: Path) -> float:
    """Processor seconds of one thread, as the scheduler counts them (nanoseconds)."""
    return int((task / "schedstat").read_text().split()[0]) / 1e9


def framehound(program: Path, video: Path, folder: Path) -> dict:
    """One run over a fresh data folder. The server is up before, as it is in use: models are loaded once."""
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    with (folder / "up.log").open("wb") as log:
        server = subprocess.Popen([program, "up", "--data", data, "--listen", "127.0.0.1:0"], stdout=log, stderr=log)
    try:
        announced = data / "server.json"
        while not announced.exists():
            if server.poll() is not None:
                sys.exit((folder / "up.log").read_text())
            time.sleep(0.05)
        stat = Path(f"/proc/{server.pid}/stat")

        def cpu() -> float:
            fields = stat.read_text().rsplit(") ", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        time.sleep(1)
        before, began = cpu(), time.perf_counter()
        out = subprocess.run([program, "ingest", video, "--project", "bench", "--fps", str(FPS), "--data", data, "--wait",
                              "--json"], check=True, capture_output=True, text=True).stdout
        seconds, used = time.perf_counter() - began, cpu() - before
        activity = sum(thread_cpu(task) for task in Path(f"/proc/{server.pid}/task").iterdir()
                       if (task / "comm").read_text().startswith("activity"))
    finally:
        server.terminate()
        server.wait()
    result = json.loads(out.splitlines()[-1])
    return {"frames": result["frames"], "objects": result["objects"], "seconds": seconds, "cpu": used, "activity": activity}


def peer(video: Path, folder: Path, models: Path) -> dict:
    shutil.rmtree(folder / "peer", ignore_errors=True)
    detector, embedder = default_models()
    out = subprocess.run([sys.executable, HERE / "python_pipeline.py", video, str(FPS), models, detector, embedder,
                          folder / "peer"], check=True, capture_output=True, text=True).stdout
    return json.loads(out.splitlines()[-1])


def main() -> None:
    program, models = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    quick = "--quick" in sys.argv
    detector, embedder = default_models()
    runs = 1 if quick else 3
    street = models.parent / "media" / "bikes.mp4"
    with tempfile.TemporaryDirectory(prefix="framehound-bench-") as name:
        folder = Path(name)
        detect = bare_inference(models, detector, 1)
        embed = bare_inference(models, embedder, 8)
        print(f"{CORES} processors; {detector}: {CORES / detect:.0f} pictures/s; {embedder}: {CORES / embed:.0f} crops/s "
              f"(bare, all processors); {FPS} frames/s of video")
        print(f"\n{'clip':<16}{'objects':>9}{'ceiling':>10}{'framehound':>12}{'share':>8}{'busy':>7}{'activity':>10}{'python':>9}{'ratio':>7}"
              "   frames/s, median of", runs)
        for clip, video in make_clips(folder, street, quick).items():
            ours = [framehound(program, video, folder) for _ in range(runs)]
            theirs = [peer(video, folder, models) for _ in range(runs)]
            frames, objects = ours[0]["frames"], ours[0]["objects"]
            decode = statistics.median(bare_decoding(video, frames) for _ in range(runs))
            ceiling = CORES / (decode + detect + embed * objects / frames)
            rate = statistics.median(r["frames"] / r["seconds"] for r in ours)
            busy = statistics.median(r["cpu"] / r["seconds"] / CORES for r in ours)
            activity = statistics.median(r["activity"] / r["cpu"] for r in ours)
            python = statistics.median(r["frames"] / r["seconds"] for r in theirs)
            print(f"{clip:<16}{objects / frames:>9.1f}{ceiling:>10.1f}{rate:>12.1f}{rate / ceiling:>8.0%}{busy:>7.0%}{activity:>10.2%}"
                  f"{python:>9.1f}{rate / python:>7.2f}")


if __name__ == "__main__":
    main()
