"""Sequences with known truth for the tracker: people who walk, meet, hide each other, and a detector that errs.

Everything comes from a seed. A detector's box is the truth with noise; how likely it is to be there, and its score, fall
with the share of the object that can be seen; false alarms come alone or stay for some frames. Each object has a look
(an embedding), seen with noise, and mixed with the look of what hides it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 1920, 1080
LOOKS = 64


@dataclass
class Scene:
    name: str
    objects: int = 50
    frames: int = 600
    fps: float = 30.0
    flows: bool = False       # two streams that cross, instead of everybody's own way
    wall: float = 0.0         # share of the picture's width that is hidden
    camera: float = 0.0       # pan and shake, in pixels
    misses: float = 0.04      # of what is in full view
    false_alarms: float = 0.3 # a frame, and one more for every hundred objects
    noise: float = 0.03       # of boxes, in sizes


SCENES = [
    Scene("crowd-10", objects=10),
    Scene("crowd-50", objects=50),
    Scene("crowd-200", objects=200),
    Scene("crossing", objects=40, flows=True),
    Scene("hidden", objects=20, wall=0.12),
    Scene("misses", objects=30, misses=0.25, false_alarms=3.0, noise=0.06),
    Scene("camera", objects=30, camera=60.0),
]


@dataclass
class Sequence:
    name: str
    fps: float
    truth: np.ndarray       # rows: frame, id, left, top, width, height, counts, class, visibility
    detections: np.ndarray  # rows: frame, -1, left, top, width, height, score, class
    looks: np.ndarray       # a row a detection

    def every(self, n: int) -> "Sequence":
        """Every n-th frame, as if it had been sampled so."""
        if n == 1:
            return self

        def thin(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            kept = (rows[:, 0] - 1) % n == 0
            out = rows[kept].copy()
            out[:, 0] = (out[:, 0] - 1) // n + 1
            return out, kept

        truth, _ = thin(self.truth)
        detections, kept = thin(self.detections)
        return Sequence(self.name, self.fps / n, truth, detections, self.looks[kept] if len(self.looks) else self.looks)

    def write(self, folder: Path) -> tuple[Path, Path, Path | None]:
        folder.mkdir(parents=True, exist_ok=True)
        truth, detections, looks = folder / "gt.txt", folder / "det.txt", folder / "looks.f32"
        np.savetxt(truth, self.truth, delimiter=",", fmt="%d,%d,%.2f,%.2f,%.2f,%.2f,%d,%d,%.3f")
        np.savetxt(detections, self.detections, delimiter=",", fmt="%d,%d,%.2f,%.2f,%.2f,%.2f,%.4f,%d")
        if not len(self.looks):
            return detections, truth, None
        self.looks.astype("<f4").tofile(looks)
        return detections, truth, looks


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)


class _World:
    """People in a picture larger than the camera's, so that they come and go."""

    def __init__(self, scene: Scene, rng: np.random.Generator):
        self.scene, self.rng, self.next_id = scene, rng, 1
        n = scene.objects
        self.height, self.aspect = np.zeros(n), np.zeros(n)
        self.at, self.speed, self.wish = np.zeros((n, 2)), np.zeros((n, 2)), np.zeros((n, 2))
        self.id = np.zeros(n, dtype=int)
        self.look = np.zeros((n, LOOKS))
        for i in range(n):
            self._enter(i, anywhere=True)

    def _enter(self, i: int, anywhere: bool) -> None:
        rng, scene = self.rng, self.scene
        self.id[i], self.next_id = self.next_id, self.next_id + 1
        foot = rng.uniform(0.35, 1.0) * HEIGHT
        self.height[i] = (40 + 0.22 * foot) * rng.uniform(0.85, 1.15)  # nearer ones are larger and stand lower
        self.aspect[i] = rng.uniform(0.32, 0.48)
        side = rng.choice([-1, 1])
        pace = rng.uniform(0.25, 0.8) * self.height[i]
        slope = rng.normal(0, 0.03 if scene.flows else 0.25)
        self.wish[i] = self.speed[i] = [-side * pace, slope * pace]
        edge = WIDTH / 2 + side * (WIDTH / 2 + self.height[i])
        self.at[i] = [rng.uniform(0, WIDTH) if anywhere else edge, foot]
        self.look[i] = _unit(rng.normal(size=LOOKS))

    def step(self) -> None:
        scene, rng, dt = self.scene, self.rng, 1.0 / self.scene.fps
        jolt = rng.normal(size=self.speed.shape) * (0.35 * self.height * np.sqrt(dt))[:, None]
        if scene.flows:
            jolt[:, 1] *= 0.2
        self.speed += (self.wish - self.speed) * dt + jolt
        self.at += self.speed * dt
        self.at[:, 1] = np.clip(self.at[:, 1], 0.3 * HEIGHT, 1.05 * HEIGHT)
        for i in np.nonzero(rng.random(len(self.id)) < 0.1 * dt)[0]:
            self.wish[i] = self.wish[i] * rng.uniform(0.3, 1.6)  # walks slower or faster from now on
        for i in np.nonzero(np.abs(self.at[:, 0] - WIDTH / 2) > WIDTH / 2 + 1.5 * self.height)[0]:
            self._enter(i, anywhere=False)

    def boxes(self) -> np.ndarray:
        width = self.height * self.aspect
        return np.stack([self.at[:, 0] - width / 2, self.at[:, 1] - self.height, width, self.height], axis=1)


def _visible(boxes: np.ndarray, foot: np.ndarray, wall: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The share of each box that can be seen, and who hides most of it. On a grid of points in each box."""
    gx, gy = np.meshgrid((np.arange(6) + 0.5) / 6, (np.arange(8) + 0.5) / 8)
    points = boxes[:, None, :2] + np.stack([gx.ravel(), gy.ravel()], axis=1)[None] * boxes[:, None, 2:]
    px, py = points[..., 0], points[..., 1]
    inside = ((px[:, None] > boxes[None, :, 0, None]) & (px[:, None] < (boxes[:, 0] + boxes[:, 2])[None, :, None])
              & (py[:, None] > boxes[None, :, 1, None]) & (py[:, None] < (boxes[:, 1] + boxes[:, 3])[None, :, None])
              & (foot[None, :] > foot[:, None])[..., None])
    outside = (px < 0) | (px >= WIDTH) | (py < 0) | (py >= HEIGHT) | ((px > wall[0]) & (px < wall[1]))
    hidden = inside.any(axis=1) | outside
    return 1.0 - hidden.mean(axis=1), inside.mean(axis=2).argmax(axis=1)


def make(scene: Scene, seed: int) -> Sequence:
    rng = np.random.default_rng([seed, sum(scene.name.encode())])
    world = _World(scene, rng)
    wall = (WIDTH * 0.5, WIDTH * (0.5 + scene.wall))
    truth, found, looks = [], [], []
    ghosts: list[list[float]] = []
    pan = np.zeros(2)
    turn = rng.normal(size=2)
    for frame in range(1, scene.frames + 1):
        world.step()
        turn += rng.normal(size=2) * 0.2 - 0.05 * turn
        pan += scene.camera / scene.fps * turn
        shake = rng.normal(size=2) * scene.camera / 20 + (rng.normal(size=2) * scene.camera if rng.random() < 0.02 and scene.camera else 0)
        boxes = world.boxes()
        visible, before = _visible(boxes, world.at[:, 1], wall)
        shown = boxes.copy()
        shown[:, :2] += pan + shake
        for i in np.nonzero(visible > 0)[0]:
            truth.append([frame, world.id[i], *shown[i], int(visible[i] >= 0.25), 1, visible[i]])
        size = np.sqrt(boxes[:, 2] * boxes[:, 3])
        chance = (1 - scene.misses) * np.clip((visible - 0.15) / 0.45, 0, 1)
        for i in np.nonzero(rng.random(len(chance)) < chance)[0]:
            centre = shown[i, :2] + shown[i, 2:] / 2 + rng.normal(size=2) * scene.noise * size[i]
            sides = shown[i, 2:] * np.exp(rng.normal(size=2) * scene.noise * 1.3)
            score = np.clip(0.35 + 0.55 * visible[i] + rng.normal() * 0.1, 0.05, 0.999)
            found.append([frame, -1, *(centre - sides / 2), *sides, score, 1])
            mixed = world.look[i] + (0.6 * (1 - visible[i])) * world.look[before[i]]
            looks.append(_unit(_unit(mixed) + rng.normal(size=LOOKS) * 0.05))
        for _ in range(rng.poisson(scene.false_alarms + scene.objects / 100)):
            height = rng.uniform(60, 260)
            ghosts.append([rng.uniform(0, WIDTH), rng.uniform(0.2, 0.9) * HEIGHT, height * rng.uniform(0.3, 0.6), height,
                           rng.geometric(0.6), np.clip(rng.normal(0.35, 0.15), 0.05, 0.95)])
        for ghost in ghosts:
            score = np.clip(ghost[5] + rng.normal() * 0.05, 0.05, 0.95)
            found.append([frame, -1, *(np.array(ghost[:4]) * (1 + rng.normal(size=4) * 0.01)), score, 1])
            looks.append(_unit(rng.normal(size=LOOKS)))
            ghost[4] -= 1
        ghosts = [ghost for ghost in ghosts if ghost[4] > 0]
    return Sequence(scene.name, scene.fps, np.array(truth, dtype=float), np.array(found, dtype=float), np.array(looks))
