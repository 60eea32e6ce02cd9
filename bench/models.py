"""The default models in OpenVINO's Python API, for the comparison program and for the ceiling."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts" / "models"))

import reference  # noqa: E402  the colour histogram, as docs/model-manifest.md defines it


def load(folder: Path) -> dict:
    return json.loads((folder / "model.json").read_text())


def table(colour: reference.Colour) -> np.ndarray:
    """How much of each cell of the RGB cube goes to each bin: a row a cell."""
    bins, parts = reference.bin_table(colour)
    whole = np.zeros((colour.levels**3, bins))
    for weights, numbers in parts:
        np.add.at(whole, (np.arange(len(whole)), numbers), weights)
    return whole


@dataclass
class Networks:
    detector: dict
    embedder: dict
    detector_net: ov.CompiledModel
    embedder_net: ov.CompiledModel
    bins: np.ndarray

    @classmethod
    def open(cls, models: Path, detector: str, embedder: str, hint: str) -> "Networks":
        core = ov.Core()
        d, e = load(models / detector), load(models / embedder)
        config = {"PERFORMANCE_HINT": hint}
        return cls(
            d, e,
            core.compile_model(models / detector / d["network"], "CPU", config),
            core.compile_model(models / embedder / e["network"], "CPU", config),
            table(reference.Colour.from_manifest(e["descriptor"]["colour"])),
        )

    def decode_ssd(self, output, width: int, height: int) -> list[tuple[float, float, float, float, float, str]]:
        """Boxes of the default detector: corners in y, x order, 0 to 1; non-maximum suppression within each class."""
        boxes = output[self.detector["output"]["boxes"]].reshape(-1, 4)
        scores = output[self.detector["output"]["scores"]].reshape(len(boxes), -1)
        found = []
        rows, classes = np.nonzero(scores >= self.detector["score_threshold"])
        for c in np.unique(classes):
            picked = rows[classes == c]
            picked = picked[np.argsort(-scores[picked, c])]
            while len(picked):
                best, rest = picked[0], picked[1:]
                y0, x0, y1, x1 = boxes[best]
                found.append((max(x0, 0) * width, max(y0, 0) * height, min(x1, 1) * width, min(y1, 1) * height,
                              float(scores[best, c]), self.detector["classes"][c]))
                if not len(rest):
                    break
                b = boxes[rest]
                inter = (np.clip(np.minimum(b[:, 2], y1) - np.maximum(b[:, 0], y0), 0, None)
                         * np.clip(np.minimum(b[:, 3], x1) - np.maximum(b[:, 1], x0), 0, None))
                union = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) + (y1 - y0) * (x1 - x0) - inter
                picked = rest[inter / np.maximum(union, 1e-9) <= self.detector["nms_iou"]]
        return sorted(found, key=lambda f: -f[4])

    def histogram(self, crop: np.ndarray) -> np.ndarray:
        c = self.embedder["descriptor"]["colour"]
        h, w = crop.shape[:2]
        my, mx = int(h * c["margin"]), int(w * c["margin"])
        inner = crop[my : h - my or None, mx : w - mx or None].reshape(-1, 3)
        step = 256 // c["levels"]
        cells = inner // step
        index = (cells[:, 0].astype(np.int64) * c["levels"] + cells[:, 1]) * c["levels"] + cells[:, 2]
        counts = np.bincount(index, minlength=c["levels"] ** 3)
        nonzero = np.nonzero(counts)[0]
        hist = (counts[nonzero] @ self.bins[nonzero]) ** c["power"]
        return hist / max(np.linalg.norm(hist), 1e-12)

    def descriptor(self, deep: np.ndarray, crop: np.ndarray) -> np.ndarray:
        d = self.embedder["descriptor"]
        deep = deep / max(np.linalg.norm(deep), 1e-12)
        whole = np.concatenate([d["deep_weight"] * deep, d["colour"]["weight"] * self.histogram(crop)])
        return whole / np.linalg.norm(whole)
