"""A drawn street with known truth: cars that cross, one that is hidden for a while, one that leaves and comes back.

The same things are drawn as in drawn_street.py, in which the default detector sees cars; where they are is known to the pixel.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from harness.drawn_street import CAR_WIDTH, HEIGHT, WIDTH, background, car

RATE, SECONDS = 10, 20
CAR_HEIGHT = round(CAR_WIDTH * 0.42)
# A hoarding in front of the near lane, wide enough to hide a whole car.
WALL = (560, 540, 900, HEIGHT)


@dataclass(frozen=True)
class Drive:
    """One way of one car through the picture: its left edge is at `x` at `start`, in pixels and seconds."""

    identity: int
    colour: tuple[int, int, int]
    start: float
    end: float
    x: float
    speed: float
    y: float
    near: bool  # in front of the others, behind the wall

    def left(self, t: float) -> float:
        return self.x + self.speed * (t - self.start)


DRIVES = [
    # Two meet and cross in the far lanes.
    Drive(1, (40, 90, 170), 0.0, 6.0, WIDTH, -260, 440, False),
    Drive(2, (200, 40, 40), 0.0, 6.0, -CAR_WIDTH, 260, 470, False),
    # One drives behind the wall, is out of sight, and comes out again.
    Drive(3, (235, 200, 50), 2.0, 10.0, -CAR_WIDTH, 210, 585, True),
    # One leaves on the right and comes back from the left.
    Drive(4, (60, 160, 90), 7.5, 13.5, -CAR_WIDTH, 290, 440, False),
    Drive(4, (60, 160, 90), 15.0, SECONDS, -CAR_WIDTH, 290, 440, False),
]


def empty_street() -> Image.Image:
    """Without windows, in rows of which a detector sees keys."""
    still = background()
    ImageDraw.Draw(still).rectangle((0, 60, WIDTH, 460), fill=(188, 160, 132))
    return still


def scene(still: Image.Image, t: float) -> Image.Image:
    image = still.copy()
    for drive in sorted(DRIVES, key=lambda d: d.y):
        if drive.start <= t < drive.end:
            thing = car(CAR_WIDTH, drive.colour, drive.speed > 0)
            image.paste(thing, (round(drive.left(t)), round(drive.y)), thing)
    draw = ImageDraw.Draw(image)
    draw.rectangle(WALL, fill=(120, 84, 60))
    for x in range(WALL[0] + 20, WALL[2], 40):
        draw.line((x, WALL[1], x, WALL[3]), fill=(96, 66, 46), width=4)
    return image.filter(ImageFilter.GaussianBlur(0.7))


def truth(t: float) -> list[tuple[int, tuple[float, float, float, float], float]]:
    """(identity, box cut at the picture's edges, share of the car that can be seen)."""
    found = []
    for drive in DRIVES:
        if not drive.start <= t < drive.end:
            continue
        left, top = drive.left(t), drive.y
        x0, x1 = max(0.0, left), min(float(WIDTH), left + CAR_WIDTH)
        if x1 - x0 < 4:
            continue
        seen = x1 - x0
        if drive.near:
            seen -= max(0.0, min(x1, WALL[2]) - max(x0, WALL[0]))
        found.append((drive.identity, (x0, top, x1 - x0, CAR_HEIGHT), seen / CAR_WIDTH))
    return found


def make(path: Path) -> Path:
    ffmpeg = subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}",
         "-r", str(RATE), "-i", "-", "-c:v", "libx264", "-crf", "20", "-pix_fmt", "yuv420p", "-g", "20", str(path)],
        stdin=subprocess.PIPE)
    still = empty_street()
    for i in range(RATE * SECONDS):
        ffmpeg.stdin.write(scene(still, i / RATE).tobytes())
    ffmpeg.stdin.close()
    assert ffmpeg.wait() == 0
    return path
