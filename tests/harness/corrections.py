"""What tests of corrections of tracks share: correcting through HTTP and asking, every answer checked against the contract."""

from harness.labelling import checked, frames, refused


def not_done(server, method, path, status, field=None, **more) -> str:
    """Gives the sentence."""
    problem = refused(server, method, path, status, **more)
    assert field is None or problem.get("field") == field, problem
    return problem["detail"]


def history(server, video: str | None = None) -> str:
    return f"/api/v1/videos/{video or server.video}/corrections"


def undo(server) -> dict:
    return checked(server, "POST", history(server) + "/undo")


def redo(server) -> dict:
    return checked(server, "POST", history(server) + "/redo")


def split(server, track: str, at_us: int, **more) -> dict:
    return checked(server, "POST", f"/api/v1/tracks/{track}/split", body={"at_us": at_us, **more})


def merge(server, track: str, into: str, **more) -> dict:
    return checked(server, "POST", f"/api/v1/tracks/{track}/merge", body={"into": into, **more})


def give(server, objects: list[str], track: str | None, **more) -> dict:
    if track is None:
        return checked(server, "POST", f"/api/v1/videos/{server.video}/tracks", body={"objects": objects, **more})
    return checked(server, "POST", f"/api/v1/tracks/{track}/objects", body={"objects": objects, **more})


def belongs(server) -> dict[str, str | None]:
    """object: track, as the frames show it."""
    return {o["id"]: o["track"] for f in frames(server) for o in f["objects"]}


def tracks(server) -> dict[str, dict]:
    return {t["id"]: t for t in checked(server, "GET", f"/api/v1/videos/{server.video}/tracks?limit=1000")["tracks"]}


def members(server, track: str) -> list[tuple[int, str]]:
    """Times and objects of a track, in order."""
    return [(f["pts_us"], o["id"]) for f in frames(server) for o in f["objects"] if o["track"] == track]


def longest(server, least: int = 4) -> list[str]:
    """Tracks with enough objects, longest first."""
    found = sorted(tracks(server).values(), key=lambda t: (-t["objects"], t["id"]))
    return [t["id"] for t in found if t["objects"] >= least]


def frame_of(thing: str) -> str:
    return thing[:25]


def frames_of_tracks(server) -> dict[str, set[str]]:
    where: dict[str, set] = {}
    for thing, track in belongs(server).items():
        if track:
            where.setdefault(track, set()).add(frame_of(thing))
    return where


def apart(server) -> tuple[str, str]:
    """Two tracks that are never in the same frame."""
    where = frames_of_tracks(server)
    for a in where:
        for b in where:
            if a < b and not where[a] & where[b]:
                return a, b
    raise AssertionError("all tracks of the clip are in the same frames")


def together(server) -> tuple[str, str]:
    """Two tracks that are in some of the same frames, but not only."""
    where = frames_of_tracks(server)
    for a in where:
        for b in where:
            if a < b and len(where[a] & where[b]) >= 2 and where[a] - where[b]:
                return a, b
    raise AssertionError("no two tracks of the clip are in the same frames")


def consistent(server) -> None:
    """Tracks, frames, the vector index and the video's count all say the same."""
    named = belongs(server)
    listed = tracks(server)
    counts: dict[str, int] = {}
    for track in filter(None, named.values()):
        counts[track] = counts.get(track, 0) + 1
    assert counts == {t["id"]: t["objects"] for t in listed.values()}
    assert server.get(f"/api/v1/videos/{server.video}").json()["progress"]["tracks"] == len(listed)
    thing = next(iter(named))
    hits = server.get(f"/api/v1/objects/{thing}/similar?limit=1000&min_score=-1").json()["hits"]
    assert {h["object"]: h["track"] for h in hits} == {o: t for o, t in named.items() if o != thing}
