"""What tests of labelling share: saying things through HTTP and asking, every answer checked against the contract."""

import sqlite3
import struct
import time
from contextlib import closing
from urllib.parse import quote

import pytest

from harness import clips, contract
from harness.program import SLOWNESS, HttpError

LABELS = "/api/v1/projects/street/labels"
NOBODY = "0000000000000000-00000001-000"


def submit(server, project: str, limit: float) -> dict:
    video = server.post(f"/api/v1/projects/{project}/videos", {
        "source": str(clips.bikes()), "chunk_seconds": 2, "limit_seconds": limit, "fps": 10}).json()
    done = server.wait_for_end(video["id"])
    assert done["state"] == "done", done
    return done


def at(label: str, more: str = "", project: str = "street") -> str:
    return f"/api/v1/projects/{project}/labels/{quote(label, safe='')}{more}"


def without_labels(server):
    """The same server, with no label in its project."""
    for label in server.get(LABELS).json()["labels"]:
        server.request("DELETE", at(label["name"]))
    return server


def checked(server, method, path, **more):
    answer = server.request(method, path, **more)
    contract.check(method, path, answer)
    return answer.json()


def refused(server, method, path, status, **more) -> dict:
    with pytest.raises(HttpError) as caught:
        server.request(method, path, **more)
    error = caught.value
    assert error.status == status, error
    contract.check(method, path, type("A", (), {"status": status, "headers": error.headers, "body": error.body}))
    return error.problem()


def examples(server, label: str, **body) -> dict:
    return checked(server, "POST", at(label, "/examples"), body=body)


def frames(server, video: str | None = None) -> list[dict]:
    return checked(server, "GET", f"/api/v1/videos/{video or server.video}/frames?limit=1000")["frames"]


def carried(server, video: str | None = None) -> dict[str, dict]:
    """object: label, as the frames show it."""
    return {o["id"]: o["label"] for f in frames(server, video) for o in f["objects"] if o["label"]}


def of_kind(server, label: str, kind: str, more: str = "") -> list[dict]:
    return checked(server, "GET", at(label, f"/objects?kind={kind}&limit=1000{more}"))["hits"]


def objects(server, video: str | None = None) -> list[str]:
    return [o["id"] for f in frames(server, video) for o in f["objects"]]


def alike(server) -> list[str]:
    """An object that is in many frames: itself, then what is most like it, best first."""
    if server.video in server.alike:
        return server.alike[server.video]
    best: list[str] = []
    for thing in objects(server):
        hits = server.get(f"/api/v1/objects/{thing}/similar?limit=1000&min_score=0.9").json()["hits"]
        if len(hits) + 1 > len(best):
            best = [thing, *(h["object"] for h in hits)]
    assert len(best) >= 5, "the clip has nothing that is seen several times"
    server.alike[server.video] = best
    return best


def eventually(look, wanted) -> None:
    end = time.monotonic() + 60 * SLOWNESS
    while (seen := look()) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    assert seen == wanted


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def add_objects(data, video: str, count: int) -> list[str]:
    """Puts objects that were never embedded behind the video's own, ten in each frame."""
    added = []
    with closing(sqlite3.connect(data / "meta.sqlite")) as db, db:
        number = db.execute("SELECT number FROM videos WHERE id = ?", (video,)).fetchone()[0]
        for i in range(count // 10):
            index = 50000 + i
            value = b"\1" + varint(1) + b"\4boat" + varint(10)
            for k in range(10):
                value += struct.pack("<5f", 10 * k, 5, 20, 20, 1 - k / 20) + varint(0) + varint(0)
                added.append(f"{video}-{index:08}-{k:03}")
            db.execute("INSERT INTO frames VALUES (?, ?, ?, 0, 640, 272, 1, 10, ?)",
                       (number * 2**32 + index, number, 100000000 + i * 1000, value))
    return added
