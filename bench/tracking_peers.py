"""Runs a tracker of a Python package over detections in MOTChallenge's format, with the package's own settings.

usage: tracking_peers.py PEER DET.txt TRACKS.txt --fps F        prints frames per second of processor time, of the tracking alone

One process, one core: the caller limits the threads of numerical libraries.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np

PEERS = ["sort", "bytetrack", "ocsort", "cbiou", "botsort", "norfair"]


def load(path: str) -> list[np.ndarray]:
    rows = np.loadtxt(path, delimiter=",", ndmin=2, usecols=range(7))
    frames = int(rows[:, 0].max()) if len(rows) else 0
    order = rows[np.argsort(rows[:, 0], kind="stable")]
    return np.split(order[:, 2:7], np.searchsorted(order[:, 0], np.arange(2, frames + 1)))


def run_trackers(peer: str, frames: list[np.ndarray], fps: float) -> tuple[list[list[float]], float]:
    import supervision as sv
    import trackers

    made = {"sort": trackers.SORTTracker, "bytetrack": trackers.ByteTrackTracker, "ocsort": trackers.OCSORTTracker,
            "cbiou": trackers.CBIoUTracker, "botsort": trackers.BoTSORTTracker}[peer]
    more = {"enable_cmc": False} if peer == "botsort" else {}  # its camera motion comes from pictures
    tracker = made(frame_rate=fps, **more)
    # Its lists of boxes are made beforehand: what is timed is the tracker.
    given = [sv.Detections(xyxy=np.concatenate([f[:, :2], f[:, :2] + f[:, 2:4]], axis=1), confidence=f[:, 4],
                           class_id=np.zeros(len(f), dtype=int)) if len(f) else sv.Detections.empty() for f in frames]
    found = []
    begun = time.process_time()
    for detections in given:
        found.append(tracker.update(detections))
    seconds = time.process_time() - begun
    rows = []
    for index, result in enumerate(found):
        for (x1, y1, x2, y2), number in zip(result.xyxy, result.tracker_id if result.tracker_id is not None else []):
            if number >= 0:
                rows.append([index + 1, int(number) + 1, x1, y1, x2 - x1, y2 - y1])
    return rows, len(frames) / seconds


def run_norfair(frames: list[np.ndarray], fps: float) -> tuple[list[list[float]], float]:
    import norfair

    # As in its demonstration for MOTChallenge: IoU, and a second of patience.
    tracker = norfair.Tracker(distance_function="iou", distance_threshold=0.7, detection_threshold=0.3,
                              hit_counter_max=max(int(round(fps / 2)), 2), initialization_delay=min(2, max(int(round(fps / 2)), 2) - 1))
    given = [[norfair.Detection(points=np.array([[x, y], [x + w, y + h]]), scores=np.array([s, s])) for x, y, w, h, s in f]
             for f in frames]
    found = []
    begun = time.process_time()
    for detections in given:
        found.append([(o.id, o.estimate.copy(), o.last_detection is not None and o.live_points.any())
                      for o in tracker.update(detections)])
    seconds = time.process_time() - begun
    rows = [[index + 1, number, *points[0], *(points[1] - points[0])] for index, objects in enumerate(found)
            for number, points, live in objects if live]
    return rows, len(frames) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("detections")
    parser.add_argument("tracks")
    parser.add_argument("--fps", type=float, required=True)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    frames = load(arguments.detections)
    rows, fps = run_norfair(frames, arguments.fps) if arguments.peer == "norfair" else run_trackers(
        arguments.peer, frames, arguments.fps)
    with open(arguments.tracks, "w") as file:
        for frame, number, x, y, width, height in rows:
            if width > 0 and height > 0:
                file.write(f"{frame},{number},{x:.2f},{y:.2f},{width:.2f},{height:.2f},1,-1,-1,-1\n")
    print(f"{fps:.0f}")


if __name__ == "__main__":
    main()
