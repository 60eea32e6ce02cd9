"""Import through HTTP and on the command line: what came out comes back, and what other tools write is taken in."""

import contextlib
import http.client
import io
import json
import threading
import zipfile

import pytest

from harness import contract
from harness.exchange import IMPORT, export, installed, labelled, name_some, named_street, table, unpack
from harness.labelling import LABELS, add_objects, at, checked, examples, frames, refused, submit
from harness.program import run, serving


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with named_street(tmp_path_factory.mktemp("import")) as server:
        yield server


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


ELSEWHERE = "/api/v1/projects/elsewhere"


def labelled_there(server, video: str) -> dict[str, str]:
    """frame and number of the object: label."""
    return {o["id"][16:]: o["label"]["name"] for f in frames(server, video) for o in f["objects"]
            if o["label"] and o["label"]["kind"] == "explicit"}


@pytest.fixture
def elsewhere(fresh):
    """The first second of the clip in another project, whose longest things are named in the first project."""
    tracks: dict[str, list[str]] = {}
    for frame in frames(fresh, fresh.other):
        for thing in frame["objects"]:
            if thing["track"]:
                tracks.setdefault(thing["track"], []).append(thing["id"])
    for name, things in zip(("Bob", "VAN"), sorted(tracks.values(), key=len, reverse=True)):
        examples(fresh, name, positive=[fresh.video + things[0][16:]])
    wanted = {o: name for o, name in labelled_there(fresh, fresh.video).items()
              if o[:9] <= max(f["id"] for f in frames(fresh, fresh.other))[16:]}
    assert len(wanted) > 2, "nothing in the clip is followed for a second"
    yield wanted
    for label in checked(fresh, "GET", f"{ELSEWHERE}/labels")["labels"]:
        fresh.request("DELETE", at(label["name"], project="elsewhere"))


@pytest.mark.parametrize("format", ["csv", "coco", "yolo", "mot"])
def test_an_export_finds_the_same_clips_in_another_project(fresh, elsewhere, format):
    data = export(fresh, f"format={format}&kind=explicit").body
    path = f"{ELSEWHERE}/import?format={format}"
    dry = checked(fresh, "POST", f"{path}&dry_run=true", raw=data)
    assert dry["matched"] == 0 and [(o["video"], o["same"]) for o in dry["others"]] == [(fresh.video, fresh.other)]
    assert dry["others"][0]["entries"] == dry["entries"]
    same = f"same={fresh.video}:{fresh.other}"
    assert same in refused(fresh, "POST", path, 400, raw=data)["detail"]
    assert labelled_there(fresh, fresh.other) == {}
    done = checked(fresh, "POST", f"{path}&{same}", raw=data)
    assert done["matched"] > 0 and done["others"] == []
    assert labelled_there(fresh, fresh.other) == elsewhere
    assert checked(fresh, "POST", f"{path}&{same}", raw=data)["step"] is None


def test_the_command_line_says_which_clips_look_the_same(fresh, elsewhere, tmp_path):
    server = ("--server", fresh.url)
    run("export", "street", "-f", "coco", "-o", tmp_path / "a.json", *server, home=fresh.home)
    said = run("import", tmp_path / "a.json", "-p", "elsewhere", "-f", "coco", "--dry-run", *server, home=fresh.home).stdout
    pair = f"{fresh.video}:{fresh.other}"
    assert f"if it is the same clip, add --same {pair}" in said and "dry run" in said
    done = run("import", tmp_path / "a.json", "-p", "elsewhere", "-f", "coco", "--same", pair, *server, home=fresh.home)
    assert "Bob" in done.stdout and labelled_there(fresh, fresh.other) == elsewhere


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
    ("?format=csv&same=x", 400, "same"),
    ("?format=csv&same=0123456789abcdef:0123456789abcdeg", 400, "same"),
    ("?format=csv&same=0123456789abcdef:fedcba9876543210", 404, "same"),
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
    assert contract.untried(site.calls, "exchange") == set()
