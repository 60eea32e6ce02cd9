"""The command line: help, settings, models, descriptors."""

import concurrent.futures
import http.server
import json
import math
import re
import threading

import pytest

from harness import clips, program
from harness.program import ROOT, frames, ingest, run

COMMANDS = ["up", "ingest", "projects", "videos", "status", "frames", "similar", "search", "label", "labels",
            "assertions", "mistakes", "undo", "redo", "tracks", "track boxes", "track split", "track merge", "track give", "track undo",
            "track redo", "track history", "cancel", "resume", "rename", "delete", "dead-letters", "retry", "models list", "models verify",
             "models add", "models bench", "embed", "track-eval", "doctor", "splitter", "downloader", "indexer",
             "tracker", "query"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, home):
    text = run(*command.split(), "--help", home=home).stdout
    assert f"framehound {command}" in text and "--help" in text


def test_the_program_lists_its_commands(home):
    text = run("--help", home=home).stdout
    for command in COMMANDS:
        assert command in text
    assert run("--version", home=home).stdout.startswith("framehound ")


def test_help_is_there_for_whoever_asks_another_way(home):
    assert run("help", "models", "list", home=home).stdout == run("models", "list", "--help", home=home).stdout
    group = run("models", "--help", home=home).stdout
    assert run("help", "models", home=home).stdout == group
    assert all(f"models {verb} " in group for verb in ("list", "verify", "add", "bench")) and "ingest" not in group
    assert "list, verify, add, bench" in run("models", home=home, check=2).stderr
    unknown = run("hlp", home=home, check=2).stderr
    assert 'no command "hlp"' in unknown and 'See "framehound --help".' in unknown


def test_help_is_about_the_command_and_names_what_else_can_be_set(home):
    short = run("videos", "--help", home=home).stdout
    assert "--project" in short and "--data" in short and "--kafka-config" not in short
    assert "which --help-all shows:\n  Servers for what is shared" in short and len(short.splitlines()) < 40
    assert "--kafka-config" in run("videos", "--help-all", home=home).stdout
    # Whoever runs a server of their own sets these.
    assert "--kafka-config" in run("indexer", "--help", home=home).stdout


def test_the_version_is_told_however_one_asks_and_a_mistaken_option_is_called_one(home):
    said = run("--version", home=home).stdout
    assert said == run("-V", home=home).stdout == run("version", home=home).stdout
    assert "unknown option --verson" in run("--verson", home=home, check=2).stderr
    assert 'did you mean "models"?' in run("model", home=home, check=2).stderr


def test_where_no_server_answers_the_last_word_is_what_to_do(home):
    said = run("videos", "--server", "http://127.0.0.1:1", home=home, check=1).stderr
    assert said.startswith("framehound: no server answers at http://127.0.0.1:1 (cannot connect: ")
    assert said.endswith('start one with "framehound up", or name a data folder with --data\n') and said.count("http:") == 1


def test_no_server_on_a_folder_is_no_server_of_chance(home, data):
    video = ingest(clips.bikes(), home, data, "--limit", "1")["video"]
    said = run("status", "--data", data, home=home).stdout
    assert "No server runs on this data folder" in said and "http:" not in said
    resumed = run("resume", video, "--data", data, "--json", home=home)
    assert json.loads(resumed.stdout)["state"] == "done" and not resumed.stderr


def test_a_command_that_looks_leaves_what_an_earlier_run_left_to_who_works(home, data):
    import contextlib
    import sqlite3
    left = ingest(clips.bikes(), home, data, "--limit", "1")["video"]
    with contextlib.closing(sqlite3.connect(data / "meta.sqlite")) as meta, meta:
        meta.execute("UPDATE videos SET state = 6")  # being deleted
    assert "deleting" in run("videos", "--data", data, home=home).stdout
    assert "deleting" in run("videos", "--data", data, home=home).stdout
    ingest(clips.bikes(), home, data, "--limit", "0.5")
    assert left not in run("videos", "--data", data, home=home).stdout


def test_frames_are_listed_under_headings_with_what_is_in_them(home, data):
    video = ingest(clips.bikes(), home, data, "--limit", "1")["video"]
    head, *lines = run("frames", video, "--data", data, home=home).stdout.splitlines()
    assert head.split() == ["FRAME", "TIME", "OBJECTS"]
    assert [line.split()[:2] for line in lines] == [[str(i), f"0:00.{i * 200:03}"] for i in range(5)], lines


def test_the_state_of_a_video_that_is_done_leaves_nothing_open(home, data):
    video = ingest(clips.bikes(), home, data, "--limit", "1")
    said = run("status", video["video"], "--data", data, home=home).stdout
    assert f"frames    {video['frames']} of {video['frames']} indexed, 0 failed\n" in said, said
    assert f"tracks    {video['tracks']}\n" in said and "so far" not in said, said


def test_the_page_of_settings_is_what_the_program_says(home):
    said = run("--describe-settings", home=home).stdout
    assert (ROOT / "docs" / "settings.md").read_text() == said, "run: make docs"


def test_a_variable_means_the_same_to_every_command(home):
    flags: dict[str, set[str]] = {}
    for line in run("--describe-settings", home=home).stdout.splitlines():
        if row := re.match(r"\| `(.*?)` \|.*`(FRAMEHOUND_\w+)` \|$", line):
            flags.setdefault(row[2], set()).add(row[1])
    assert flags["FRAMEHOUND_LIMIT_SECONDS"] == {"--limit NUMBER"} and flags["FRAMEHOUND_HITS"] == {"-n, --limit N"}
    assert all(len(said) == 1 for said in flags.values()), flags


def test_a_variable_does_not_remove_a_project(home, data, monkeypatch):
    ingest(clips.bikes(), home, data, "--limit", "0.5", project="kept")
    monkeypatch.setitem(program._CLEAN, "FRAMEHOUND_PROJECT", "kept")
    assert "say what to remove" in run("delete", "--yes", "--data", data, home=home, check=2).stderr
    assert "kept" in run("projects", "--data", data, home=home).stdout


class Removal:
    """Stands for a server that removes project p, and for what stands before it: says one thing after the other to DELETE,
    and to GET once it was asked for that; the last of them for ever."""

    GATEWAY = (504, {"message": "too slow"})
    STORE = (504, {"status": 504, "title": "Gateway Timeout", "code": "timeout", "detail": "Redis did not answer in time"})
    UNDER_WAY = (409, {"status": 409, "title": "Conflict", "code": "conflict", "detail": "project p is being removed already"})
    GONE = (404, {"status": 404, "title": "Not Found", "code": "not_found", "detail": "there is no project p"})
    STAYS = (200, {"name": "p", "deleting": False, "videos": 3, "frames": 0, "objects": 0})
    STRANGER = (404, {"message": "no such route"})

    @staticmethod
    def left(videos: int) -> tuple[int, dict]:
        return 200, {"name": "p", "deleting": True, "videos": videos, "frames": 0, "objects": 0}

    def __init__(self, removes: list, looks: list):
        self.says = {"DELETE": list(removes), "GET": [self.STAYS, *looks]}
        self.asked: list[str] = []

    def answer(self, method: str) -> tuple[int, dict]:
        self.asked.append(method)
        says = self.says[method]
        return says.pop(0) if len(says) > 1 else says[0]

    def run(self, home):
        script = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def say(self):
                status, body = script.answer(self.command)
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_DELETE = say  # noqa: N815

            def log_message(self, *args):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_address[1]}"
            done = run("delete", "--project", "p", "--yes", "--server", url, home=home, check=None)
            server.shutdown()
        return done


@pytest.mark.parametrize("begun", [Removal.GATEWAY, Removal.UNDER_WAY])
def test_a_removal_that_outlasts_its_call_is_waited_for(home, begun):
    looks = [Removal.left(2), Removal.STRANGER, Removal.GATEWAY, Removal.left(1), Removal.GONE]
    removal = Removal([begun], looks)
    done = removal.run(home)
    assert (done.returncode, done.stdout) == (0, "removed project p\n"), done
    assert done.stderr == "framehound: the removal goes on in the server, 2 videos left\n", done
    assert removal.asked == ["GET", "DELETE"] + ["GET"] * len(looks)


def test_a_removal_whose_project_is_made_anew_is_done(home):
    done = Removal([Removal.GATEWAY], [Removal.left(1), Removal.STAYS]).run(home)
    assert (done.returncode, done.stdout) == (0, "removed project p\n"), done
    assert "1 video left" in done.stderr, done


# What is not there has not been removed by us; a server that says that a store kept it waiting has stopped.
@pytest.mark.parametrize("refused", [Removal.GONE, Removal.STORE])
def test_a_removal_that_the_server_gives_up_is_an_error(home, refused):
    removal = Removal([refused], [Removal.STAYS])
    done = removal.run(home)
    assert done.returncode == 1 and refused[1]["detail"] in done.stderr and "goes on" not in done.stderr, done
    assert removal.asked == ["GET", "DELETE"]


def test_a_removal_is_looked_after_with_pauses_and_not_for_ever(home):
    unheard = Removal([Removal.GATEWAY], [Removal.GATEWAY])
    not_begun = Removal([Removal.GATEWAY], [Removal.STAYS])
    still = Removal([Removal.GATEWAY, Removal.UNDER_WAY], [Removal.left(1500)] * 21 + [Removal.GONE])
    stopped = Removal([Removal.GATEWAY, Removal.STORE], [Removal.left(1500)])
    scripts = [unheard, not_begun, still, stopped]
    with concurrent.futures.ThreadPoolExecutor(len(scripts)) as together:
        done = list(together.map(lambda script: script.run(home), scripts))
    for script, one in zip(scripts, done):
        assert script.asked.count("GET") < 50 and one.stderr.count("goes on in the server") <= 1, one
    assert [one.returncode for one in done] == [1, 1, 0, 1], done
    assert "504" in done[0].stderr and "is not known" in done[0].stderr, done[0]
    assert "504" in done[1].stderr and "does not say that the removal has begun" in done[1].stderr, done[1]
    # Asked for again when nothing moves, a server says that it is at it, or why it stopped.
    assert [script.asked.count("DELETE") for script in scripts] == [1, 1, 2, 2], scripts
    assert "Redis did not answer in time" in done[3].stderr, done[3]


@pytest.mark.parametrize("command", ["up", "query"])
@pytest.mark.parametrize("address", ["nonsense", "", "127.0.0.1", "127.0.0.1:70000", "::1:80", "127.0.0.1:80x"])
def test_an_address_that_is_none_is_wrong_usage(home, data, command, address):
    refused = run(command, "--data", data, "--listen", address, home=home, check=2)
    assert "--listen" in refused.stderr and "ADDRESS:PORT" in refused.stderr
    assert not data.exists()


def test_settings_come_from_a_file_and_the_environment_and_flags_win(home, data, tmp_path):
    settings = tmp_path / "settings.conf"
    settings.write_text("[ingest]\nfps = 2\nlimit = 4\n")
    clip = clips.bikes()
    from_file = ingest(clip, home, data, "--config", str(settings))
    assert from_file["frames"] == 8
    flag_wins = ingest(clip, home, data, "--config", str(settings), "--fps", "1")
    assert flag_wins["frames"] == 4
    settings.write_text("no-such-setting = 1\n")
    refused = run("ingest", clip, "--project", "p", "--config", settings, "--data", data, home=home, check=2)
    assert "no-such-setting" in refused.stderr and "settings.conf" in refused.stderr


def test_objects_are_labelled_and_steps_taken_back(home, data):
    video = ingest(clips.bikes(), home, data, "--limit", "2")["video"]
    at = ("--data", data)
    one, two = [o["id"] for f in frames(video, home, data) for o in f["objects"]][:2]

    def labels() -> list[dict]:
        return [json.loads(line) for line in run("labels", "test", "--json", *at, home=home).stdout.splitlines()]

    assert "No labels" in run("labels", "test", *at, home=home).stdout
    done = run("label", "test", "blue/green bus", "--yes", one, "--no", two, "--by", "ann", *at, home=home)
    assert done.stdout.startswith("blue/green bus: 1 object")
    assert "blue/green bus" in run("labels", "test", *at, home=home).stdout
    assert [(x["name"], x["positives"], x["negatives"]) for x in labels()] == [("blue/green bus", 1, 1)]
    assert {o["id"]: o["label"] for f in frames(video, home, data) for o in f["objects"]}[one]["kind"] == "explicit"
    change = json.loads(run("label", "test", "Blue/green Bus", "--clear", two, "--json", *at, home=home).stdout)
    assert change["label"]["negatives"] == 0 and change["version"] == 2
    assert "taken back" in run("undo", "test", *at, home=home).stdout and labels()[0]["negatives"] == 1
    assert "done again" in run("redo", "test", *at, home=home).stdout and labels()[0]["negatives"] == 0
    back = json.loads(run("undo", "test", "--by", "bob", "--json", *at, home=home).stdout)
    again = json.loads(run("redo", "test", "--by", "cleo", "--json", *at, home=home).stdout)
    assert [change["step"]["by"] for change in (back, again)] == ["bob", "cleo"]
    run("undo", "test", *at, home=home)
    run("undo", "test", *at, home=home)
    assert labels() == []
    assert "nothing to undo" in run("undo", "test", *at, home=home, check=1).stderr
    assert "--yes" in run("label", "test", "bus", *at, home=home, check=2).stderr
    assert "no object id" in run("label", "test", "bus", "--yes", "x", *at, home=home, check=1).stderr
    assert "space" in run("label", "test", " bus", "--yes", one, *at, home=home, check=1).stderr


def test_labels_are_renamed_merged_and_deleted(home, data):
    video = ingest(clips.bikes(), home, data, "--limit", "2")["video"]
    at = ("--data", data)
    one, two = [o["id"] for f in frames(video, home, data) for o in f["objects"]][:2]

    def label(name: str, *what: str, check=0):
        return run("label", "test", name, *what, *at, home=home, check=check)

    def labels() -> list[tuple]:
        listed = run("labels", "test", "--json", *at, home=home).stdout.splitlines()
        return [(x["name"], x["positives"]) for x in map(json.loads, listed)]

    label("bus", "--yes", one)
    label("tram", "--yes", two)
    assert label("tram", "--yes", two).stdout.startswith("Nothing was changed")
    assert "merge" in label("bus", "--rename", "TRAM", check=1).stderr
    assert label("bus", "--rename", "coach", "--by", "ann").stdout.startswith("coach: 1 object")
    assert labels() == [("coach", 1), ("tram", 1)]
    assert json.loads(label("coach", "--merge-into", "tram", "--by", "bob", "--json").stdout)["step"]["by"] == "bob"
    assert labels() == [("tram", 2)]
    assert "no label" in label("coach", "--delete", check=1).stderr
    gone = json.loads(label("tram", "--delete", "--by", "cleo", "--json").stdout)
    assert (gone["label"], gone["step"]["by"], labels()) == (None, "cleo", [])
    run("undo", "test", *at, home=home)
    run("undo", "test", *at, home=home)
    assert labels() == [("coach", 1), ("tram", 1)]
    for several in (("--delete", "--yes", one), ("--rename", "x", "--delete"), ("--keep", one, "--no", two)):
        assert "steps of their own" in label("tram", *several, check=2).stderr
    assert labels() == [("coach", 1), ("tram", 1)]


def test_a_video_is_renamed(home, data):
    video = ingest(clips.bikes(), home, data, "--limit", "0.5")["video"]
    said = run("rename", video, "Evening news, 3/4", "--data", data, home=home).stdout
    assert said == f"video {video} is called Evening news, 3/4\n"
    assert "Evening news, 3/4" in run("videos", "--data", data, home=home).stdout
    assert "no video id" in run("rename", "x", "name", "--data", data, home=home, check=1).stderr
    assert "a video needs a name" in run("rename", video, " ", "--data", data, home=home, check=1).stderr
    run("rename", video, "--data", data, home=home, check=2)


def test_tracks_are_listed_and_corrected(home, data):
    video = ingest(clips.bikes(), home, data, "--limit", "4")["video"]
    at = ("--data", data)

    def lines(*args) -> list[dict]:
        return [json.loads(line) for line in run(*args, "--json", *at, home=home).stdout.splitlines()]

    def members(track: str) -> list[tuple[int, str]]:
        return [(f["pts_us"], o["id"]) for f in frames(video, home, data) for o in f["objects"] if o["track"] == track]

    before = lines("tracks", video)
    track = max(before, key=lambda t: t["objects"])
    table = run("tracks", video, *at, home=home).stdout.splitlines()
    assert table[0].split() == ["TRACK", "CLASS", "FROM", "TO", "OBJECTS", "SCORE", "BEST", "LABEL"]
    assert len(table) == len(before) + 1
    assert "No corrections" in run("track", "history", video, *at, home=home).stdout

    things = members(track["id"])
    boxes = lines("track", "boxes", track["id"], "--step", "0.1")
    assert [(b["pts_us"], b["object"]) for b in boxes if b["object"]] == things
    assert any(b["object"] is None for b in boxes) and {b["pts_us"] % 100_000 for b in boxes} == {0}
    table = run("track", "boxes", track["id"], *at, home=home).stdout.splitlines()
    assert table[0].split() == ["TIME", "LEFT", "TOP", "WIDTH", "HEIGHT", "OBJECT"] and len(table) > len(boxes)
    seconds = f"{things[2][0] / 1e6:.6f}"
    done = run("track", "split", track["id"], "--at", seconds, "--by", "ann", *at, home=home).stdout
    assert done.startswith(f"split {track['id']} at ") and f"{track['id']}: {track['class']}, 2 objects" in done
    [made] = {t["id"] for t in lines("tracks", video)} - {t["id"] for t in before}
    assert members(made) == things[2:]
    back = run("track", "merge", made, "--into", track["id"], *at, home=home).stdout
    assert f"{made}: no objects any more" in back and members(track["id"]) == things
    given = lines("track", "give", things[0][1], things[1][1], "--to", "new")[0]
    assert members(given["step"]["made"]) == things[:2]
    run("track", "give", things[0][1], "--to", track["id"], *at, home=home)
    assert members(track["id"]) == [things[0], *things[2:]]
    for _ in range(4):
        assert run("track", "undo", video, "--by", "bob", *at, home=home).stdout.startswith("undo of ")
    assert lines("tracks", video) == before
    assert run("track", "redo", video, *at, home=home).stdout.startswith("redo of 1: split")
    history = lines("track", "history", video)
    assert [s["id"] for s in history] == list(range(9, 0, -1))
    assert (history[-1]["by"], history[1]["by"], history[-1]["undone"], history[-2]["undone"]) == ("ann", "bob", False, True)
    table = run("track", "history", video, *at, home=home).stdout.splitlines()
    assert len(table) == 10 and table[0].split() == ["STEP", "WHEN", "BY", "WHAT"] and "(undone)" in table[8]


def test_wrong_corrections_are_refused_with_a_sentence(home, data):
    video = ingest(clips.bikes(), home, data, "--limit", "1")["video"]
    at = ("--data", data)
    track = f"{video}-t1"
    assert "--at" in run("track", "split", track, *at, home=home, check=2).stderr
    assert "--into" in run("track", "merge", track, *at, home=home, check=2).stderr
    assert "--to" in run("track", "give", f"{video}-00000000-000", *at, home=home, check=2).stderr
    run("track", "give", "--to", "new", *at, home=home, check=2)
    for time in ("-1", "x", "", "1:60", "1:2:3:4", "1.", "nan", "1e3", "99999999999"):
        assert "no time" in run("track", "split", track, f"--at={time}", *at, home=home, check=1).stderr
    for time in ("0", "0:00", "500", "1:00:00.5"):
        assert "can be split" in run("track", "split", track, "--at", time, *at, home=home, check=1).stderr
    assert "no track" in run("track", "split", f"{video}-t999", "--at", "1", *at, home=home, check=1).stderr
    assert "no track id" in run("track", "merge", "7", "--into", track, *at, home=home, check=1).stderr
    assert "itself" in run("track", "merge", track, "--into", track, *at, home=home, check=1).stderr
    assert "no object id" in run("track", "give", "x", "--to", "new", *at, home=home, check=1).stderr
    assert "no video id" in run("tracks", "x", *at, home=home, check=1).stderr
    assert "no correction to undo" in run("track", "undo", video, *at, home=home, check=1).stderr
    assert "no video" in run("tracks", "0" * 16, *at, home=home, check=1).stderr


def test_models_are_listed_and_verified(home):
    listed = [json.loads(line) for line in run("models", "list", "--json", home=home).stdout.splitlines()]
    kinds = {m["name"]: m["kind"] for m in listed}
    assert "detector" in kinds.values() and "embedder" in kinds.values()
    verified = [json.loads(line) for line in run("models", "verify", "--json", home=home).stdout.splitlines()]
    assert verified and all(m["ok"] for m in verified)
    assert run("models", "verify", "no-such-model", home=home, check=1).stderr


def test_a_model_can_be_brought_along(home, data, tmp_path):
    import shutil
    models = tmp_path / "models"
    shutil.copytree(clips.DEPS / "models", models)
    name = next(p.name for p in sorted(models.iterdir()) if json.loads((p / "model.json").read_text())["kind"] == "detector")
    own = tmp_path / "own"
    shutil.copytree(models / name, own)
    manifest = json.loads((own / "model.json").read_text())
    manifest["name"] = "my-detector"
    (own / "model.json").write_text(json.dumps(manifest))
    run("models", "add", own, "--models", models, home=home)
    again = run("models", "add", own, "--models", models, home=home, check=1)
    assert "my-detector" in again.stderr
    result = ingest(clips.bikes(), home, data, "--limit", "1", "--models", str(models), "--detector", "my-detector")
    assert result["state"] == "done"
    manifest["output"]["decoder"] = "no such decoder"
    (own / "model.json").write_text(json.dumps(manifest))
    assert "decoder" in run("models", "add", own, "--models", models, "--replace", home=home, check=1).stderr


def test_yolox_brought_by_a_user_finds_objects(home, data, tmp_path):
    import os
    import shutil
    from pathlib import Path
    network = Path(os.environ.get("FRAMEHOUND_SHARED", ROOT.parent / "shared")) / "models" / "yolox_nano.onnx"
    if not network.exists():
        pytest.skip("the measuring data has no yolox_nano.onnx here: it is not part of the project")
    manifest = ROOT / "docs" / "examples" / "yolox-nano.json"
    models = tmp_path / "models"
    shutil.copytree(clips.DEPS / "models", models)
    run("models", "add", network, "--manifest", manifest, "--models", models, home=home)
    result = ingest(clips.bikes(), home, data, "--limit", "4", "--models", str(models), "--detector", "yolox-nano")
    assert result["state"] == "done" and result["objects"] > 10


def test_detectors_are_measured_by_cocos_method(home):
    annotations = clips.shared("coco", "instances.json")
    done = run("models", "bench", "--coco", annotations, "--images", annotations.parent / "images", "--json", home=home)
    measured = json.loads(done.stdout)
    assert measured["images"] == 100 and measured["images_per_s"] > 0
    assert 0.25 < measured["ap"] < measured["ap50"] < 0.8 and measured["ar100"] > 0.3


def test_descriptors_are_printed_as_stored(home, tmp_path):
    picture = tmp_path / "picture.png"
    clips.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:duration=0.1", "-frames:v", "1", picture)
    rows = [json.loads(line) for line in run("embed", picture, picture, "--json", home=home).stdout.splitlines()]
    assert [r["file"] for r in rows] == [str(picture)] * 2
    assert rows[0]["embedding"] == rows[1]["embedding"]
    assert math.isclose(math.sqrt(sum(v * v for v in rows[0]["embedding"])), 1, abs_tol=1e-3)
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    failed = run("embed", text, picture, "--json", home=home, check=1)
    assert "text.jpg" in failed.stderr and json.loads(failed.stdout)["file"] == str(picture)
