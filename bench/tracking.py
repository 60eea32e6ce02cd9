"""How well and how fast objects are followed, beside Python trackers on the same detections.

Sequences: real ones with tracking truth (test data, see --data; left out where it is absent) and made ones
(tracking_scenes.py), each with every frame, every 6th and every 30th. Detections of clips are the program's own. Speed is
frames per second of processor time on one core, of the tracking alone.

usage: tracking.py PROGRAM [--data FOLDER] [--only PATTERN] [--quick] [--seed N] [--json FILE]
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import tracking_peers
import tracking_scenes
from tracking_scenes import Sequence

HERE = Path(__file__).resolve().parent
STEPS = (1, 6, 30)
FIGURES = ("mota", "idf1", "hota")
ONE_CORE = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
# The classes of the truth's numbers, by the detector's names.
CLASSES = {"person": 1, "car": 3, "truck": 3, "bus": 3, "bicycle": 4}
# What is not labelled: boxes whose lower edge is above it are left out of truth and detections.
HORIZON = {"highway_bridge_jitter_0-8s": 105, "car-detection": 16}
BATCH = 200


@dataclass
class Result:
    scores: dict
    tracks: Path


@dataclass
class Run:
    """One sequence at one rate, with the results of all trackers."""

    sequence: Sequence
    step: int
    truth: Path
    real: bool
    results: dict[str, Result] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.sequence.name


def rows_of(path: Path, columns: int) -> np.ndarray:
    found = []
    with path.open(newline="") as file:
        for row in csv.reader(file):
            numbers = [float(value) for value in row[:columns]]
            found.append(numbers + [-1.0] * (columns - len(numbers)))
    return np.array(found).reshape(-1, columns)


def benchmark_sequences(data: Path) -> list[Sequence]:
    """Those that come with detections."""
    found = []
    folder = data / "mot" / "measure-only" / "TUD-Campus"
    if folder.is_dir():
        found.append(Sequence("TUD-Campus", 25.0, rows_of(folder / "gt/gt.txt", 9), rows_of(folder / "det/det.txt", 8),
                              np.zeros((0, 0))))
    folder = data / "mot" / "measure-only" / "MOT17-04-FRCNN"
    if folder.is_dir():
        truth, detections = rows_of(folder / "gt/gt.txt", 9), rows_of(folder / "det/det.txt", 8)
        truth[truth[:, 7] != 1, 6] = 0
        found.append(Sequence("MOT17-04 (8 frames)", 30.0, truth, detections[detections[:, 0] <= truth[:, 0].max()], np.zeros((0, 0))))
    return found


def rate_of(folder: Path) -> float:
    for line in (folder / "seqinfo.ini").read_text().splitlines():
        if line.startswith("frameRate="):
            return float(line.split("=")[1])
    return 25.0


def looks_of(program: str, crops: list[Path], environment: dict) -> np.ndarray:
    vectors = []
    for at in range(0, len(crops), BATCH):
        answer = subprocess.run([program, "embed", "--json", *map(str, crops[at:at + BATCH])], check=True, text=True,
                                capture_output=True, env=environment).stdout
        vectors += [json.loads(line)["embedding"] for line in answer.splitlines()]
    return np.array(vectors, dtype="<f4")


def clip_sequence(program: str, truth_file: Path, clip: Path, work: Path) -> Sequence:
    """Runs the program over every frame of the clip; what it found is what is tracked."""
    folder = truth_file.parents[1]
    store = work / folder.name
    environment = {**os.environ, "HOME": str(work)}
    at = ["--data", str(store)]
    done = subprocess.run([program, "ingest", str(clip), "--project", "bench", "--fps", "all", "--wait", "--json", *at], check=True,
                          capture_output=True, text=True, env=environment)
    video = json.loads(done.stdout.splitlines()[-1])["video"]
    lines = subprocess.run([program, "frames", video, "--json", *at], check=True, capture_output=True, text=True,
                           env=environment).stdout.splitlines()
    truth = rows_of(truth_file, 9)
    wanted, horizon = set(truth[:, 7].astype(int)), HORIZON.get(folder.name, 0)
    truth = truth[truth[:, 3] + truth[:, 5] >= horizon]
    detections, crops = [], []
    for frame in map(json.loads, lines):
        for o in frame["objects"]:
            x, y, width, height = o["box"]
            if CLASSES.get(o["class"]) in wanted and y + height >= horizon:
                detections.append([frame["index"] + 1, -1, x, y, width, height, o["score"], CLASSES[o["class"]]])
                crops.append(store / "blobs" / "bench" / video / "objects" / f"{o['id']}.jpg")
    return Sequence(folder.name, rate_of(folder), truth, np.array(detections).reshape(-1, 8), looks_of(program, crops, environment))


def clip_sequences(program: str, data: Path, work: Path, only: re.Pattern) -> list[Sequence]:
    found = []
    for truth in sorted(data.glob("mot/**/gt/gt.txt")):
        clips = sorted(data.glob(f"media/**/{truth.parents[1].name}.*"))
        if clips and only.search(truth.parents[1].name):
            found.append(clip_sequence(program, truth, clips[0], work))
    return found


def measure(program: str, tracks: Path, truth: Path) -> dict:
    return json.loads(subprocess.run([program, "track-eval", tracks, truth, "--given", "--json"], check=True,
                                     capture_output=True, text=True).stdout)


def track(program: str, run: Run, detections: Path, looks: Path | None, name: str, repeat: int) -> None:
    out = detections.parent / f"{name.replace(' ', '-')}.txt"
    more = ["--embeddings", str(looks)] if looks else []
    answer = subprocess.run([program, "track-eval", detections, run.truth, "--json", "--fps", str(run.sequence.fps), "--tracks", out,
                             "--repeat", str(repeat), *more], check=True, capture_output=True, text=True).stdout
    run.results[name] = Result(json.loads(answer), out)


def track_peer(program: str, run: Run, detections: Path, peer: str) -> None:
    out = detections.parent / f"{peer}.txt"
    answer = subprocess.run([sys.executable, HERE / "tracking_peers.py", peer, detections, out, "--fps", str(run.sequence.fps)],
                            check=True, capture_output=True, text=True, env={**os.environ, **ONE_CORE}).stdout
    run.results[peer] = Result({**measure(program, out, run.truth), "fps": float(answer)}, out)


def together(program: str, runs: list[Run], name: str, work: Path) -> dict | None:
    """All measures are sums over frames and pairs of ids: one sequence after the other, with other ids."""
    if not all(name in run.results for run in runs):
        return None
    seconds, frames = 0.0, 0
    files = {"truth": work / "all-gt.txt", "tracks": work / "all-tracks.txt"}
    with files["truth"].open("w") as truth_file, files["tracks"].open("w") as tracks_file:
        offset = 0
        for number, run in enumerate(runs):
            result = run.results[name]
            last = 0
            for source, target in ((run.truth, truth_file), (result.tracks, tracks_file)):
                for line in source.read_text().splitlines():
                    frame, ident, rest = line.split(",", 2)
                    last = max(last, int(frame))
                    target.write(f"{int(frame) + offset},{int(ident) + 1000000 * number},{rest}\n")
            offset += last
            length = int(run.sequence.detections[:, 0].max()) if len(run.sequence.detections) else 0
            if result.scores["fps"] > 0:
                frames, seconds = frames + length, seconds + length / result.scores["fps"]
    return {**measure(program, files["tracks"], files["truth"]), "fps": frames / seconds if seconds else 0.0}


def row(label: str, results: dict[str, dict]) -> str:
    ours = results["framehound"]
    looks = results.get("with looks")
    peers = {name: scores for name, scores in results.items() if name in tracking_peers.PEERS}
    cells = [label]
    for figure in FIGURES:
        best = max(peers, key=lambda name: peers[name][figure], default=None)
        beside = f" ({peers[best][figure]:.3f} {best})" if best else ""
        cells.append(f"{ours[figure]:.3f}{beside}")
    cells += [f"{looks['idf1']:.3f} / {looks['hota']:.3f}" if looks else "", str(ours["switches"]), str(ours["fragments"]),
              f"{ours['fps']:,.0f}", f"{max((p['fps'] for p in peers.values()), default=0):,.0f}" if peers else ""]
    return "| " + " | ".join(cells) + " |"


def print_table(title: str, program: str, runs: list[Run], work: Path) -> None:
    print(f"\n### {title}\n")
    print("| sequence | MOTA (best peer) | IDF1 | HOTA | with looks: IDF1 / HOTA | switches | fragments | frames/s | fastest peer |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for run in runs:
        print(row(run.name, {name: result.scores for name, result in run.results.items()}))
    sums = {name: together(program, runs, name, work) for name in ["framehound", *tracking_peers.PEERS]}
    print(row("**together**", {name: scores for name, scores in sums.items() if scores}), flush=True)


def run_all(arguments: argparse.Namespace, work: Path) -> list[Run]:
    peers = [] if importlib.util.find_spec("trackers") is None else list(tracking_peers.PEERS)
    if not peers:
        print("The Python trackers are not installed (scripts/setup bench): no peers.")
    if arguments.quick:
        peers = peers[:2]
    real = []
    if arguments.data and (arguments.data / "mot").is_dir():
        real = [s for s in benchmark_sequences(arguments.data) if arguments.only.search(s.name)]
        real += clip_sequences(arguments.program, arguments.data, work / "clips", arguments.only)
    else:
        print("No tracking truth (--data, FRAMEHOUND_SHARED): made sequences only.")
    made = [tracking_scenes.make(scene, arguments.seed) for scene in tracking_scenes.SCENES
            if arguments.only.search(scene.name) and (not arguments.quick or scene.objects < 40)]
    runs = []
    for number, whole in enumerate(real + made):
        for step in STEPS:
            sequence = whole.every(step)
            frames = int(sequence.truth[:, 0].max()) if len(sequence.truth) else 0
            if frames < 4:
                continue
            detections, truth, looks = sequence.write(work / f"{number}-{step}")
            run = Run(sequence, step, truth, number < len(real))
            track(arguments.program, run, detections, None, "framehound", repeat=max(1, 3000 // frames))
            if looks:
                track(arguments.program, run, detections, looks, "with looks", repeat=1)
            for peer in peers:
                track_peer(arguments.program, run, detections, peer)
            runs.append(run)
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--quick", action="store_true", help="small sequences, two peers: to see that it works")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="sequences whose name matches only")
    parser.add_argument("--seed", type=int, default=2, help="of the made sequences; the thresholds were chosen with 1")
    parser.add_argument("--json", type=Path, help="all figures of all trackers")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracking-") as name:
        work = Path(name)
        runs = run_all(arguments, work)
        for kind, real in (("Real sequences", True), ("Made sequences", False)):
            for step in STEPS:
                some = [run for run in runs if run.real == real and run.step == step]
                if some:
                    print_table(f"{kind}, every frame" if step == 1 else f"{kind}, every {step}th frame", arguments.program, some, work)
        if arguments.json:
            arguments.json.write_text(json.dumps([
                {"sequence": run.name, "step": run.step, "tracker": tracker, **result.scores}
                for run in runs for tracker, result in run.results.items()], indent=1))


if __name__ == "__main__":
    main()
