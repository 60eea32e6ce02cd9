"""What the embedded stores make of a clip, and others must too."""

from pathlib import Path

from harness import clips
from harness.program import frames, ingest

INGEST = ("--chunk", "1", "--fps", "5")


def ingest_embedded(folder: Path) -> tuple[str, list[dict]]:
    """The video's id and its frames."""
    (folder / "home").mkdir()
    done = ingest(clips.bikes(), folder / "home", folder / "data", *INGEST)
    return done["video"], frames(done["video"], folder / "home", folder / "data")


def post(server) -> str:
    """The same over HTTP."""
    return server.post("/api/v1/projects/test/videos", {
        "source": str(clips.bikes()), "chunk_seconds": 1, "fps": 5}).json()["id"]


def indexed(server, video: str) -> int:
    """How many of its frames are."""
    return server.get(f"/api/v1/videos/{video}").json()["progress"]["frames_indexed"]


def all_frames(server, video: str) -> list[dict]:
    """As the command line gives them."""
    found = server.get(f"/api/v1/videos/{video}/frames?limit=1000").json()["frames"]
    return [{key: frame[key] for key in ("index", "pts_us", "width", "height", "objects")} for frame in found]
