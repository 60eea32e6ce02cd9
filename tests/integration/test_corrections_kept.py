"""Corrections of tracks that are interrupted, upgraded or deleted, over servers of their own: none is lost."""

import contextlib
import http.client
import json
import random
import sqlite3
import threading
import time
from contextlib import closing
from types import SimpleNamespace

import pytest

from harness import clips
from harness.corrections import belongs, consistent, history, longest, members, not_done, split, undo
from harness.labelling import checked, eventually
from harness.program import SLOWNESS, HttpError, ingest, run, serving, start


@pytest.fixture
def short(home, data):
    """A video that was split once, and not any more; the server is stopped."""
    video = ingest(clips.bikes(), home, data, "--limit", "4", "--fps", "10")["video"]
    with serving(home, data) as server:
        server.video = video
        before = belongs(server)
        track = longest(server)[0]
        at = [t for t, _ in members(server, track)]
        made = split(server, track, at[2])["step"]["made"]
        after = belongs(server)
        undo(server)
    return SimpleNamespace(video=video, before=before, after=after, track=track, made=made, at=at)


def follows(server, wanted: dict) -> None:
    eventually(lambda: belongs(server), wanted)
    consistent(server)


def append(data, video: str, entry: dict) -> None:
    """To the journal alone, as if the process had ended before anything else."""
    with closing(sqlite3.connect(data / "meta.sqlite")) as db, db:
        journal = f"tracks-{video}"
        [project, length] = db.execute(
            "SELECT project, count(*) FROM journal_entries WHERE journal = ?", (journal,)).fetchone()
        db.execute("INSERT INTO journal_entries (project, journal, position, at_us, value) VALUES (?, ?, ?, ?, ?)",
                   (project, journal, length, time.time_ns() // 1000, json.dumps(entry).encode()))


def test_an_entry_without_its_tracks_is_followed_after_the_next_start(short, home, data):
    append(data, short.video, {"format": 1, "kind": "redo", "step": 1})
    with serving(home, data) as server:
        server.video = short.video
        follows(server, short.after)
        listed = checked(server, "GET", history(server))
        assert (listed["version"], listed["undo"]["made"]) == (3, short.made)


def test_an_entry_without_its_tracks_is_followed_with_the_next_correction(short, home, data):
    append(data, short.video, {"format": 1, "kind": "redo", "step": 1})
    run("track", "undo", short.video, "--data", data, home=home)
    with serving(home, data, "--trackers", "0") as server:
        server.video = short.video
        assert belongs(server) == short.before
        consistent(server)


def test_an_entry_that_is_none_is_said_and_changes_nothing(short, home, data):
    append(data, short.video, {"format": 1, "kind": "merge"})
    with serving(home, data) as server:
        server.video = short.video
        sentence = not_done(server, "POST", f"/api/v1/tracks/{short.track}/split", 500, body={"at_us": short.at[1]})
        assert "correction 3" in sentence
        not_done(server, "GET", history(server), 500)
        assert belongs(server) == short.before


def test_a_server_killed_among_corrections_ends_with_what_its_history_says(short, home, data):
    dice = random.Random(7)
    wanted = {True: short.before, False: short.after}
    for _ in range(8):
        server = start(home, data)
        server.video = short.video
        heard = threading.Event()

        def correct(server=server, heard=heard):
            with contextlib.suppress(OSError, http.client.HTTPException, HttpError):
                while True:
                    server.post(history(server) + "/redo")
                    server.post(history(server) + "/undo")
                    heard.set()

        thread = threading.Thread(target=correct)
        # One that was left half done is the other way round.
        if not checked(server, "GET", history(server))["redo"]:
            undo(server)
        thread.start()
        assert heard.wait(60 * SLOWNESS)
        time.sleep(dice.uniform(0, 0.05))
        server.kill()
        thread.join()
    with serving(home, data) as server:
        server.video = short.video
        listed = checked(server, "GET", history(server))
        assert listed["version"] > 16
        follows(server, wanted[listed["undo"] is None])


def test_a_video_of_a_program_without_corrections_can_be_corrected_at_once(short, home, data):
    sheet = data / "blobs" / "test" / short.video / "tracks"
    sheet.unlink()
    done = json.loads(run("track", "redo", short.video, "--data", data, "--json", home=home).stdout)
    assert done["undo"]["made"] == short.made and sheet.exists()
    sheet.unlink()
    with serving(home, data) as server:
        server.video = short.video
        follows(server, short.after)
        eventually(sheet.exists, True)


def test_a_video_that_is_deleted_and_comes_back_is_corrected_as_before(short, home, data):
    run("track", "redo", short.video, "--data", data, home=home)
    run("delete", short.video, "--yes", "--data", data, home=home)
    assert not (data / "blobs" / "test" / short.video).exists()
    assert ingest(clips.bikes(), home, data, "--limit", "4", "--fps", "10")["video"] == short.video
    with serving(home, data) as server:
        server.video = short.video
        follows(server, short.after)
        assert undo(server)["version"] == 4
        assert belongs(server) == short.before


def test_a_damaged_sheet_is_found_and_mended(short, home, data):
    sheet = data / "blobs" / "test" / short.video / "tracks"
    whole = sheet.read_bytes()
    sheet.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    said = run("doctor", "--data", data, "--json", home=home, check=None).stdout.splitlines()
    assert [f["finding"] for f in map(json.loads, said) if "finding" in f] == ["tracks_behind"]
    run("doctor", "--data", data, "--repair", home=home, check=None)
    with serving(home, data):
        eventually(sheet.read_bytes, whole)
