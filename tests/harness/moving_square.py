"""Clips of a coloured square whose place at each time is known, and a detector that finds exactly this square.

The detector is a real network: it marks the pixels of the square's colour and gives the smallest box around them. With it
the whole way from the video to the box on the screen can be checked against the truth.

    python tests/harness/moving_square.py FOLDER

makes the clips and the model in FOLDER, and prints a JSON object that says what they are.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

WIDTH, HEIGHT, RATE, SECONDS = 640, 480, 25, 5
# Even numbers, so that the colour planes of 4:2:0 follow exactly. The square stays in the picture, moves evenly, and so far
# from frame to frame that on the screen one can tell which frame it is.
SIZE = (96, 72)
START = (32, 24)
STEP = (4, 2)
MODEL = "moving-square"
INPUT = (1280, 960)

FLAT = ("-bf", "2", "-g", "30", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "12")
# Frames that a camera in bad light leaves out: the rest keeps its times.
LEFT_OUT = "select='not(between(mod(n,25),7,9)+eq(mod(n,25),13)+between(mod(n,50),30,41))'"


def _ffmpeg(*args: str | Path) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, args)], check=True, timeout=300)


def _draw(path: Path, filters: str, *more: str) -> None:
    x, y = (f"{start}+{step}*round(t*{RATE})" for start, step in zip(START, STEP))
    _ffmpeg("-f", "lavfi", "-i", f"color=0x30343c:size={WIDTH}x{HEIGHT}:rate={RATE}:duration={SECONDS}",
            "-f", "lavfi", "-i", f"color=0x00e000:size={SIZE[0]}x{SIZE[1]}:rate={RATE}:duration={SECONDS}",
            "-filter_complex", f"[0][1]overlay=x='{x}':y='{y}':eval=frame,{filters}", *FLAT, *more, path)


def make_clips(folder: Path) -> list[dict]:
    """What each is a case of, its file, and by how much its pictures are turned clockwise to be upright."""
    turned = {"plain": 0, "turned-left": 270, "turned-right": 90, "variable-rate": 0, "wide-pixels": 0, "late-start": 0}
    paths = {name: folder / f"{name}.mp4" for name in turned}
    _draw(paths["plain"], "null")
    # The muxer's "rotate" counts anticlockwise.
    for name in ("turned-left", "turned-right"):
        _ffmpeg("-i", paths["plain"], "-c", "copy", "-metadata:s:v:0", f"rotate={360 - turned[name]}", paths[name])
    _draw(paths["variable-rate"], LEFT_OUT, "-vsync", "vfr")
    _draw(paths["wide-pixels"], "setsar=4/3")
    _ffmpeg("-itsoffset", "0.7", "-i", paths["plain"], "-c", "copy", "-f", "mpegts", folder / "late.ts")
    _ffmpeg("-copyts", "-i", folder / "late.ts", "-c", "copy", paths["late-start"])
    return [{"name": name, "path": str(path), "turned": turned[name]} for name, path in paths.items()]


def make_model(folder: Path) -> Path:
    """A folder as `framehound models add` takes it."""
    import numpy as np
    import openvino as ov
    from openvino import opset13 as op

    width, height = INPUT
    picture = op.parameter([-1, height, width, 3], np.uint8, name="image")
    picture.output(0).get_tensor().set_names({"image"})
    red, green, blue = op.split(op.convert(picture, np.float32), np.int64(3), 3).outputs()

    def most(value, axis):
        return op.reduce_max(value, np.array([axis], np.int64), keep_dims=False)

    def least(value, axis):
        return op.reduce_min(value, np.array([axis], np.int64), keep_dims=False)

    # Halfway between the square's colour and the background's.
    is_green = op.logical_and(op.greater(green, np.float32(138)),
                              op.logical_and(op.less(red, np.float32(110)), op.less(blue, np.float32(110))))
    mask = op.squeeze(op.convert(is_green, np.float32), np.array([3], np.int64))

    def edges(along, length):
        """First and one past the last place that is marked, of [N, length] marks."""
        first = op.add(op.multiply(along, np.arange(length, dtype=np.float32)[None]),
                       op.multiply(op.subtract(np.float32(1), along), np.float32(1e6)))
        last = op.multiply(along, np.arange(1, length + 1, dtype=np.float32)[None])
        return least(first, 1), most(last, 1)

    left, right = edges(most(mask, 1), width)
    top, bottom = edges(most(mask, 2), height)
    columns = [op.unsqueeze(value, np.array([1], np.int64)) for value in (left, top, right, bottom)]
    boxes = op.unsqueeze(op.concat(columns, 1), np.array([1], np.int64))
    found = op.multiply(most(most(mask, 2), 1), np.float32(0.9))
    scores = op.unsqueeze(op.unsqueeze(found, np.array([1], np.int64)), np.array([1], np.int64))
    results = []
    for name, node in (("boxes", boxes), ("scores", scores)):
        result = op.result(node)
        node.output(0).get_tensor().set_names({name})
        results.append(result)

    target = folder / MODEL
    target.mkdir(parents=True, exist_ok=True)
    ov.save_model(ov.Model(results, [picture], MODEL), target / "model.xml", compress_to_fp16=False)
    digests = {name: hashlib.sha256((target / name).read_bytes()).hexdigest() for name in ("model.xml", "model.bin")}
    (target / "model.json").write_text(json.dumps({
        "schema": 1, "name": MODEL, "kind": "detector", "network": "model.xml", "sha256": digests,
        "input": {"tensor": "image", "width": width, "height": height, "layout": "NHWC", "type": "u8", "colour": "RGB",
                  "resize": "stretch"},
        "output": {"decoder": "boxes", "boxes": "boxes", "scores": "scores"},
        "classes": ["square"], "score_threshold": 0.5, "nms_iou": 0.5, "max_detections": 10,
        "licence": "Apache-2.0", "source": "made by the tests"}, indent=1))
    return target


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    print(json.dumps({
        "clips": make_clips(folder), "model": {"name": MODEL, "folder": str(make_model(folder))},
        "width": WIDTH, "height": HEIGHT, "rate": RATE, "seconds": SECONDS, "size": SIZE, "start": START, "step": STEP}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
