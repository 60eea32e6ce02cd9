"""How well labels are learnt from a few examples, on objects whose identity is known.

Cuts the annotated objects out of clips with tracking truth, and takes photographs whose object is known (test data, see
--data), embeds them with the program, and lets label_bench draw examples and compare what the model marks with the truth.

usage: labelling.py PROGRAM LABEL_BENCH --data FOLDER [--step N] [--trials N] [--keep FOLDER]

--step N takes every N-th frame of the clips (2: 6 to 15 a second; 6: about what is sampled by default).
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

LEAST_SIDE = 8
BATCH = 200


@dataclass
class Crop:
    file: Path
    object: str
    identity: str
    group: str


def clips(data: Path) -> list[tuple[Path, Path]]:
    """Folders with tracking truth, each with its clip."""
    found = []
    for truth in sorted(data.glob("mot/**/gt/gt.txt")):
        name = truth.parents[1].name
        videos = sorted(data.glob(f"media/**/{name}.*"))
        if videos:
            found.append((truth, videos[0]))
    return found


def boxes(truth: Path, step: int) -> dict[int, list[tuple[str, list[float]]]]:
    """Frame (from 1) -> identity and box. Boxes of no confidence are not to be counted."""
    found: dict[int, list[tuple[str, list[float]]]] = {}
    with truth.open(newline="") as file:
        for row in csv.reader(file):
            if int(row[0]) % step == 0 and float(row[6]) != 0:
                found.setdefault(int(row[0]), []).append((row[1], [float(value) for value in row[2:6]]))
    return found


def cut_clip(number: int, truth: Path, video: Path, step: int, folder: Path) -> list[Crop]:
    frames = folder / f"frames-{number}"
    frames.mkdir()
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(video), "-map", "0:v:0", "-vsync", "passthrough",
                    "-qscale:v", "2", str(frames / "%05d.jpg")], check=True)
    crops = []
    for frame, found in sorted(boxes(truth, step).items()):
        with Image.open(frames / f"{frame:05}.jpg") as picture:
            for k, (identity, (x, y, width, height)) in enumerate(found):
                box = (max(0, round(x)), max(0, round(y)), min(picture.width, round(x + width)),
                       min(picture.height, round(y + height)))
                if min(box[2] - box[0], box[3] - box[1]) < LEAST_SIDE:
                    continue
                file = folder / f"{number}-{frame:05}-{k:03}.jpg"
                picture.crop(box).save(file, quality=92)
                crops.append(Crop(file, f"{number:016x}-{frame // step:08}-{k:03}", f"{video.stem}/{identity}", video.stem))
    shutil.rmtree(frames)
    return crops


def photographs(data: Path, first: int) -> list[Crop]:
    """Pictures of one object each, every one a video of its own."""
    crops = []
    with (data / "reid" / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if not row["frame"]:
                identity = row["identity"].replace(" ", "_")
                crops.append(Crop(data / "reid" / row["file"], f"{first + len(crops):016x}-00000000-000", identity,
                                  row["file"].split("/")[0]))
    return crops


def embed(program: str, crops: list[Crop]) -> np.ndarray:
    vectors = []
    for at in range(0, len(crops), BATCH):
        files = [str(crop.file) for crop in crops[at:at + BATCH]]
        answer = subprocess.run([program, "embed", "--json", *files], check=True, capture_output=True, text=True).stdout
        found = {line["file"]: line["embedding"] for line in map(json.loads, answer.splitlines())}
        vectors += [found[file] for file in files]
    return np.array(vectors, dtype="<f4")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program")
    parser.add_argument("label_bench")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--step", type=int, default=2)
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="leave objects.tsv and vectors.f32 here")
    arguments = parser.parse_args()
    if not clips(arguments.data):
        sys.exit(f"{arguments.data} has no clip with tracking truth")
    with tempfile.TemporaryDirectory(prefix="labelling-") as name:
        folder = Path(name)
        crops: list[Crop] = []
        for number, (truth, video) in enumerate(clips(arguments.data), start=1):
            crops += cut_clip(number, truth, video, arguments.step, folder)
        crops += photographs(arguments.data, 1000)
        out = arguments.keep or folder
        out.mkdir(parents=True, exist_ok=True)
        embed(arguments.program, crops).tofile(out / "vectors.f32")
        with (out / "objects.tsv").open("w") as file:
            file.writelines(f"{crop.object}\t{crop.identity}\t{crop.group}\n" for crop in crops)
        subprocess.run([arguments.label_bench, str(out / "objects.tsv"), str(out / "vectors.f32"), "--trials",
                        str(arguments.trials)], check=True)


if __name__ == "__main__":
    main()
