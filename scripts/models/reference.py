#!/usr/bin/env python3
"""Reference implementation of the colour histogram in docs/model-manifest.md, and the vectors that pin it.

usage: reference.py        rewrites testdata/colour_histogram.json

The pictures are formulas, so that any implementation can make them: in a picture of width w and height h, the pixel at
column x, row y has red, green, blue = (a·x + b·y + c) mod 256 with one triple (a, b, c) per channel.
"""
import dataclasses
import functools
import json
import pathlib

import numpy as np

RGB_TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375],
                       [0.2126729, 0.7151522, 0.0721750],
                       [0.0193339, 0.1191920, 0.9503041]])
D65_WHITE = np.array([0.95047, 1.0, 1.08883])
NEUTRAL = 0.001


@dataclasses.dataclass(frozen=True)
class Colour:
    """`descriptor.colour` of a manifest."""
    levels: int = 32
    bins: tuple = (4, 10, 10)
    binning: str = "hard"
    ranges: tuple = ((0, 100), (-100, 100), (-100, 100))
    compand: float = 1.0
    margin: float = 0.125
    power: float = 0.5
    bands: int = 1

    @classmethod
    def from_manifest(cls, members):
        ranges = tuple(tuple(pair) for pair in members["ranges"])
        names = {field.name for field in dataclasses.fields(cls)}
        return cls(**{key: value for key, value in members.items() if key in names}
                   | {"bins": tuple(members["bins"]), "ranges": ranges})


def lab_from_rgb(rgb):
    v = np.asarray(rgb, np.float64) / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    t = linear @ RGB_TO_XYZ.T / D65_WHITE
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    lab = np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
    lab[..., 1:][np.abs(lab[..., 1:]) < NEUTRAL] = 0
    return lab


@functools.lru_cache(maxsize=8)
def bin_table(colour):
    """Where each of the levels³ RGB cells goes: the number of dimensions, and pairs of arrays [levels³], weights and bins.

    Bins are numbered over those that any cell reaches.
    """
    centres = (np.arange(colour.levels) + 0.5) * 256 / colour.levels - 0.5
    cells = np.stack(np.meshgrid(centres, centres, centres, indexing="ij"), axis=-1).reshape(-1, 3)
    low, high = np.array(colour.ranges, np.float64).T
    u = np.clip((lab_from_rgb(cells) - low) / (high - low), 0, 1)
    if colour.compand != 1:
        t = 2 * u[:, 1:] - 1
        u[:, 1:] = (1 + np.sign(t) * np.abs(t) ** colour.compand) / 2
    shares = list((_hard if colour.binning == "hard" else _linear)(u, colour.bins))
    flat = [(weights, np.ravel_multi_index(bins.T, colour.bins)) for weights, bins in shares]
    total = sum(np.bincount(bins, weights, minlength=np.prod(colour.bins)) for weights, bins in flat)
    number = np.cumsum(total > 0) - 1
    return np.count_nonzero(total), [(weights, number[bins]) for weights, bins in flat]


def _hard(u, sizes):
    yield np.ones(len(u)), np.minimum((u * sizes).astype(int), np.array(sizes) - 1)


def _linear(u, sizes):
    last = np.array(sizes) - 1
    position = np.clip(u * sizes - 0.5, 0, last)
    lower = position.astype(int)
    fraction = position - lower
    for corner in np.ndindex(2, 2, 2):
        yield np.where(corner, fraction, 1 - fraction).prod(axis=1), np.minimum(lower + corner, last)


def histogram(picture, colour):
    """The unit-length colour histogram of a u8 RGB picture [h, w, 3]."""
    dimensions, shares = bin_table(colour)
    height, width, _ = picture.shape
    top, left = int(colour.margin * height), int(colour.margin * width)
    index = (picture[top:height - top, left:width - left].astype(int) * colour.levels) >> 8
    cells = (index[..., 0] * colour.levels + index[..., 1]) * colour.levels + index[..., 2]
    band_of_row = np.arange(len(cells)) * colour.bands // len(cells)
    bands = []
    for band in range(colour.bands):
        inside = cells[band_of_row == band].ravel()
        sums = sum(np.bincount(bins[inside], weights[inside], minlength=dimensions) for weights, bins in shares)
        bands.append((sums / max(inside.size, 1)) ** colour.power)
    joined = np.concatenate(bands)
    return joined / np.linalg.norm(joined)


def formula_picture(width, height, channels):
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([(a * x + b * y + c) % 256 for a, b, c in channels], axis=-1).astype(np.uint8)


PICTURES = {
    "gradient": (64, 48, ((4, 0, 0), (0, 5, 0), (1, 1, 0))),
    "grey": (32, 32, ((3, 7, 0), (3, 7, 0), (3, 7, 0))),
    "noise": (37, 53, ((37, 101, 17), (91, 59, 99), (143, 211, 3))),
    "uniform": (16, 16, ((0, 0, 200), (0, 0, 30), (0, 0, 60))),
}
SETTINGS = (
    Colour(),
    Colour(levels=64, compand=0.7),
    Colour(levels=16, bins=(3, 5, 7), binning="linear", margin=0.0, power=1.0),
    Colour(levels=8, bins=(2, 4, 4), ranges=((0, 100), (-50, 50), (-60, 60)), bands=3, margin=0.2),
)


def vectors():
    """Test cases: the settings, the picture's formula, and the histogram's elements that are not zero."""
    for colour in SETTINGS:
        for name, (width, height, channels) in PICTURES.items():
            values = histogram(formula_picture(width, height, channels), colour)
            nonzero = np.nonzero(values)[0]
            yield {"colour": dataclasses.asdict(colour),
                   "picture": {"name": name, "width": width, "height": height, "channels": channels},
                   "dimensions": len(values),
                   "index": nonzero.tolist(), "value": [round(float(v), 7) for v in values[nonzero]]}


def main():
    path = pathlib.Path(__file__).parent / "testdata" / "colour_histogram.json"
    path.parent.mkdir(exist_ok=True)
    cases = ",\n".join(json.dumps(case) for case in vectors())
    path.write_text(f"[\n{cases}\n]\n")


if __name__ == "__main__":
    main()
