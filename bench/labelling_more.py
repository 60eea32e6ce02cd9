#!/usr/bin/env python3
"""The measurement of labelling.py on more samples of the same kinds, each kind as one table.

A set of labelling.py is 29 or 46 identities, and a median of few actions jumps by a third from one sample to the next.
Here the clips are cut at other frames and rates, and the made clips are of other seeds; the runs of all sets of a kind
are counted together. No best threshold in hindsight is looked for, which takes longest.

usage: labelling_more.py PROGRAM LABEL_BENCH --data FOLDER [--keep FOLDER]
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import labelling
from labelling import Set

FEW = 3
# The columns of label_bench --detail: of each kind of tracks, the ways in their order.
WAYS = {"none": ["Framehound", "drags only", "likeness, at the fewest", "0.90", "cut by the truth", "sketch"],
        "found": ["Framehound", "drags only", "likeness, at the fewest", "0.90"]}
SHOWN = ["Framehound", "drags only", "0.90"]


@dataclass
class Pool:
    """What the sets of a kind gave, with one kind of tracks."""
    identities: int = 0
    worse: list[str] = field(default_factory=list)
    actions: dict[str, list[int]] = field(default_factory=dict)
    said: list[tuple[float, float, int]] = field(default_factory=list)  # of likely labels: said, right, how many


def read_runs(text: str, ways: list[str]) -> dict[str, list[dict[str, int]]]:
    """Identity -> of each first click, the actions of each way."""
    runs: dict[str, list[dict[str, int]]] = {}
    for line in re.findall(r"^# (.*)$", text, re.MULTILINE):
        head, _, counts = line.partition(":")
        actions = [int(count) for count in re.findall(r"(\d+) \(\d+ no", counts)]
        runs.setdefault(head.split()[0], []).append(dict(zip(ways, actions, strict=True)))
    return runs


def add(pool: Pool, name: str, text: str, ways: list[str]) -> None:
    for identity, runs in read_runs(text, ways).items():
        pool.identities += 1
        ours, fixed = (statistics.median(run[way] for run in runs) for way in ("Framehound", "0.90"))
        if ours > fixed:
            pool.worse.append(f"{identity} ({name}: {ours:g}, not {fixed:g})")
        for run in runs:
            for way in SHOWN:
                pool.actions.setdefault(way, []).append(run[way])
    pool.said += [(float(said), float(right), int(count))
                  for said, right, count in re.findall(r"^\| ([\d.]+) \| ([\d.]+) \| (\d+) \|$", text, re.MULTILINE)]


def calibration_error(said: list[tuple[float, float, int]]) -> float:
    """Of the tenths of all sets together."""
    tenths: dict[int, list[float]] = {}
    for probability, right, count in said:
        sums = tenths.setdefault(min(9, int(probability * 10)), [0.0, 0.0])
        sums[0] += probability * count
        sums[1] += right * count
    return sum(abs(said_sum - right_sum) for said_sum, right_sum in tenths.values()) / sum(count for _, _, count in said)


def report(title: str, tracks: str, pool: Pool) -> None:
    runs = len(pool.actions["0.90"])
    how = "without tracks" if tracks == "none" else "with the tracker's tracks"
    print(f"\n{title}, {how}: {pool.identities} identities, {runs} runs\n")
    print("| way | median | mean | in 3 |\n| --- | --- | --- | --- |")
    for way, counts in pool.actions.items():
        few = 100 * sum(count <= FEW for count in counts) / len(counts)
        print(f"| {way} | {statistics.median(counts):.1f} | {statistics.mean(counts):.1f} | {few:.0f} % |")
    print(f"\nworse than 0.90: {len(pool.worse)}{': ' if pool.worse else ''}{', '.join(pool.worse)}")
    print(f"expected calibration error of {sum(count for _, _, count in pool.said)} likely labels: {calibration_error(pool.said):.3f}", flush=True)


Maker = Callable[[Path], Set]


def clips_at(data: Path, steps: dict[str, int], default_step: int, least: int, offset: int) -> Maker:
    def make(folder: Path) -> Set:
        return labelling.clip_set(data, f"{default_step}-{offset}", "", steps, default_step, least, folder, offset)
    return make


def made_of(data: Path, seed: int) -> Maker:
    def make(folder: Path) -> Set:
        made = labelling.scene_set(data, seed, folder)
        made.name = f"made-{seed}"
        return made
    return make


def kinds(data: Path) -> dict[str, list[Maker]]:
    slow = labelling.slow_steps(data)
    slower = {name: 2 * step for name, step in slow.items()}
    return {
        "clips, every second and every third frame": [clips_at(data, {}, 2, 8, 0), clips_at(data, {}, 2, 8, 1), clips_at(data, {}, 3, 8, 1)],
        "clips at about 5 frames/s, from five frames on": [clips_at(data, slow, 5, 5, offset) for offset in range(5)],
        "clips at about 2.5 frames/s, from three frames on": [clips_at(data, slower, 10, 5, offset) for offset in (1, 3, 5)],
        "made clips of seeds 4 to 7": [made_of(data, seed) for seed in (4, 5, 6, 7)],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program")
    parser.add_argument("label_bench")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--keep", type=Path, help="leave the sets' objects.tsv and vectors.f32 here")
    arguments = parser.parse_args()
    for title, makers in kinds(arguments.data).items():
        pools = {tracks: Pool() for tracks in WAYS}
        for make in makers:
            with tempfile.TemporaryDirectory(prefix="labelling-") as name:
                one = make(Path(name))
                files = labelling.write(arguments.program, one, (arguments.keep or Path(name)) / one.name)
                for tracks, ways in WAYS.items():
                    text = subprocess.run([arguments.label_bench, "actions", *files, "--boxes", str(one.least_boxes), "--tracks", tracks,
                                           "--quick", "--detail"], check=True, capture_output=True, text=True).stdout
                    add(pools[tracks], one.name, text, ways)
        for tracks, pool in pools.items():
            report(title, tracks, pool)
    return 0


if __name__ == "__main__":
    sys.exit(main())
