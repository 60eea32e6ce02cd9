"""Export through HTTP and on the command line: what comes out is what is stored, and other tools read it.

pycocotools reads the COCO export (scripts/setup test); datumaro and trackeval read the rest where they are installed
(scripts/setup bench).
"""

import configparser
import csv
import json
import zipfile
from pathlib import Path

import pytest
import yaml

from harness.exchange import EXPORT, archive, category, export, installed, labelled, named_street, table, unpack
from harness.labelling import checked, frames, refused, submit
from harness.program import run, serving


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with named_street(tmp_path_factory.mktemp("export")) as server:
        yield server


def test_a_table_says_what_the_frames_say(site):
    rows = table(site)
    carried = [r for r in rows if r["kind"] in ("explicit", "track")]
    stored = labelled(site)
    assert {r["object"] for r in carried} == set(stored) and len(carried) == len(stored) > 10
    for row in carried:
        name, index, pts, box = stored[row["object"]]
        assert row["label"].removeprefix("'") == name and (int(row["frame"]), int(row["pts_us"])) == (index, pts)
        assert [float(row[c]) for c in ("x", "y", "width", "height")] == pytest.approx(box, abs=1e-4)
    assert {r["kind"] for r in rows} == {"explicit", "track", "negative"}
    assert sum(r["kind"] == "explicit" for r in rows) == 2 and sum(r["kind"] == "negative" for r in rows) == 2
    # No cell is a formula.
    assert not [c for r in rows for c in r.values() if c[:1] in "=+@" and c]


def test_probable_objects_come_with_how_sure_that_is(site):
    rows = table(site, "&kind=probable")
    shown = {o["id"]: o["label"] for f in frames(site) for o in f["objects"] if o["label"]}
    probable = {r["object"]: float(r["label_score"]) for r in rows if r["kind"] == "probable"}
    assert probable == {o: pytest.approx(label["score"], abs=1e-5) for o, label in shown.items()
                        if label["kind"] == "probable"}
    everything = table(site, "&kind=all")
    assert {r["object"] for r in everything} == {o["id"] for f in frames(site) for o in f["objects"]}
    assert all(r["label"] or r["class"] for r in everything)


def test_pycocotools_reads_the_coco_export(site, tmp_path):
    installed("pycocotools")
    from pycocotools.coco import COCO

    path = tmp_path / "coco.json"
    path.write_bytes(export(site, "format=coco").body)
    coco = COCO(str(path))
    stored = labelled(site)
    assert len(coco.anns) == len(stored)
    for note in coco.anns.values():
        name, index, pts, box = stored[note["attributes"]["object_id"]]
        image, = coco.loadImgs(note["image_id"])
        category, = coco.loadCats(note["category_id"])
        assert (category["name"], image["frame_index"], image["pts_us"]) == (name, index, pts)
        assert note["bbox"] == pytest.approx(box, abs=1e-4) and note["area"] == pytest.approx(box[2] * box[3], rel=1e-5)
    assert sorted(coco.getImgIds()) == sorted({index + 1 for _, index, _, _ in stored.values()})
    # What objects are not is no annotation.
    document = json.loads(path.read_text())
    assert {n["label"] for n in document["negatives"]} == {"Bob", '=2+2, "it" שלום'}


def test_pycocotools_finds_an_export_equal_to_itself(site, tmp_path):
    installed("pycocotools")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    path = tmp_path / "coco.json"
    path.write_bytes(export(site, "format=coco&kind=all").body)
    truth = COCO(str(path))
    found = truth.loadRes([{**note, "score": 1.0} for note in json.loads(path.read_text())["annotations"]])
    measure = COCOeval(truth, found, "bbox")
    measure.evaluate()
    measure.accumulate()
    measure.summarize()
    assert measure.stats[0] == pytest.approx(1)


def read_yolo(root: Path) -> dict[str, list[tuple[str, list[float]]]]:
    names = yaml.safe_load((root / "data.yaml").read_text(encoding="utf-8"))["names"]
    assert list(names.values()) == (root / "classes.txt").read_text(encoding="utf-8").splitlines()
    found = {}
    for row in csv.DictReader((root / "frames.csv").open(encoding="utf-8", newline="")):
        boxes = []
        for line in (root / row["file"]).read_text().splitlines():
            number, x, y, w, h = line.split()
            wide, high = int(row["width"]), int(row["height"])
            w, h = float(w) * wide, float(h) * high
            boxes.append((names[int(number)], [float(x) * wide - w / 2, float(y) * high - h / 2, w, h]))
        found[(int(row["frame"]), int(row["pts_us"]))] = boxes
    return found


def test_a_yolo_archive_has_every_labelled_box(site, tmp_path):
    found = read_yolo(unpack(site, "format=yolo", tmp_path))
    wanted = {}
    for name, index, pts, box in labelled(site).values():
        wanted.setdefault((index, pts), []).append((name, box))
    assert found.keys() == wanted.keys()
    for key, boxes in wanted.items():
        assert len(found[key]) == len(boxes)
        for (name, box), (got_name, got) in zip(boxes, found[key]):
            assert name == got_name and got == pytest.approx(box, abs=1e-3)


def test_pictures_come_along(site, tmp_path):
    opened = archive(site, "format=yolo&images=true&frames=all")
    pictures = [n for n in opened.namelist() if n.endswith(".jpg")]
    assert len(pictures) == len(frames(site))
    frame = frames(site)[7]
    assert opened.read(f"images/train/{frame['id']}.jpg") == site.get(f"/api/v1/frames/{frame['id']}/image").body
    coco = archive(site, "format=coco&images=true")
    document = json.loads(coco.read("annotations/instances_default.json"))
    assert {f"images/default/{i['file_name']}" for i in document["images"]} == {
        n for n in coco.namelist() if n.endswith(".jpg")}


def tracks_of(server) -> dict[tuple, list]:
    """(track, frame): box, of everything that was followed."""
    return {(o["track"], f["index"]): o["box"] for f in frames(server) for o in f["objects"] if o["track"]}


def test_tracks_come_out_in_motchallenges_format(site, tmp_path):
    root = unpack(site, f"format=mot&video={site.video}", tmp_path) / site.video
    numbers = {int(r["number"]): r for r in csv.DictReader((root / "frames.csv").open(newline=""))}
    stored = frames(site)
    assert [(int(r["frame"]), int(r["pts_us"])) for r in numbers.values()] == [(f["index"], f["pts_us"]) for f in stored]
    assert list(numbers) == list(range(1, len(stored) + 1))
    info = configparser.ConfigParser()
    info.read(root / "seqinfo.ini")
    assert info["Sequence"]["seqLength"] == str(len(stored)) and info["Sequence"]["frameRate"] == "10"
    names = (root / "gt" / "labels.txt").read_text(encoding="utf-8").splitlines()
    wanted, found = tracks_of(site), {}
    shown = {(o["track"], f["index"]): category(o, False) for f in stored for o in f["objects"]}
    for line in (root / "gt" / "gt.txt").read_text().splitlines():
        number, track, x, y, w, h, flag, kind, _ = map(float, line.split(","))
        key = (f"{site.video}-t{int(track) - 1}", int(numbers[int(number)]["frame"]))
        found[key] = [x, y, w, h]
        assert flag == 1 and names[int(kind) - 1] == shown[key]
    assert found.keys() == wanted.keys()
    assert all(found[key] == pytest.approx(box, abs=0.006) for key, box in wanted.items())


def exported_tracks(server, where: Path) -> set[tuple[str, int]]:
    """(track, frame) of every row."""
    root = unpack(server, f"format=mot&video={server.video}", where) / server.video
    numbers = {r["number"]: int(r["frame"]) for r in csv.DictReader((root / "frames.csv").open(newline=""))}
    rows = [line.split(",") for line in (root / "gt" / "gt.txt").read_text().splitlines()]
    return {(f"{server.video}-t{int(row[1]) - 1}", numbers[row[0]]) for row in rows}


def test_tracks_come_out_as_people_corrected_them(site, tmp_path):
    before = exported_tracks(site, tmp_path / "before")
    track = max({t for t, _ in before}, key=lambda t: sum(other == t for other, _ in before))
    when = sorted(f["pts_us"] for f in frames(site) for o in f["objects"] if o["track"] == track)
    checked(site, "POST", f"/api/v1/tracks/{track}/split", body={"at_us": when[len(when) // 2]})
    after = exported_tracks(site, tmp_path / "after")
    assert after == set(tracks_of(site)) and after != before
    assert len({t for t, _ in after}) == len({t for t, _ in before}) + 1
    checked(site, "POST", f"/api/v1/videos/{site.video}/corrections/undo")
    assert exported_tracks(site, tmp_path / "again") == before


def test_the_programs_own_measure_takes_the_tracks(site, tmp_path):
    root = unpack(site, f"format=mot&video={site.video}", tmp_path) / site.video
    truth = root / "gt" / "gt.txt"
    got = json.loads(run("track-eval", truth, truth, "--json", "--given", home=site.home).stdout)
    assert [got["mota"], got["idf1"], got["hota"]] == pytest.approx([1, 1, 1]) and got["switches"] == 0


def test_trackeval_takes_the_tracks(site, tmp_path, monkeypatch):
    installed("trackeval")
    import numpy as np
    import trackeval

    if not hasattr(np, "float"):  # it still uses the names that NumPy 2 took away
        for name, kind in ("float", float), ("int", int), ("bool", bool):
            monkeypatch.setattr(np, name, kind, raising=False)  # for this test alone: np.bool is numpy's own again
    root = unpack(site, f"format=mot&video={site.video}", tmp_path / "gt" / "FH-train")
    ours = tmp_path / "trackers" / "FH-train" / "same" / "data"
    ours.mkdir(parents=True)
    truth = root / site.video / "gt" / "gt.txt"
    # As one class: the format's benchmark knows pedestrians, and takes nothing else for a track.
    rows = [[*line.split(",")[:7], "1", "1"] for line in truth.read_text().splitlines()]
    text = "".join(",".join(row) + "\n" for row in rows)
    truth.write_text(text)
    (ours / f"{site.video}.txt").write_text(text)
    maps = tmp_path / "gt" / "seqmaps"
    maps.mkdir()
    (maps / "FH-train.txt").write_text(f"name\n{site.video}\n")
    data = trackeval.datasets.MotChallenge2DBox({
        "GT_FOLDER": str(tmp_path / "gt"), "TRACKERS_FOLDER": str(tmp_path / "trackers"), "BENCHMARK": "FH",
        "SPLIT_TO_EVAL": "train", "TRACKERS_TO_EVAL": ["same"], "PRINT_CONFIG": False})
    quiet = {"PRINT_RESULTS": False, "PRINT_CONFIG": False, "OUTPUT_SUMMARY": False, "OUTPUT_DETAILED": False,
             "PLOT_CURVES": False, "TIME_PROGRESS": False, "LOG_ON_ERROR": None, "BREAK_ON_ERROR": True}
    got, _ = trackeval.Evaluator(quiet).evaluate([data], [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR({"PRINT_CONFIG": False})])
    scores = got["MotChallenge2DBox"]["same"]["COMBINED_SEQ"]["pedestrian"]
    assert scores["HOTA"]["HOTA"].mean() == pytest.approx(1) and scores["CLEAR"]["MOTA"] == pytest.approx(1)
    assert scores["CLEAR"]["CLR_TP"] == len(rows)


@pytest.mark.parametrize("format, name", [("coco", "coco_instances"), ("yolo", "yolo"), ("mot", "mot_seq")])
def test_datumaro_reads_every_box(site, tmp_path, format, name):
    installed("datumaro")
    from datumaro.components.annotation import AnnotationType
    from datumaro.components.dataset import Dataset

    dataset = Dataset.import_from(str(unpack(site, f"format={format}&kind=all&images=true", tmp_path)), name)
    names = [c.name for c in dataset.categories()[AnnotationType.label].items]
    found = sorted((names[a.label], *(round(v) for v in a.get_bbox())) for item in dataset for a in item.annotations)
    wanted = sorted((category(o, format == "coco"), *(round(v) for v in o["box"]))
                    for f in frames(site) for o in f["objects"] if o["track"] or format != "mot")
    assert [f[0] for f in found] == [w[0] for w in wanted]
    assert all(abs(a - b) <= 1 for f, w in zip(found, wanted) for a, b in zip(f[1:], w[1:]))


def test_one_label_and_one_video_can_be_asked_for(site):
    assert {r["label"] for r in table(site, "&label=BOB")} == {"Bob"}
    assert table(site, f"&video={site.video}") == table(site)
    assert {r["video"] for r in table(site)} == {site.video}


@pytest.mark.parametrize("more, status, field", [
    ("", 400, "format"),
    ("?format=xml", 400, "format"),
    ("?format=csv&kind=maybe", 400, "kind"),
    ("?format=csv&images=yes", 400, "images"),
    ("?format=csv&images=true", 400, "images"),
    ("?format=csv&frames=all", 400, "frames"),
    ("?format=csv&video=x", 400, "video"),
    ("?format=csv&video=0123456789abcdef", 404, "video"),
    ("?format=csv&label=nobody", 404, "label"),
    ("?format=csv&label=" + "x" * 10000, 400, "label"),
    ("?format=csv&colour=red", 400, None),
])
def test_bad_requests_are_told_before_anything_is_sent(site, more, status, field):
    problem = refused(site, "GET", EXPORT + more, status)
    assert field is None or problem.get("field") == field, problem


def test_another_projects_video_is_not_exported(site):
    problem = refused(site, "GET", f"{EXPORT}?format=csv&video={site.other}", 404)
    assert "elsewhere" in problem["detail"]
    refused(site, "GET", "/api/v1/projects/nowhere/export?format=csv", 404)


def test_the_command_line_writes_files_and_folders(site, tmp_path):
    server = ("--server", site.url)
    done = run("export", "street", "--format", "csv", *server, home=site.home)
    assert done.stdout == export(site, "format=csv").body.decode().replace("\r\n", "\n")
    run("export", site.video, "-f", "coco", "-o", tmp_path / "a.json", "--kind", "all", *server, home=site.home)
    whole = json.loads((tmp_path / "a.json").read_text())
    assert whole["annotations"] == checked(site, "GET", f"{EXPORT}?format=coco&kind=all")["annotations"]
    run("export", site.video, "-f", "mot", "-o", f"{tmp_path}/tracks/", *server, home=site.home)
    assert (tmp_path / "tracks" / site.video / "gt" / "gt.txt").read_bytes() == archive(site, "format=mot").read(
        f"{site.video}/gt/gt.txt")
    run("export", "street", "-f", "yolo", "--images", "-o", tmp_path, *server, home=site.home)
    assert len(list((tmp_path / "images" / "train").iterdir())) == len(list((tmp_path / "labels" / "train").iterdir())) > 5
    assert not list(tmp_path.glob("*.zip"))
    run("export", "street", "-f", "yolo", "-o", tmp_path / "a.zip", "--label", "Bob", *server, home=site.home)
    assert zipfile.ZipFile(tmp_path / "a.zip").read("classes.txt") == b"Bob\n"


def test_the_command_line_says_what_is_wrong_and_leaves_nothing(site, tmp_path):
    server = ("--server", site.url)
    done = run("export", "nowhere", "-f", "csv", "-o", tmp_path / "x.csv", *server, home=site.home, check=1)
    assert "nowhere" in done.stderr
    run("export", "street", "-f", "xml", home=site.home, check=2)
    run("export", "street", home=site.home, check=2)
    run("export", "street", "-f", "csv", "--label", "nobody", "-o", f"{tmp_path}/d/", *server, home=site.home, check=1)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_data_folder_without_a_server_is_exported_too(tmp_path):
    home, data = tmp_path / "home", tmp_path / "data"
    home.mkdir()
    with serving(home, data) as server:
        server.video = submit(server, "street", 1)["id"]
        wanted = export(server, "format=csv&kind=all").body.decode()
    assert run("export", "street", "-f", "csv", "--kind", "all", "--data", data, home=home).stdout == wanted.replace("\r\n", "\n")
    assert wanted.count("\r\n") > 3
