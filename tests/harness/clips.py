"""Clips: made here with FFmpeg's program, or real ones where they are to be had."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.program import ROOT

DEPS = Path(os.environ.get("FRAMEHOUND_DEPS", ROOT / ".deps"))


def ffmpeg(*args: str | Path) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, args)], check=True, timeout=300)


def bikes() -> Path:
    """The street scene that set-up fetches: 10 s, 250 frames, 640x272, H.264."""
    path = DEPS / "media" / "bikes.mp4"
    if not path.exists():
        pytest.skip(f"{path} is not there: run make setup")
    return path


def shared(*parts: str) -> Path:
    """A file of the measuring data, which lies beside the project where there is some."""
    base = Path(os.environ.get("FRAMEHOUND_SHARED", ROOT.parent / "shared"))
    path = base.joinpath("data", *parts)
    if not path.exists():
        pytest.skip(f"the measuring data has no {'/'.join(parts)} here: it is not part of the project")
    return path


def drawn(path: Path, *, seconds: float = 4, rate: str = "25", size: str = "320x240", gop: int = 12, codec: str = "libx264",
          extra: tuple[str, ...] = ()) -> Path:
    """A test picture that moves, with a counter of time in it."""
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=duration={seconds}:rate={rate}:size={size}", "-pix_fmt", "yuv420p",
           "-c:v", codec, "-g", str(gop), *extra, path)
    return path


def still_scene(path: Path, picture: Path, *, seconds: float = 2, rate: str = "10") -> Path:
    """A real picture as a video, so that a detector finds something in it."""
    ffmpeg("-loop", "1", "-i", picture, "-t", str(seconds), "-r", rate, "-vf", "scale=640:-2", "-pix_fmt", "yuv420p",
           "-c:v", "libx264", "-g", "5", path)
    return path


def probe_pts_us(path: Path) -> list[int]:
    """The time of every frame from the first one, as ffprobe decodes them, in microseconds, ascending."""
    out = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
         "frame=pts,best_effort_timestamp:stream=time_base", "-of", "json", path],
        check=True, capture_output=True, text=True, timeout=300).stdout
    found = json.loads(out)
    num, den = map(int, found["streams"][0]["time_base"].split("/"))
    pts = sorted(int(f.get("pts", f.get("best_effort_timestamp"))) for f in found["frames"])
    return [(2 * (p - pts[0]) * num * 1000000 + den) // (2 * den) for p in pts]


def on_grid(pts_us: list[int], fps_num: int, fps_den: int = 1) -> list[tuple[int, int]]:
    """What the definition of a frame says: (index, pts_us) of the first frame at or after each grid point."""
    taken: list[tuple[int, int]] = []
    i = 0
    for p in pts_us:
        point = (2 * i * fps_den * 1000000 + fps_num) // (2 * fps_num)
        if point <= p:
            taken.append((i, p))
            while (2 * i * fps_den * 1000000 + fps_num) // (2 * fps_num) <= p:
                i += 1
    return taken
