"""Clips made from real crops: known objects that pass through several videos, in other light, turned and cut differently.

Everything comes from a seed. Each object appears two to four times, in one video or in several, each time for a while, on
a straight way over a blurred background, growing or shrinking; what it looks like are a few of its real crops, one after the other. Each
video has a light and white balance of its own; boxes err a little, and nearer objects hide farther ones.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

WIDTH, HEIGHT = 640, 360
FRAMES = 120
BETWEEN = 10         # frames between two appearances of an object in one video, at least
LOOKS = 3            # real crops of an object that one appearance shows
BOX_NOISE = 0.04     # of a box's sides
LEAST_VISIBLE = 0.4  # of what is hidden more than that there is no box


@dataclass
class Appearance:
    identity: str
    looks: list[Image.Image]
    first: int
    last: int
    start: np.ndarray   # centre x, centre y, height
    end: np.ndarray

    def box(self, frame: int) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        share = (frame - self.first) / max(1, self.last - self.first)
        x, y, height = self.start + share * (self.end - self.start)
        look = self.look(frame)
        width = height * look.width / look.height
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def look(self, frame: int) -> Image.Image:
        share = (frame - self.first) / (self.last - self.first + 1)
        return self.looks[int(share * len(self.looks))]


@dataclass
class Box:
    """What is cut out, and from which frame of which video."""

    video: int
    frame: int
    identity: str
    box: tuple[int, int, int, int]
    picture: Image.Image
    track: int  # the appearance's number in its video


def known_objects(data: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    with (data / "reid" / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["identity"].replace(" ", "_"), []).append(data / "reid" / row["file"])
    return found


def place(random: np.random.Generator) -> np.ndarray:
    height = random.uniform(50, 150)
    return np.array([random.uniform(40, WIDTH - 40), random.uniform(height / 2, HEIGHT - height / 2), height])


def appear(identity: str, files: list[Path], random: np.random.Generator) -> Appearance:
    first = int(random.integers(0, FRAMES - 12))
    last = min(FRAMES - 1, first + int(random.integers(11, 40)))
    begin = int(random.integers(0, len(files)))
    looks = [Image.open(files[(begin + i) % len(files)]).convert("RGB") for i in range(LOOKS)]
    return Appearance(identity, looks, first, last, place(random), place(random))


def background(files: list[Path], random: np.random.Generator) -> Image.Image:
    picture = Image.open(files[int(random.integers(0, len(files)))]).convert("RGB").resize((WIDTH, HEIGHT))
    return picture.filter(ImageFilter.GaussianBlur(24))


def lit(picture: Image.Image, gain: np.ndarray, gamma: float, quality: int) -> Image.Image:
    values = np.clip((np.asarray(picture, np.float32) / 255) ** gamma * gain, 0, 1)
    packed = io.BytesIO()
    Image.fromarray((values * 255).astype(np.uint8)).save(packed, "JPEG", quality=quality)
    return Image.open(packed).convert("RGB")


def seen_share(boxes: list[tuple[float, float, float, float]], k: int) -> float:
    """Of box k, what later ones leave to be seen."""
    left, top, right, bottom = boxes[k]
    hidden = np.zeros((12, 12), bool)
    xs, ys = np.linspace(left, right, 12), np.linspace(top, bottom, 12)
    inside = ((xs >= 0) & (xs < WIDTH))[None, :] & ((ys >= 0) & (ys < HEIGHT))[:, None]
    for x0, y0, x1, y1 in boxes[k + 1:]:
        hidden |= ((xs >= x0) & (xs <= x1))[None, :] & ((ys >= y0) & (ys <= y1))[:, None]
    return float((inside & ~hidden).mean())


def cut(picture: Image.Image, box: tuple[float, float, float, float], random: np.random.Generator) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    noise = random.normal(0, BOX_NOISE, 4) * [right - left, bottom - top, right - left, bottom - top]
    left, top, right, bottom = np.array(box) + noise
    return (max(0, round(left)), max(0, round(top)), min(picture.width, round(right)), min(picture.height, round(bottom)))


def make(data: Path, seed: int, videos: int) -> list[Box]:
    random = np.random.default_rng(seed)
    objects = known_objects(data)
    files = [file for some in objects.values() for file in some]
    appearances: list[list[Appearance]] = [[] for _ in range(videos)]
    for identity, crops in sorted(objects.items()):
        for _ in range(int(random.integers(2, 5))):
            video, one = int(random.integers(0, videos)), appear(identity, crops, random)
            if not any(other.identity == identity and one.first <= other.last + BETWEEN and other.first <= one.last + BETWEEN
                       for other in appearances[video]):
                appearances[video].append(one)
    boxes = []
    for video, some in enumerate(appearances):
        behind = background(files, random)
        light = random.uniform(0.85, 1.1) * random.uniform(0.96, 1.04, 3), random.uniform(0.9, 1.1)
        for frame in range(FRAMES):
            here = [(number, one) for number, one in enumerate(some) if one.first <= frame <= one.last]
            picture = behind.copy()
            for _, one in here:
                left, top, right, bottom = one.box(frame)
                size = max(1, round(right - left)), max(1, round(bottom - top))
                picture.paste(one.look(frame).resize(size, Image.Resampling.BICUBIC), (round(left), round(top)))
            picture = lit(picture, *light, quality=85)
            places = [one.box(frame) for _, one in here]
            for k, (number, one) in enumerate(here):
                box = cut(picture, places[k], random)
                if seen_share(places, k) >= LEAST_VISIBLE and min(box[2] - box[0], box[3] - box[1]) >= 8:
                    boxes.append(Box(video, frame, one.identity, box, picture.crop(box), number))
    return boxes
