#!/usr/bin/env python3
"""How well descriptors find the same object again.

usage: framehound embed --json IMAGE... | retrieval.py MANIFEST.csv

MANIFEST.csv has the columns file, identity, class, source, frame. Each picture in turn is the query, and the others of
its class (and its top folder) are ranked. Right are those of its identity. In tracks, neighbours in time are all but
copies: the nearer half of the query's own track is left out of the ranking. Prints the mean average precision for each
top folder.
"""
import csv
import json
import pathlib
import sys

import numpy as np


def average_precisions(rows, similarity):
    """One number per row; `similarity` [rows, rows]."""
    return [average_precision(q, rows, similarity[q]) for q in range(len(rows))]


def average_precision(q, rows, similarity):
    query = rows[q]
    others = [k for k in range(len(rows)) if k != q and rows[k]["class"] == query["class"]]
    same = [k for k in others if rows[k]["identity"] == query["identity"]]
    near = set()
    if query["frame"]:
        same.sort(key=lambda k: abs(int(rows[k]["frame"]) - int(query["frame"])))
        near = set(same[:(len(same) + 1) // 2])
    right = set(same) - near
    ranked = sorted((k for k in others if k not in near), key=lambda k: -similarity[k])
    hits = np.array([k in right for k in ranked])
    return (hits.cumsum()[hits] / (np.flatnonzero(hits) + 1)).mean()


def groups(rows):
    """Top folder -> indices of its rows."""
    found = {}
    for k, row in enumerate(rows):
        found.setdefault(pathlib.PurePath(row["file"]).parts[0], []).append(k)
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    manifest = pathlib.Path(sys.argv[1]).resolve()
    with open(manifest, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    descriptors = {}
    for line in sys.stdin:
        answer = json.loads(line)
        descriptors[pathlib.Path(answer["file"]).resolve()] = answer["embedding"]
    rows = [row for row in rows if manifest.parent / row["file"] in descriptors]
    if not rows:
        sys.exit("none of the pictures is in the manifest")
    for name, members in groups(rows).items():
        chosen = [rows[k] for k in members]
        x = np.array([descriptors[manifest.parent / row["file"]] for row in chosen])
        print(f"{name:16} {len(chosen):4} pictures  mAP {np.mean(average_precisions(chosen, x @ x.T)):.3f}")


if __name__ == "__main__":
    main()
