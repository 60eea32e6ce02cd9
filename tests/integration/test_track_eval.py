"""`framehound track-eval`: the measures of tracking against the reference implementations, the tracker from outside.

The reference values were computed with TrackEval 1.3.0 on the same files; where that package and motmetrics are installed
(scripts/setup bench), they are asked again.
"""

import importlib.util
import json
import os
import random
from pathlib import Path

import pytest

from harness.program import ROOT, run

# made_up(seed): mota, idf1, hota, deta, assa, switches, fragments, misses, false alarms.
REFERENCE = {
    1: (0.596220, 0.364611, 0.335786, 0.570625, 0.198491, 46, 81, 117, 72),
    2: (0.646048, 0.413731, 0.361650, 0.576349, 0.227888, 33, 85, 115, 58),
    3: (0.611684, 0.407473, 0.365303, 0.569492, 0.235263, 46, 86, 110, 70),
}
COUNTS = ["switches", "fragments", "misses", "false_alarms"]
SHARES = ["mota", "idf1", "hota", "deta", "assa"]


def made_up(seed: int, frames: int = 80, objects: int = 9, missed: float = 0.15, drift: float = 14) -> tuple[list, list]:
    """Truth, and tracks that drift, break off, change places, come twice and are not there. Overlaps of exactly a half or
    equal ones do not occur, so that no measure depends on who wins a draw."""
    dice = random.Random(seed)
    truth, tracks = [], []
    ids = list(range(1, objects + 1))
    following = objects + 1
    for frame in range(1, frames + 1):
        if frame % 17 == 0:
            a, b = dice.sample(range(objects), 2)
            ids[a], ids[b] = ids[b], ids[a]
        for k in range(objects):
            if frame < 3 * k or (k % 4 == 3 and 30 < frame < 50):
                continue
            x, y = 37.3 * k + (2.1 if k % 2 else -1.7) * frame, 40 + 9.7 * (k % 3)
            truth.append((frame, 100 + k, x, y, 40.0, 90.0))
            if dice.random() < 0.05:
                ids[k], following = following, following + 1
            if dice.random() < missed:
                continue
            off = drift * dice.random() ** 2
            tracks.append((frame, ids[k], x + off, y + dice.uniform(-4, 4), 40 + dice.uniform(-5, 5), 90 + dice.uniform(-9, 9)))
        if dice.random() < 0.4:
            tracks.append((frame, 900 + frame // 5, dice.uniform(0, 400), dice.uniform(0, 200), 35.0, 70.0))
    return truth, tracks


def write(path: Path, rows: list) -> Path:
    path.write_text("".join(f"{f},{i},{x:.4f},{y:.4f},{w:.4f},{h:.4f},1,1,1\n" for f, i, x, y, w, h in rows))
    return path


def measure(tracks: Path, truth: Path, home: Path, *more: str) -> dict:
    return json.loads(run("track-eval", tracks, truth, "--json", *more, home=home).stdout)


def read(path: Path) -> dict[int, list[tuple[int, list[float]]]]:
    found: dict[int, list] = {}
    for line in path.read_text().splitlines():
        numbers = [float(n) for n in line.split(",")]
        found.setdefault(int(numbers[0]), []).append((int(numbers[1]), numbers[2:6]))
    return found


def overlaps(a: list, b: list):
    import numpy as np

    out = np.zeros((len(a), len(b)))
    for i, (_, p) in enumerate(a):
        for j, (_, q) in enumerate(b):
            w = min(p[0] + p[2], q[0] + q[2]) - max(p[0], q[0])
            h = min(p[1] + p[3], q[1] + q[3]) - max(p[1], q[1])
            shared = max(w, 0) * max(h, 0)
            out[i, j] = shared / (p[2] * p[3] + q[2] * q[3] - shared)
    return out


def by_trackeval(truth: Path, tracks: Path) -> dict:
    import numpy as np
    from trackeval.metrics import CLEAR, HOTA, Identity

    g, t = read(truth), read(tracks)
    frames = range(1, max([*g, *t]) + 1)
    g_ids = {i: k for k, i in enumerate(sorted({i for rows in g.values() for i, _ in rows}))}
    t_ids = {i: k for k, i in enumerate(sorted({i for rows in t.values() for i, _ in rows}))}

    data = {
        "num_timesteps": len(frames), "num_gt_ids": len(g_ids), "num_tracker_ids": len(t_ids),
        "num_gt_dets": sum(map(len, g.values())), "num_tracker_dets": sum(map(len, t.values())),
        "gt_ids": [np.array([g_ids[i] for i, _ in g.get(f, [])], dtype=int) for f in frames],
        "tracker_ids": [np.array([t_ids[i] for i, _ in t.get(f, [])], dtype=int) for f in frames],
        "similarity_scores": [overlaps(g.get(f, []), t.get(f, [])) for f in frames],
    }
    quiet = {"PRINT_CONFIG": False}
    hota = HOTA().eval_sequence(data)
    clear, identity = CLEAR(quiet).eval_sequence(data), Identity(quiet).eval_sequence(data)
    return {"mota": clear["MOTA"], "idf1": identity["IDF1"], "hota": hota["HOTA"].mean(), "deta": hota["DetA"].mean(),
            "assa": hota["AssA"].mean(), "switches": clear["IDSW"], "fragments": clear["Frag"], "misses": clear["CLR_FN"],
            "false_alarms": clear["CLR_FP"]}


def by_motmetrics(truth: Path, tracks: Path) -> dict:
    import motmetrics
    import numpy as np

    g, t = read(truth), read(tracks)
    events = motmetrics.MOTAccumulator()
    for frame in range(1, max([*g, *t]) + 1):
        a, b = g.get(frame, []), t.get(frame, [])
        distances = 1 - overlaps(a, b)  # its own iou_matrix() needs a NumPy before 2
        distances[distances > 0.5] = np.nan
        events.update([i for i, _ in a], [i for i, _ in b], distances, frameid=frame)
    names = {"mota": "mota", "idf1": "idf1", "num_switches": "switches", "num_misses": "misses", "num_false_positives": "false_alarms"}
    row = motmetrics.metrics.create().compute(events, metrics=list(names), name="x").iloc[0]
    return {ours: row[theirs] for theirs, ours in names.items()}


def agree(ours: dict, theirs: dict) -> None:
    for name, value in theirs.items():
        assert ours[name] == pytest.approx(float(value), abs=2e-6), f"{name}: {ours[name]}, the reference says {value}"


@pytest.mark.parametrize("seed", REFERENCE)
def test_measures_are_those_of_the_reference(seed, tmp_path, home):
    truth, tracks = made_up(seed)
    got = measure(write(tmp_path / "t.txt", tracks), write(tmp_path / "gt.txt", truth), home, "--given")
    agree(got, dict(zip(SHARES + COUNTS, REFERENCE[seed])))


@pytest.mark.parametrize("seed", range(10, 16))
def test_trackeval_says_the_same(seed, tmp_path, home):
    if importlib.util.find_spec("trackeval") is None:
        pytest.skip("trackeval is not installed: scripts/setup bench")
    truth, tracks = made_up(seed)
    truth, tracks = write(tmp_path / "gt.txt", truth), write(tmp_path / "t.txt", tracks)
    agree(measure(tracks, truth, home, "--given"), by_trackeval(truth, tracks))


@pytest.mark.parametrize("seed", range(10, 16))
def test_motmetrics_says_the_same(seed, tmp_path, home):
    """After a gap it prefers the track from before the gap, where TrackEval, and so this, prefers the better overlap: MOTA
    and switches are compared where nothing is missed, IDF1 always."""
    if importlib.util.find_spec("motmetrics") is None:
        pytest.skip("motmetrics is not installed: scripts/setup bench")
    for missed, drift in ((0.0, 6), (0.15, 14)):
        truth, tracks = made_up(seed, missed=missed, drift=drift)
        truth, tracks = write(tmp_path / "gt.txt", truth), write(tmp_path / "t.txt", tracks)
        theirs = by_motmetrics(truth, tracks)
        agree(measure(tracks, truth, home, "--given"), theirs if missed == 0 else {"idf1": theirs["idf1"]})


def test_known_results_on_a_known_sequence(home):
    """As py-motmetrics and TrackEval have it; the data is not part of the project."""
    folder = Path(os.environ.get("FRAMEHOUND_SHARED", ROOT.parent / "shared")) / "data/mot/measure-only/TUD-Campus"
    if not folder.is_dir():
        pytest.skip(f"no tracking truth in {folder}")
    got = measure(folder / "ref" / "py-motmetrics_test.txt", folder / "gt" / "gt.txt", home, "--given")
    assert [round(100 * got[name], 1) for name in SHARES] == [52.6, 55.8, 39.1, 41.8, 36.9]
    assert [got[name] for name in COUNTS] == [7, 7, 150, 13]
    own = measure(folder / "det" / "det.txt", folder / "gt" / "gt.txt", home, "--fps", "25")
    # The best of SORT, OC-SORT and ByteTrack, by their authors' code.
    assert own["mota"] >= 0.635 and own["idf1"] > 0.717 and own["hota"] > 0.514


def walkers(frames: int, step: int = 1) -> tuple[list, list]:
    """Two who cross, one of them hidden for a moment."""
    truth = []
    for index, frame in enumerate(range(0, frames, step), start=1):
        truth.append((index, 1, 100 + 3.0 * frame, 200, 40, 100))
        truth.append((index, 2, 500 - 3.0 * frame, 212, 40, 100))
    hidden = range(len(truth) // 4 - 2, len(truth) // 4 + 2) if step == 1 else ()
    seen = [(f, -1, *box) for f, number, *box in truth if number == 1 or f not in hidden]
    return truth, seen


@pytest.mark.parametrize("step", [1, 6, 30])
def test_detections_become_tracks_at_any_rate(step, tmp_path, home):
    truth, seen = walkers(150, step)
    truth, seen = write(tmp_path / "gt.txt", truth), write(tmp_path / "det.txt", seen)
    out = tmp_path / "tracks.txt"
    got = measure(seen, truth, home, "--fps", str(30 / step), "--tracks", str(out))
    assert got["idf1"] == 1.0 and got["mota"] == 1.0 and got["switches"] == 0 and got["track_ids"] == 2
    assert got["fps"] > 0
    # What was written is what was measured, and is in the format.
    again = measure(out, truth, home, "--given")
    assert {k: v for k, v in again.items() if k != "fps"} == pytest.approx({k: v for k, v in got.items() if k != "fps"})
    assert all(len(line.split(",")) in (9, 10) for line in out.read_text().splitlines())


def test_people_read_the_same_figures(tmp_path, home):
    truth, seen = walkers(60)
    text = run("track-eval", write(tmp_path / "det.txt", seen), write(tmp_path / "gt.txt", truth), home=home).stdout
    assert "MOTA 1.000" in text and "HOTA" in text and "0 switches" in text and "frames/s" in text


def test_mistakes_are_named_with_their_line(tmp_path, home):
    good = write(tmp_path / "gt.txt", walkers(10)[0])
    bad = tmp_path / "det.txt"
    bad.write_text("1,-1,10,10,20,40,0.9\n2,-1,10,10,nan,40,0.9\n")
    assert f"{bad}, line 2: the width is not finite" in run("track-eval", bad, good, home=home, check=1).stderr
    bad.write_text("1,5,10,10,20,40,0.9\n1,5,90,10,20,40,0.9\n")
    assert "the id 5 occurs twice in frame 1" in run("track-eval", bad, good, "--given", home=home, check=1).stderr
    bad.write_text("1,-1,10,10,20,40,0.9\n")
    assert "no setting" in run("track-eval", bad, good, "--set", "patience=3", home=home, check=1).stderr
    assert "must be from" in run("track-eval", bad, good, "--set", "lost_s=-3", home=home, check=1).stderr
    short = tmp_path / "looks.f32"
    short.write_bytes(b"12345")
    assert "32-bit floats" in run("track-eval", bad, good, "--embeddings", short, home=home, check=1).stderr
    missing = tmp_path / "none.txt"
    assert str(missing) in run("track-eval", missing, good, home=home, check=1).stderr
