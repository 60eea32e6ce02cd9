"""Export and import through HTTP and on the command line: what comes out is what is stored, other tools read it, and it
comes back.

pycocotools reads the COCO export (scripts/setup test); datumaro and trackeval read the rest where they are installed
(scripts/setup bench).
"""

import configparser
import contextlib
import csv
import http.client
import importlib.util
import io
import json
import threading
import zipfile
from pathlib import Path

import pytest
import yaml

from harness import contract
from harness.labelling import LABELS, add_objects, at, checked, examples, frames, refused, submit
from harness.program import run, serving

EXPORT = "/api/v1/projects/street/export"
IMPORT = "/api/v1/projects/street/import"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The street scene, a few objects of which somebody named."""
    base = tmp_path_factory.mktemp("exchange")
    (base / "home").mkdir()
    with serving(base / "home", base / "data") as server:
        server.home = base / "home"
        server.video = submit(server, "street", 3)["id"]
        server.other = submit(server, "elsewhere", 1)["id"]
        name_some(server)
        yield server


def name_some(server) -> None:
    """Two labels on tracks, one with an awkward name, and what is not it."""
    tracks = {}
    for frame in frames(server):
        for thing in frame["objects"]:
            if thing["track"]:
                tracks.setdefault(thing["track"], []).append(thing["id"])
    one, two, *_ = sorted(tracks.values(), key=len, reverse=True)
    examples(server, "Bob", positive=[one[0]], negative=[two[0]])
    examples(server, "=2+2, \"it\" שלום", positive=[two[1]], negative=[one[0]])


def export(server, more: str):
    answer = server.get(f"{EXPORT}?{more}")
    contract.check("GET", f"{EXPORT}?{more}", answer)
    return answer


def table(server, more: str = "") -> list[dict]:
    return list(csv.DictReader(io.StringIO(export(server, "format=csv" + more).body.decode(), newline="")))


def archive(server, more: str) -> zipfile.ZipFile:
    answer = export(server, more)
    opened = zipfile.ZipFile(io.BytesIO(answer.body))
    assert opened.testzip() is None
    return opened


def category(thing: dict, with_probable: bool) -> str:
    """What an export of all calls it; formats that cannot say so have nothing that is only probable."""
    label = thing["label"]
    return label["name"] if label and (with_probable or label["kind"] == "explicit") else thing["class"]


def unpack(server, more: str, where: Path) -> Path:
    archive(server, more).extractall(where)
    return where


def labelled(server) -> dict[str, tuple]:
    """object: label, frame, pts_us and box of what carries a label, as the frames show it."""
    return {o["id"]: (o["label"]["name"], f["index"], f["pts_us"], o["box"]) for f in frames(server)
            for o in f["objects"] if o["label"] and o["label"]["kind"] == "explicit"}


def installed(name: str) -> None:
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed: scripts/setup {'test' if name == 'pycocotools' else 'bench'}")


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



# ---- import


@pytest.fixture
def fresh(site):
    """The same, with no label in it; those of the other tests are there again afterwards."""
    def forget():
        for label in checked(site, "GET", LABELS)["labels"]:
            site.request("DELETE", at(label["name"]))

    forget()
    yield site
    forget()
    name_some(site)


def take_in(server, data: bytes, more: str) -> dict:
    return checked(server, "POST", f"{IMPORT}?{more}", raw=data, headers={"Content-Type": "application/octet-stream"})


def not_taken(server, data: bytes, more: str, status: int = 400) -> str:
    before = checked(server, "GET", LABELS)
    problem = refused(server, "POST", f"{IMPORT}?{more}", status, raw=data, headers={"Content-Type": "application/octet-stream"})
    assert checked(server, "GET", LABELS) == before
    return problem["detail"]


def said(server) -> dict[str, tuple]:
    """label: how many objects were said to be it and not to be it, and how many carry it."""
    return {label["name"]: (label["positives"], label["negatives"], label["explicit"])
            for label in checked(server, "GET", LABELS)["labels"]}


@pytest.mark.parametrize("format", ["csv", "coco"])
def test_labels_come_back_as_they_were(fresh, format):
    name_some(fresh)
    before, counts = labelled(fresh), said(fresh)
    data = export(fresh, f"format={format}").body
    for name in counts:
        fresh.request("DELETE", at(name))
    assert labelled(fresh) == {} and said(fresh) == {}
    dry = take_in(fresh, data, f"format={format}&dry_run=true")
    assert dry["step"] is None and said(fresh) == {}
    done = take_in(fresh, data, f"format={format}&by=ann")
    assert {**done, "dry_run": True, "step": None, "version": dry["version"]} == dry
    assert labelled(fresh) == before and said(fresh) == counts
    assert done["matched"] == done["entries"] and done["unmatched"] == 0 and all(l["made"] for l in done["labels"])
    step = checked(fresh, "GET", "/api/v1/projects/street/history?limit=1")["steps"][0]
    assert (step["kind"], step["labels"], step["by"], step["id"]) == ("import", 2, "ann", done["step"])
    # Once more changes nothing, and one undo takes all of it back.
    assert take_in(fresh, data, f"format={format}")["step"] is None
    assert checked(fresh, "POST", "/api/v1/projects/street/undo")["label"] is None
    assert labelled(fresh) == {}
    checked(fresh, "POST", "/api/v1/projects/street/redo")
    assert labelled(fresh) == before


@pytest.mark.parametrize("format", ["yolo", "mot"])
def test_boxes_alone_bring_the_labels_back_too(fresh, format):
    name_some(fresh)
    before = labelled(fresh)
    data = export(fresh, f"format={format}&kind=all").body
    for name in said(fresh):
        fresh.request("DELETE", at(name))
    done = take_in(fresh, data, f"format={format}")
    # What has a class only is in the archive, and is no label.
    assert labelled(fresh) == before and done["passed_over"] > 0
    assert {l["name"] for l in done["labels"]} == {name for name, *_ in before.values()}


def test_what_pycocotools_writes_is_taken_in(fresh):
    """A file of another program: no ids of ours, images called after their frames, boxes of its own."""
    some = [f for f in frames(fresh) if f["objects"]][:5]
    images, notes = [], []
    for n, frame in enumerate(some, 1):
        images.append({"id": n, "file_name": f"export/{frame['id']}.png", "width": frame["width"] // 2, "height": frame["height"] // 2})
        x, y, w, h = (v / 2 for v in frame["objects"][0]["box"])
        notes.append({"id": n, "image_id": n, "category_id": 3, "bbox": [x + 1, y, w, h], "area": w * h, "iscrowd": 0,
                      "segmentation": [[x, y, x + w, y, x + w, y + h]]})
    document = {"images": images, "annotations": notes, "categories": [{"id": 3, "name": "thing"}]}
    done = take_in(fresh, json.dumps(document).encode(), "format=coco")
    assert done["matched"] == len(some) and done["labels"][0]["positives"] == len(some)
    shown = {o["id"] for o in (f["objects"][0] for f in some)}
    assert shown <= {o for o, (name, *_) in labelled(fresh).items() if name == "thing"}


def test_datumaro_writes_what_is_taken_in_again(fresh, tmp_path):
    installed("datumaro")
    from datumaro.components.dataset import Dataset

    name_some(fresh)
    before = labelled(fresh)
    source = unpack(fresh, "format=coco&images=true", tmp_path / "in")
    Dataset.import_from(str(source), "coco_instances").export(str(tmp_path / "out"), "coco_instances")
    for name in said(fresh):
        fresh.request("DELETE", at(name))
    file, = (tmp_path / "out" / "annotations").glob("*.json")
    done = take_in(fresh, file.read_bytes(), "format=coco")
    assert done["unmatched"] == 0 and labelled(fresh) == before


HEADER = "video,frame,pts_us,x,y,width,height,label,kind\n"


def line(frame: dict, thing: dict, name: str, kind: str = "", video: str | None = None) -> str:
    box = ",".join(f"{v:.3f}" for v in thing["box"])
    return f"{video if video is not None else frame['id'][:16]},{frame['index']},{frame['pts_us']},{box},{name},{kind}\n"


def test_what_matches_nothing_is_told(fresh):
    frame = next(f for f in frames(fresh) if f["objects"])
    thing = frame["objects"][0]
    elsewhere = {**frame, "index": 77}
    moved = {**thing, "box": [1, 1, 5, 5]}
    text = HEADER + line(frame, thing, "Bob") + line(elsewhere, thing, "Bob") + line(frame, moved, "Bob") + line(
        frame, thing, "Bob", video=fresh.other) + line(frame, thing, "Bob", video="")
    done = take_in(fresh, text.encode(), "format=csv")
    assert (done["entries"], done["matched"], done["unmatched"]) == (5, 1, 4)
    texts = sorted(done["problems"])
    assert [t.split(":")[0] for t in texts] == ["line 3", "line 4", "line 5", "line 6"]
    assert "has no frame 77" in texts[0] and "overlaps" in texts[1] and "belongs to project elsewhere" in texts[2]
    assert "does not say which video" in texts[3]
    assert said(fresh) == {"Bob": (1, 0, said(fresh)["Bob"][2])}
    assert "strict" not in not_taken(fresh, text.encode(), "format=csv&strict=true")
    assert "matches a stored object" in not_taken(fresh, (HEADER + line(elsewhere, thing, "Bob")).encode(), "format=csv")


def test_a_file_of_another_project_is_for_the_same_clip_when_somebody_says_so(fresh):
    name_some(fresh)
    rows = table(fresh)
    first = [r for r in rows if int(r["pts_us"]) < 1_000_000] or rows
    data = export(fresh, "format=csv").body
    path = f"/api/v1/projects/elsewhere/import?format=csv&video={fresh.other}"
    problem = refused(fresh, "POST", path, 400, raw=data)
    assert f"from={fresh.video}" in problem["detail"]
    # The other project has the first second of it only, so most of it matches nothing there.
    answer = None
    if any(int(r["pts_us"]) < 1_000_000 for r in rows):
        answer = checked(fresh, "POST", f"{path}&from={fresh.video}", raw=data)
        assert answer["matched"] == len(first)
    else:
        problem = refused(fresh, "POST", f"{path}&from={fresh.video}", 400, raw=data)
        assert "has no frame at" in problem["detail"]


@pytest.mark.parametrize("data, more, words", [
    (b"", "format=csv", "the file is empty"),
    (b"object,label\n", "format=csv", "gives no object a label"),
    (b"{", "format=coco", "cut off"),
    (b"PK\x03\x04 and no more", "format=yolo", "damaged or cut off"),
    (b"no archive", "format=yolo", "no zip archive"),
    (b"1,1,a,2,3,4\n", "format=mot&label=x", "not a number"),
    (b"object,label\n0123456789abcdef-00000001-000,Bob\n", "format=csv", "there is no video 0123456789abcdef"),
    (b"object,label\n0123456789abcdef-00000001-000," + b"x" * 10000, "format=csv", "at most 100 characters"),
    (b"object,label\n0123456789abcdef-00000001-000,a\xe2\x80\xaeb\n", "format=csv", "turn the text's direction"),
    (b"object,label\n0123456789abcdef-00000001-000,a\xe9\n", "format=csv", "line 2 is no UTF-8"),
    (b"\xff\xfeo\x00", "format=csv", "UTF-16"),
    (b'{"images":[{"id":1,"file_name":"../../x"}],"annotations":[]}', "format=coco", "leads out of its folder"),
])
def test_files_that_are_broken_or_hostile_are_refused_in_a_sentence(fresh, data, more, words):
    assert words in not_taken(fresh, data, more)


@pytest.mark.parametrize("more, status, field", [
    ("", 400, "format"),
    ("?format=csv&video=x", 400, "video"),
    ("?format=csv&video=0123456789abcdef", 404, "video"),
    ("?format=csv&from=0123456789abcdef", 400, "from"),
    ("?format=csv&from=x", 400, "from"),
    ("?format=csv&min_iou=2", 400, "min_iou"),
    ("?format=csv&dry_run=perhaps", 400, "dry_run"),
    ("?format=csv&by=" + "x" * 101, 400, "by"),
    ("?format=csv&label=%20", 400, "label"),
])
def test_bad_questions_name_the_field(fresh, more, status, field):
    problem = refused(fresh, "POST", IMPORT + more, status, raw=b"object,label\n")
    assert problem.get("field") == field, problem


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return out.getvalue()


def test_archives_that_are_bombs_or_lead_elsewhere_are_refused(fresh):
    bomb = zipped(**{"data.yaml": b"names: [a]", "labels/a.txt": b"0 0.5 0.5 1 1\n" * 40_000_000})
    assert len(bomb) < 3_000_000
    assert "larger than" in not_taken(fresh, bomb, "format=yolo", 413)
    assert "leads out" in not_taken(fresh, zipped(**{"labels/../../a.txt": b"0 0.5 0.5 1 1"}), "format=yolo")
    assert "references" in not_taken(
        fresh, zipped(**{"data.yaml": b"a: &a [x]\nnames: [*a]", "labels/a.txt": b""}), "format=yolo")


def test_somebody_elses_change_is_a_conflict(fresh):
    frame = next(f for f in frames(fresh) if f["objects"])
    data = (HEADER + line(frame, frame["objects"][0], "Bob")).encode()
    version = checked(fresh, "GET", LABELS)["version"]
    assert "somebody else" in not_taken(fresh, data, f"format=csv&version={version - 1}", 409)
    assert take_in(fresh, data, f"format=csv&version={version}")["version"] == version + 1


def test_labels_of_many_thousand_objects_are_one_request(tmp_path):
    home, data = tmp_path / "home", tmp_path / "data"
    home.mkdir()
    with serving(home, data) as server:
        server.video = submit(server, "street", 1)["id"]
    many = add_objects(data, server.video, 30000)
    text = "object,label,kind\n" + "".join(
        f"{thing},boat {n % 7},{'negative' if n % 5 == 0 else ''}\n" for n, thing in enumerate(many))
    with serving(home, data) as server:
        done = take_in(server, text.encode(), "format=csv")
        assert done["matched"] == 30000 and len(done["labels"]) == 7
        assert sum(positive for positive, *_ in said(server).values()) == 24000
        rows = table(server)
        assert len(rows) == 30000
        checked(server, "POST", "/api/v1/projects/street/undo")
        assert said(server) == {}


def test_a_server_killed_during_an_import_has_all_of_it_or_nothing(tmp_path):
    home, data = tmp_path / "home", tmp_path / "data"
    home.mkdir()
    with serving(home, data) as server:
        server.video = submit(server, "street", 1)["id"]
    many = add_objects(data, server.video, 30000)
    text = "object,label\n" + "".join(f"{thing},boat {n % 7}\n" for n, thing in enumerate(many))
    # Whenever it is killed; the delays only spread the moments.
    for delay in (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8):
        with serving(home, data) as server:
            killer = threading.Timer(delay, server.kill)
            killer.start()
            with contextlib.suppress(OSError, http.client.HTTPException):
                server.request("POST", f"{IMPORT}?format=csv", raw=text.encode())
            killer.join()
        with serving(home, data) as server:
            found = sum(positive for positive, *_ in said(server).values())
            assert found in (0, 30000)
            if found:
                checked(server, "POST", "/api/v1/projects/street/undo")
                assert said(server) == {}


def test_the_command_line_imports(fresh, tmp_path):
    server = ("--server", fresh.url)
    name_some(fresh)
    before = labelled(fresh)
    file = tmp_path / "labels.csv"
    run("export", "street", "-f", "csv", "-o", file, *server, home=fresh.home)
    for name in said(fresh):
        fresh.request("DELETE", at(name))
    done = run("import", file, "-p", "street", "-f", "csv", "--dry-run", *server, home=fresh.home)
    assert "dry run" in done.stdout and labelled(fresh) == {}
    done = run("import", file, "-p", "street", "-f", "csv", *server, home=fresh.home)
    assert "Bob" in done.stdout and "new" in done.stdout and labelled(fresh) == before
    done = run("import", file, "-p", "street", "-f", "csv", "--json", *server, home=fresh.home)
    assert json.loads(done.stdout)["step"] is None
    done = run("undo", "street", *server, home=fresh.home)
    assert "the import of 2 labels" in done.stdout and labelled(fresh) == {}
    bad = tmp_path / "bad.csv"
    bad.write_text("object,name\n")
    done = run("import", bad, "-p", "street", "-f", "csv", *server, home=fresh.home, check=1)
    assert "no column" in done.stderr
    run("import", tmp_path / "none", "-p", "street", "-f", "csv", *server, home=fresh.home, check=1)
    run("import", file, "-p", "street", "-f", "csv", "--video", "x", *server, home=fresh.home, check=1)
    run("import", file, "-f", "csv", home=fresh.home, check=2)


def test_every_operation_of_the_contract_was_tried(site):
    paths = contract.document()["paths"]
    wanted = {(m, p) for p, item in paths.items() for m in item if isinstance(item[m], dict) and item[m].get("tags") == ["exchange"]}
    tried = {(m.lower(), p) for m, path, answer in site.calls for p in paths
             if answer.status == 200 and contract.operation(m, path) is paths[p].get(m.lower())}
    assert wanted and wanted - tried == set()
