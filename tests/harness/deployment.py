"""What a deployment makes of a clip that is uploaded to it, beside what one machine does."""

from __future__ import annotations

from pathlib import Path

from harness import clips
from harness.program import frames, ingest


def upload(server, fps: float) -> str:
    """The video's id."""
    return server.request("PUT", f"/api/v1/projects/test/uploads/bikes.mp4?fps={fps}&chunk_seconds=1", raw=clips.bikes().read_bytes(),
                          headers={"Content-Type": "application/octet-stream"}).json()["id"]


def frames_of(server, video: str) -> list[dict]:
    return server.get(f"/api/v1/videos/{video}/frames?limit=1000").json()["frames"]


def seen(found: list[dict]) -> list:
    """What is the same whatever the video's id is, which an upload has of its content."""
    return [(frame["index"], frame["pts_us"], [(o["class"], o["box"]) for o in frame["objects"]]) for frame in found]


def assert_as_alone(server, state: dict, home: Path, folder: Path, fps: float) -> dict:
    """The uploaded video is done, with everything that one machine finds in it; what that says of it."""
    assert (state["state"], state["errors"]) == ("done", [])
    alone = ingest(clips.bikes(), home, folder, "--fps", str(fps), "--chunk", "1")
    assert len(frames_of(server, state["id"])) == alone["frames"] > 0
    assert seen(frames_of(server, state["id"])) == seen(frames(alone["video"], home, folder))
    assert state["progress"]["tracks"] == alone["tracks"]
    return alone
