"""With what a track should be searched for, and by what it should be found.

usage: framehound embed --json IMAGE... | track_looks.py MANIFEST.csv

MANIFEST.csv as in scripts/models/retrieval.py. Each track is cut in half; one half is searched for among the other halves of
its class. Asked with: one picture (each in turn), the mean of the half, the picture nearest to the mean, the one in the
middle. Found by: its nearest picture, its mean, the picture nearest to its mean. Prints mean reciprocal rank and how often
the right track comes first.
"""
from __future__ import annotations

import collections
import csv
import json
import pathlib
import sys

import numpy as np

LEAST_TRACKS = 3  # of a class, or there is nothing to choose from


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x)


def nearest_to_mean(pictures: np.ndarray) -> np.ndarray:
    return pictures[(pictures @ unit(pictures.mean(axis=0))).argmax()]


ASKED = {
    "one picture": list,
    "mean": lambda pictures: [unit(pictures.mean(axis=0))],
    "nearest to mean": lambda pictures: [nearest_to_mean(pictures)],
    "middle": lambda pictures: [pictures[len(pictures) // 2]],
}
FOUND = {
    "nearest picture": lambda pictures, query: (pictures @ query).max(),
    "mean": lambda pictures, query: unit(pictures.mean(axis=0)) @ query,
    "nearest to mean": lambda pictures, query: nearest_to_mean(pictures) @ query,
}


def halves(manifest: pathlib.Path, vectors: dict[pathlib.Path, list[float]]) -> dict:
    """(top folder, class): {identity: (first half, second half)}."""
    tracks = collections.defaultdict(list)
    with manifest.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["frame"] and manifest.parent / row["file"] in vectors:
                key = (pathlib.PurePath(row["file"]).parts[0], row["class"], row["identity"])
                tracks[key].append((int(row["frame"]), vectors[manifest.parent / row["file"]]))
    groups = collections.defaultdict(dict)
    for (folder, name, identity), pictures in tracks.items():
        found = np.array([vector for _, vector in sorted(pictures, key=lambda p: p[0])])
        if len(found) >= 4:
            groups[folder, name][identity] = (found[:len(found) // 2], found[len(found) // 2:])
    return {key: group for key, group in groups.items() if len(group) >= LEAST_TRACKS}


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    manifest = pathlib.Path(sys.argv[1]).resolve()
    vectors = {pathlib.Path(a["file"]).resolve(): a["embedding"] for a in map(json.loads, sys.stdin)}
    ranks = collections.defaultdict(list)
    for (folder, _), group in halves(manifest, vectors).items():
        for searched in (0, 1):
            for identity, parts in group.items():
                for asked, queries in ASKED.items():
                    for found, score in FOUND.items():
                        for query in queries(parts[searched]):
                            scores = {other: score(pair[1 - searched], query) for other, pair in group.items()}
                            ranks[folder, asked, found].append(1 + sum(s > scores[identity] for s in scores.values()))
    if not ranks:
        sys.exit("none of the pictures belongs to a track of the manifest")
    print("| pictures | asked with | found by | mean reciprocal rank | first |\n| --- | --- | --- | --- | --- |")
    for (folder, asked, found), these in ranks.items():
        print(f"| {folder} | {asked} | {found} | {np.mean([1 / r for r in these]):.3f} | {np.mean([r == 1 for r in these]):.3f} |")


if __name__ == "__main__":
    main()
