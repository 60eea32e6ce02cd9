"""A straightforward program that does what Framehound's ingestion does, in Python: the peer that is measured beside it.

FFmpeg's program for the frames, OpenVINO's Python API picture by picture, Pillow for the JPEGs, SQLite for the boxes and
hnswlib for the vectors. The models, the frames and what is stored are the same.

usage: python_pipeline.py VIDEO FPS MODELS DETECTOR EMBEDDER OUT_DIR    prints one JSON object
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import hnswlib
import numpy as np
from PIL import Image

from models import Networks


def probe(video: str) -> tuple[int, int]:
    out = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0", video],
        check=True, capture_output=True, text=True).stdout
    width, height = out.strip().split(",")[:2]
    return int(width), int(height)


def main() -> None:
    video, fps, models, detector, embedder, out_dir = sys.argv[1:]
    out = Path(out_dir)
    (out / "frames").mkdir(parents=True)
    (out / "objects").mkdir()
    nets = Networks.open(Path(models), detector, embedder, "LATENCY")
    width, height = probe(video)
    dw, dh = nets.detector["input"]["width"], nets.detector["input"]["height"]
    ew, eh = nets.embedder["input"]["width"], nets.embedder["input"]["height"]

    began = time.perf_counter()
    database = sqlite3.connect(out / "meta.sqlite")
    database.execute("create table object (frame integer, k integer, x real, y real, w real, h real, score real, class text)")
    index = None
    ffmpeg = subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", video, "-vf", f"fps={fps}", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        stdout=subprocess.PIPE)
    frames = objects = 0
    while raw := ffmpeg.stdout.read(width * height * 3):
        picture = np.frombuffer(raw, np.uint8).reshape(height, width, 3)
        image = Image.fromarray(picture)
        image.save(out / "frames" / f"{frames:08}.jpg", quality=90)
        found = nets.decode_ssd(nets.detector_net(np.asarray(image.resize((dw, dh), Image.BILINEAR))[None]), width, height)
        for k, (x0, y0, x1, y1, score, name) in enumerate(found):
            crop = image.crop((int(x0), int(y0), max(int(x1), int(x0) + 1), max(int(y1), int(y0) + 1)))
            crop.save(out / "objects" / f"{frames:08}-{k:03}.jpg", quality=90)
            deep = nets.embedder_net(np.asarray(crop.resize((ew, eh), Image.BILINEAR))[None])
            vector = nets.descriptor(deep[nets.embedder["output"]["embedding"]][0], np.asarray(crop))
            if index is None:
                index = hnswlib.Index("cosine", len(vector))
                index.init_index(200000)
            index.add_items(vector[None], [objects])
            database.execute("insert into object values (?,?,?,?,?,?,?,?)", (frames, k, x0, y0, x1 - x0, y1 - y0, score, name))
            objects += 1
        database.commit()
        frames += 1
    if index is not None:
        index.save_index(str(out / "vectors.hnsw"))
    print(json.dumps({"frames": frames, "objects": objects, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
