"""Each mistake gives one clear sentence and the right status, and loses nothing that is stored."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile

import pytest

from harness import clips
from harness.program import PROGRAM, environment, frames, ingest, run

# file: (states it may end in, least and most frames at 5 per second, words that must be in what is said)
BAD_FILES = {
    "audio_only.mp4": (["failed"], 0, 0, "video"),
    "audio_with_cover.mp3": (["failed"], 0, 0, "video"),
    "bitflips_mdat.mp4": (["done", "incomplete"], 30, 36, ""),
    "chunk_offsets_past_eof.mp4": (["incomplete"], 14, 20, ""),
    "hls_playlist_named.mp4": (["failed"], 0, 0, ""),
    "huge_dims_header.mp4": (["done", "incomplete", "failed"], 0, 36, ""),
    "jpeg_named.mp4": (["failed"], 0, 0, "picture"),
    "mp4parse_chunk_out_of_range.mp4": (["failed"], 0, 0, ""),
    "mp4parse_invalid_userdata.mp4": (["failed"], 0, 0, ""),
    "ok_fragmented.mp4": (["done"], 35, 36, ""),
    "ok_moov_at_end.mp4": (["done"], 35, 36, ""),
    "timestamp_gap_114h.mkv": (["done", "incomplete"], 55, 70, ""),
    "truncated_faststart_half.mp4": (["incomplete"], 18, 24, "ends early"),
    "truncated_no_moov.mp4": (["failed"], 0, 0, ""),
    "ts_starts_mid_gop.ts": (["done", "incomplete"], 9, 14, ""),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_broken_file_is_indexed_as_far_as_it_can_be_read(name, home, data):
    states, least, most, words = BAD_FILES[name]
    result = ingest(clips.shared("bad", name), home, data, check=None)
    assert result["state"] in states, result
    assert least <= result["frames"] <= most, result
    if result["state"] != "done":
        assert result["errors"] and words in " ".join(result["errors"]), result
        assert all(e.strip() and "\n" not in e for e in result["errors"])


def test_every_frame_of_a_video_with_a_gap_of_days_is_found_at_once(home, data):
    result = ingest(clips.shared("bad", "timestamp_gap_114h.mkv"), home, data, "--fps", "all", check=None)
    assert result["frames"] == 360


def say(home, *args) -> str:
    """What a refused command says: one sentence, status 1 or 2, no half result."""
    done = run(*args, home=home, check=None)
    assert done.returncode in (1, 2), (args, done)
    lines = [line for line in done.stderr.splitlines() if line.startswith("framehound: ")]
    assert len(lines) == 1, (args, done.stderr)
    return lines[0]


def test_what_is_no_video_file_is_refused_with_a_reason(home, data, tmp_path):
    empty = tmp_path / "empty.mp4"
    empty.touch()
    base = ("--project", "p", "--data", data, "--wait")
    assert "empty" in say(home, "ingest", empty, *base)
    assert "folder" in say(home, "ingest", tmp_path, *base)
    assert "No such file" in say(home, "ingest", tmp_path / "none.mp4", *base)


@pytest.mark.parametrize("source,words", [("none.mp4", "No such file"), ("empty.mp4", "empty"), ("", "folder")])
def test_json_ends_with_one_object_also_when_nothing_could_be_begun(source, words, home, data, tmp_path):
    (tmp_path / "empty.mp4").touch()
    done = run("ingest", tmp_path / source, "--project", "p", "--data", data, "--wait", "--json", home=home, check=1)
    result = json.loads(done.stdout)
    assert result["state"] == "failed" and result["video"] is None and result["frames"] == 0
    assert words in result["errors"][0] and "http:" not in result["errors"][0]


def test_a_text_named_mp4_fails_with_a_sentence(home, data, tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("This is no video.\n" * 100)
    result = ingest(text, home, data, check=1)
    assert result["state"] == "failed" and len(result["errors"]) == 1, result
    # What nobody could look into has no size and length to tell, rather than none.
    said = run("status", result["video"], "--data", data, home=home).stdout
    assert "media     not known\n" in said and result["errors"][0] in said
    listed = json.loads(run("videos", "--data", data, "--json", home=home).stdout)
    assert listed["state"] == "failed" and listed["resumable"] is False, listed
    row = run("videos", "--data", data, home=home).stdout.splitlines()[1].split()
    assert row[:4] == [result["video"], "test", "failed", "-"]


@pytest.mark.parametrize("flag,value", [
    ("--chunk", "0"), ("--chunk", "-3"), ("--chunk", "1e9"), ("--chunk", "nan"), ("--chunk", "x"),
    ("--fps", "0"), ("--fps", "-1"), ("--fps", "1001"), ("--fps", "nan"), ("--fps", "many"), ("--fps", ""),
    ("--limit", "0"), ("--limit", "-5"), ("--limit", "inf"), ("--limit", "x"),
    ("--project", "Bad Name"), ("--project", "../up"), ("--project", ""), ("--project", "-x"), ("--project", "a" * 64),
])
def test_wrong_settings_are_refused_at_the_border(flag, value, home, data, tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x")
    args = {"--project": "p", "--chunk": "10", "--fps": "5", flag: value}
    done = run("ingest", clip, *[f"{k}={v}" for k, v in args.items()], "--data", data, home=home, check=2)
    assert done.stderr.startswith("framehound: ") and not data.exists(), done.stderr


@pytest.mark.parametrize("args", [
    ("unknown",), ("ingest",), ("ingest", "a", "b", "--project", "p"), ("up", "--no-such-option"),
    ("frames", "x", "y"), ("similar",), ("up", "--workers", "many"), ("delete", "--server", "http://127.0.0.1:1"),
])
def test_wrong_usage_ends_with_status_2(args, home):
    done = run(*args, home=home, check=2)
    assert done.stderr.startswith("framehound: ")


def test_unknown_things_are_named(home, data):
    ingest(clips.bikes(), home, data, "--limit", "1")
    at = ("--data", data)
    assert "0000000000000000" in say(home, "status", "0000000000000000", *at)
    assert "no video id" in say(home, "status", "../x", *at)
    assert "no object id" in say(home, "similar", "0123", *at)
    assert "0000000000000000" in say(home, "similar", "0000000000000000-00000001-000", *at)
    assert "nothing" in say(home, "search", "--project", "test", *at)


def test_no_server_is_said_with_what_to_do(home):
    assert "framehound up" in say(home, "projects", "--server", "http://127.0.0.1:1")


def test_a_data_folder_of_a_newer_program_is_refused_untouched(home, data):
    ingest(clips.bikes(), home, data, "--limit", "1")
    identity = data / "framehound.json"
    newer = json.loads(identity.read_text())
    # An older program looks at the vectors only when it uses them, so the folder's mark must say what they are.
    with contextlib.closing(sqlite3.connect(data / "vectors" / "test" / "vectors.sqlite")) as vectors:
        assert vectors.execute("PRAGMA user_version").fetchone() == (newer["schema"],)
    newer["schema"] += 1
    identity.write_text(json.dumps(newer))
    said = say(home, "videos", "--data", data)
    assert "newer" in said and "upgrade" in said
    newer["schema"] -= 1
    identity.write_text(json.dumps(newer))
    assert run("videos", "--data", data, home=home).stdout.count("\n") == 2
    older = {**newer, "schema": 1}
    identity.write_text(json.dumps(older))
    assert run("videos", "--data", data, home=home).stdout.count("\n") == 2
    assert json.loads(identity.read_text()) == newer


def test_a_folder_that_is_none_of_ours_is_not_taken_over(home, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    assert "no data folder" in say(home, "videos", "--data", other)
    assert list(other.iterdir()) == []


def test_an_unwritable_data_folder_is_said(home, tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    said = say(home, "ingest", clips.bikes(), "--project", "p", "--data", place / "data", "--wait")
    assert str(place) in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write")
def test_a_data_folder_of_somebody_else_is_said(home, tmp_path):
    place = tmp_path / "place"
    place.mkdir(mode=0o755)
    program = tmp_path / "framehound"
    shutil.copy(PROGRAM, program)
    for folder in (tmp_path, *tmp_path.parents):
        if tempfile.gettempdir() in map(str, folder.parents):
            folder.chmod(0o755)
    done = subprocess.run(
        [program, "ingest", "x.mp4", "--project", "p", "--data", place / "data", "--wait"], user=65534, group=65534,
        extra_groups=[], env=environment(home), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    if done.returncode == 127:
        pytest.skip("the libraries of the program are not for everybody to read here")
    assert done.returncode == 1
    assert str(place / "data") in done.stderr and "Permission denied" in done.stderr and "--data" in done.stderr


def test_a_damaged_store_is_said_and_left_alone(home, data):
    ingest(clips.bikes(), home, data, "--limit", "1")
    store = data / "meta.sqlite"
    for extra in ("meta.sqlite-wal", "meta.sqlite-shm"):
        (data / extra).unlink(missing_ok=True)
    garbage = b"not a database" * 1000
    store.write_bytes(garbage)
    assert "meta.sqlite" in say(home, "videos", "--data", data)
    assert store.read_bytes() == garbage


def test_a_broken_file_leaves_earlier_videos_as_they_were(home, data, tmp_path):
    good = ingest(clips.bikes(), home, data, "--limit", "2")
    before = frames(good["video"], home, data)
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(1000))
    ingest(bad, home, data, check=1)
    assert frames(good["video"], home, data) == before
