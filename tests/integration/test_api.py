"""Real answers of a real server, each checked against the contract."""

import base64
import json
import re
import urllib.request
from collections import Counter

import pytest

from harness import clips, contract
from harness.program import ROOT, HttpError, serving


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with one indexed video; every call is checked against the contract at the end."""
    base = tmp_path_factory.mktemp("site")
    (base / "home").mkdir()
    with serving(base / "home", base / "data") as server:
        video = server.post("/api/v1/projects/street/videos", {
            "source": str(clips.bikes()), "chunk_seconds": 2, "limit_seconds": 4, "fps": 5}).json()
        server.video = server.wait_for_end(video["id"])
        yield server


def checked(server, method, path, **more):
    answer = server.request(method, path, **more)
    contract.check(method, path, answer)
    return answer


def refused(server, method, path, status, **more) -> dict:
    with pytest.raises(HttpError) as caught:
        server.request(method, path, **more)
    error = caught.value
    assert error.status == status, error
    problem = error.problem()
    assert problem["status"] == status and problem["detail"]
    contract.check(method, path, type("A", (), {"status": status, "headers": error.headers, "body": error.body}))
    return problem


def an_object(server) -> str:
    frames = server.get(f"/api/v1/videos/{server.video['id']}/frames?limit=1000").json()["frames"]
    return max((o for f in frames for o in f["objects"]), key=lambda o: o["score"])["id"]


def test_the_video_says_what_was_done(site):
    video = checked(site, "GET", f"/api/v1/videos/{site.video['id']}").json()
    assert video["state"] == "done"
    assert video["progress"]["frames_indexed"] == video["progress"]["frames_emitted"] == 20
    assert video["media"]["width"] == 640 and video["media"]["codec"] == "h264"
    assert video["fps"] == 5 and video["limit_seconds"] == 4
    assert video["models"]["detector"] and video["models"]["embedder"]


def test_lists_have_pages(site):
    assert [p["name"] for p in checked(site, "GET", "/api/v1/projects").json()["projects"]] == ["street"]
    assert checked(site, "GET", "/api/v1/projects/street").json()["videos"] == 1
    for path in ("/api/v1/videos", "/api/v1/projects/street/videos"):
        assert [v["id"] for v in checked(site, "GET", path).json()["videos"]] == [site.video["id"]]
    base = f"/api/v1/videos/{site.video['id']}/frames"
    whole = checked(site, "GET", base + "?limit=1000").json()["frames"]
    paged, cursor = [], ""
    while cursor is not None:
        page = checked(site, "GET", f"{base}?limit=7{cursor and f'&cursor={cursor}'}").json()
        paged += page["frames"]
        cursor = page["next_cursor"]
    assert paged == whole and len(whole) == 20
    some = checked(site, "GET", base + "?from_us=1000000&to_us=2000000").json()["frames"]
    assert [f["index"] for f in some] == [5, 6, 7, 8, 9]
    segments = checked(site, "GET", f"/api/v1/videos/{site.video['id']}/segments").json()["segments"]
    assert segments[0]["start_us"] == 0 and all(s["done"] for s in segments)


def test_one_frame_and_one_object_can_be_seen(site):
    thing = an_object(site)
    frame = thing[:25]
    got = checked(site, "GET", f"/api/v1/frames/{frame}").json()
    assert thing in [o["id"] for o in got["objects"]]
    details = checked(site, "GET", f"/api/v1/objects/{thing}").json()
    assert details["frame"] == frame and details["project"] == "street"
    for path in (f"/api/v1/frames/{frame}/image", f"/api/v1/objects/{thing}/image"):
        picture = checked(site, "GET", path)
        assert picture.body[:3] == b"\xff\xd8\xff"


def test_similar_objects_come_best_first_and_in_pages(site):
    thing = an_object(site)
    base = f"/api/v1/objects/{thing}/similar"
    first = checked(site, "GET", base + "?limit=6").json()
    scores = [h["score"] for h in first["hits"]]
    assert scores == sorted(scores, reverse=True) and thing not in [h["object"] for h in first["hits"]]
    again = checked(site, "GET", base + "?limit=3&offset=3&scope=video").json()
    assert again["hits"] == first["hits"][3:]
    name = first["hits"][0]["class"]
    only = checked(site, "GET", f"{base}?class={name}").json()["hits"]
    assert only and all(h["class"] == name for h in only)
    high = checked(site, "GET", base + "?min_score=0.9").json()["hits"]
    assert all(h["score"] >= 0.9 for h in high)


def test_search_takes_objects_pictures_examples_and_filters(site):
    thing = an_object(site)
    picture = site.get(f"/api/v1/objects/{thing}/image").body
    by_object = checked(site, "POST", "/api/v1/search", body={"project": "street", "object": thing, "limit": 5}).json()
    assert len(by_object["hits"]) == 5
    by_picture = checked(site, "POST", "/api/v1/search", body={
        "project": "street", "image": base64.b64encode(picture).decode(), "limit": 3}).json()
    assert thing in [h["object"] for h in by_picture["hits"]]
    as_url = checked(site, "POST", "/api/v1/search", body={
        "project": "street", "image": "data:image/jpeg;base64," + base64.b64encode(picture).decode(), "limit": 3}).json()
    assert as_url == by_picture
    yes, no = by_object["hits"][0]["object"], by_object["hits"][-1]["object"]
    examples = checked(site, "POST", "/api/v1/search", body={
        "project": "street", "positive": [thing, yes], "negative": [no],
        "filters": {"videos": [site.video["id"]], "min_score": -1, "exclude": [by_object["hits"][1]["object"]]}}).json()
    found = [h["object"] for h in examples["hits"]]
    assert found and not {thing, yes, no, by_object["hits"][1]["object"]} & set(found)
    none = checked(site, "POST", "/api/v1/search", body={
        "project": "street", "object": thing, "filters": {"classes": ["no such class"]}}).json()
    assert none == {"hits": [], "more": False}


def test_objects_are_listed_by_class_without_an_example(site):
    frames = site.get(f"/api/v1/videos/{site.video['id']}/frames?limit=1000").json()["frames"]
    objects = [o for f in frames for o in f["objects"]]
    classes = checked(site, "GET", "/api/v1/projects/street/classes").json()["classes"]
    assert {c["name"]: c["objects"] for c in classes} == Counter(o["class"] for o in objects)
    assert [c["objects"] for c in classes] == sorted((c["objects"] for c in classes), reverse=True)
    name = classes[0]["name"]
    wanted = sorted((o for o in objects if o["class"] == name), key=lambda o: (-o["score"], o["id"]))
    asked = {"project": "street", "filters": {"classes": [name]}, "limit": 2}
    first = checked(site, "POST", "/api/v1/search", body=asked).json()
    assert [h["object"] for h in first["hits"]] == [o["id"] for o in wanted[:2]] and first["more"] == (len(wanted) > 2)
    rest = checked(site, "POST", "/api/v1/search", body=asked | {"offset": 2, "limit": 1000}).json()
    assert [h["object"] for h in rest["hits"]] == [o["id"] for o in wanted[2:]] and not rest["more"]
    with_label = {"project": "street", "filters": {"classes": [name], "labels": ["x"]}}
    assert refused(site, "POST", "/api/v1/search", 400, body=with_label)["field"] == "filters"
    refused(site, "GET", "/api/v1/projects/nobody/classes", 404)


def test_the_stream_is_the_video_with_byte_ranges(site):
    path = f"/api/v1/videos/{site.video['id']}/stream"
    whole = checked(site, "GET", path)
    assert whole.body == clips.bikes().read_bytes()
    assert whole.headers["Accept-Ranges"] == "bytes" and whole.headers.get_content_type() == "video/mp4"
    part = checked(site, "GET", path, headers={"Range": "bytes=100-199"})
    assert part.status == 206 and part.body == whole.body[100:200]
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole.body)}"
    assert checked(site, "GET", path, headers={"Range": "bytes=-50"}).body == whole.body[-50:]
    with pytest.raises(HttpError) as beyond:
        site.get(path, headers={"Range": f"bytes={len(whole.body)}-"})
    assert beyond.value.status == 416
    head = site.request("HEAD", path)
    assert head.body == b"" and int(head.headers["Content-Length"]) == len(whole.body)
    assert site.get(path, headers={"If-None-Match": whole.headers["ETag"]}).status == 304


def test_an_upload_is_ingested_like_a_file(site):
    raw = clips.bikes().read_bytes()
    path = "/api/v1/projects/uploads/uploads/bikes%20again.mp4?limit_seconds=1&fps=5"
    video = checked(site, "PUT", path, raw=raw, headers={"Content-Type": "application/octet-stream"}).json()
    done = site.wait_for_end(video["id"])
    assert done["state"] == "done" and done["name"] == "bikes again.mp4" and done["progress"]["frames_indexed"] == 5
    assert checked(site, "PUT", path, raw=raw).json()["id"] == video["id"]
    checked(site, "DELETE", "/api/v1/projects/uploads")
    refused(site, "GET", f"/api/v1/videos/{video['id']}", 404)
    refused(site, "GET", "/api/v1/projects/uploads", 404)


def test_a_video_is_shown_by_the_name_it_is_given_and_stays_what_it_is(site):
    before = checked(site, "GET", f"/api/v1/videos/{site.video['id']}").json()
    renamed = checked(site, "POST", f"/api/v1/videos/{site.video['id']}/rename", body={"name": "Straße, 3 \u2013 \"live\""}).json()
    assert renamed["name"] == "Straße, 3 \u2013 \"live\""
    assert renamed == before | {"name": renamed["name"], "updated_at": renamed["updated_at"]}
    assert checked(site, "GET", "/api/v1/projects/street/videos").json()["videos"] == [renamed]
    # The same source with the same settings is still the same video, and keeps the name that a person has given it.
    again = checked(site, "POST", "/api/v1/projects/street/videos", body={
        "source": str(clips.bikes()), "chunk_seconds": 2, "limit_seconds": 4, "fps": 5}).json()
    assert (again["id"], again["name"]) == (before["id"], renamed["name"])
    checked(site, "POST", f"/api/v1/videos/{site.video['id']}/rename", body={"name": before["name"]})
    assert refused(site, "POST", "/api/v1/videos/0000000000000000/rename", 404, body={"name": "x"})


def test_the_server_says_what_it_takes(site):
    facts = checked(site, "GET", "/api/v1/server").json()
    assert facts["version"] == checked(site, "GET", "/healthz").json()["version"]
    assert facts["local"] and not facts["token_required"] and not facts["text_search"]
    assert facts["defaults"] == {"chunk_seconds": 10, "fps": 5}
    assert facts["upload_bytes_max"] == 20 << 30 and facts["picture_bytes_max"] == 32 << 20
    # Somebody behind a proxy does not sit at this machine.
    assert not site.get("/api/v1/server", headers={"X-Forwarded-For": "192.0.2.1"}).json()["local"]


def timeline(server, query: str = "") -> dict:
    return checked(server, "GET", f"/api/v1/videos/{server.video['id']}/timeline{query}").json()


@pytest.mark.parametrize("start,end,buckets", [
    (0, None, 400), (0, None, 1), (0, None, 7), (0, 4000000, 20), (0, 4000000, 4000), (200000, 400000, 1),
    (200000, 200001, 3), (199999, 1000001, 2), (3800000, 9000000, 13), (5000000, None, 2), (0, 3, 4000),
])
def test_a_timeline_counts_every_frame_once(site, start, end, buckets):
    frames = site.get(f"/api/v1/videos/{site.video['id']}/frames?limit=1000").json()["frames"]
    got = timeline(site, f"?from_us={start}&buckets={buckets}" + (f"&to_us={end}" if end else ""))
    to = end or max(site.video["media"]["duration_us"], start + 1)
    assert (got["from_us"], got["to_us"]) == (start, to)
    expected = {"frames": [0] * buckets, "objects": [0] * buckets}
    for frame in frames:
        if start <= frame["pts_us"] < to:
            part = (frame["pts_us"] - start) * buckets // (to - start)
            expected["frames"][part] += 1
            expected["objects"][part] += len(frame["objects"])
    assert {k: got[k] for k in expected} == expected and set(got) == {"from_us", "to_us", "frames", "objects"}
    if start == 0 and end is None:
        assert sum(got["frames"]) == 20 and sum(got["objects"]) == site.video["progress"]["objects"] > 0


def tracks_of(site):
    return checked(site, "GET", f"/api/v1/videos/{site.video['id']}/tracks").json()["tracks"]


def test_tracks_say_what_their_objects_say(site):
    members = {}
    for frame in checked(site, "GET", f"/api/v1/videos/{site.video['id']}/frames?limit=1000").json()["frames"]:
        for found in frame["objects"]:
            members.setdefault(found["track"], []).append((frame, found))
    tracks = tracks_of(site)
    assert tracks and {t["id"] for t in tracks} == set(members) - {None}
    assert site.get(f"/api/v1/videos/{site.video['id']}").json()["progress"]["tracks"] == len(tracks)
    for track in tracks:
        seen = members[track["id"]]
        assert track["objects"] == len(seen)
        assert len({frame["id"] for frame, _ in seen}) == len(seen)  # once a frame
        assert (track["first_us"], track["last_us"]) == (seen[0][0]["pts_us"], seen[-1][0]["pts_us"])
        assert (track["first_frame"], track["last_frame"]) == (seen[0][0]["id"], seen[-1][0]["id"])
        assert {track["best"], track["typical"]} <= {found["id"] for _, found in seen}
        assert track["class"] in {found["class"] for _, found in seen}
        assert checked(site, "GET", f"/api/v1/tracks/{track['id']}").json() == track
        assert checked(site, "GET", f"/api/v1/objects/{track['best']}").json()["track"] == track["id"]


def test_a_track_gives_its_boxes_in_order(site):
    members = {}
    for frame in checked(site, "GET", f"/api/v1/videos/{site.video['id']}/frames?limit=1000").json()["frames"]:
        for found in frame["objects"]:
            members.setdefault(found["track"], []).append({
                "frame": frame["id"], "index": frame["index"], "pts_us": frame["pts_us"],
                **{k: found[k] for k in ("id", "box", "class", "score")}})
    for track in tracks_of(site):
        base = f"/api/v1/tracks/{track['id']}/objects"
        whole = checked(site, "GET", base + "?limit=1000").json()
        assert whole == {"objects": members[track["id"]], "next_cursor": None}
        paged, cursor = [], ""
        while cursor is not None:
            page = checked(site, "GET", f"{base}?limit=2{cursor and f'&cursor={cursor}'}").json()
            assert len(page["objects"]) == 2 or page["next_cursor"] is None
            paged += page["objects"]
            cursor = page["next_cursor"]
        assert paged == whole["objects"]
    refused(site, "GET", f"/api/v1/tracks/{site.video['id']}-t999999/objects", 404)


SAMPLE_US = 200_000


def boxes_between(objects: list[dict], step_us: int) -> list[dict]:
    """Where a track with these objects is, by the contract."""
    found = []
    for i, here in enumerate(objects):
        found.append({"pts_us": here["pts_us"], "box": here["box"], "object": here["id"]})
        if i + 1 == len(objects):
            break
        after = objects[i + 1]
        gap = after["pts_us"] - here["pts_us"]
        if gap <= 3.5 * SAMPLE_US:
            found += [{"pts_us": us, "object": None,
                       "box": [a + (b - a) * (us - here["pts_us"]) / gap for a, b in zip(here["box"], after["box"])]}
                      for us in range(here["pts_us"] + step_us, after["pts_us"], step_us)]
    return found


def assert_boxes(found: list[dict], expected: list[dict]) -> None:
    assert [(b["pts_us"], b["object"]) for b in found] == [(b["pts_us"], b["object"]) for b in expected]
    for one, other in zip(found, expected):
        assert one["box"] == pytest.approx(other["box"], abs=1e-3)


def all_boxes(site, track: str, query: str) -> list[dict]:
    found, cursor = [], ""
    while cursor is not None:
        page = checked(site, "GET", f"/api/v1/tracks/{track}/boxes?{query}{cursor and f'&cursor={cursor}'}").json()
        found += page["boxes"]
        assert page["next_cursor"] != cursor, "the next page is the same one"
        cursor = page["next_cursor"]
    return found


@pytest.mark.parametrize("step_us", [40_000, 33_333, 200_000, 10_000_000])
def test_a_track_has_boxes_on_the_way_from_object_to_object(site, step_us):
    for track in tracks_of(site):
        objects = checked(site, "GET", f"/api/v1/tracks/{track['id']}/objects?limit=1000").json()["objects"]
        expected = boxes_between(objects, step_us)
        assert_boxes(all_boxes(site, track["id"], f"limit=1000&step_us={step_us}"), expected)
        assert_boxes(all_boxes(site, track["id"], f"limit=3&step_us={step_us}"), expected)
        start, end = track["first_us"] + 130_000, track["last_us"] - 90_000
        if start < end:
            assert_boxes(all_boxes(site, track["id"], f"limit=5&step_us={step_us}&from_us={start}&to_us={end}"),
                         [b for b in expected if start <= b["pts_us"] < end])
        assert all_boxes(site, track["id"], f"from_us={track['last_us'] + 1}") == []
        assert all_boxes(site, track["id"], "to_us=0") == []
    moving = max(tracks_of(site), key=lambda t: t["objects"])
    assert len(all_boxes(site, moving["id"], "limit=1000")) > 3 * moving["objects"]


def test_a_track_has_no_boxes_where_it_was_out_of_sight(site):
    frames = checked(site, "GET", f"/api/v1/videos/{site.video['id']}/frames?limit=1000").json()["frames"]
    things = [{**f["objects"][0], "pts_us": f["pts_us"]} for f in frames if f["objects"]]
    # Two soon after one another, and one so much later that it was hidden.
    first, second = next((a, b) for a, b in zip(things, things[1:]) if b["pts_us"] - a["pts_us"] <= 3 * SAMPLE_US)
    third = next(o for o in things if o["pts_us"] - second["pts_us"] >= 4 * SAMPLE_US)
    before = tracks_of(site)
    made = site.post(f"/api/v1/videos/{site.video['id']}/tracks", {"objects": [o["id"] for o in (first, second, third)]}).json()
    track = made["step"]["made"]
    found = all_boxes(site, track, "limit=1000")
    assert_boxes(found, boxes_between([first, second, third], 40_000))
    assert len(found) > 3 and not [b for b in found if second["pts_us"] < b["pts_us"] < third["pts_us"]]
    # Nor for one who asks for just that time, or turns the page there.
    assert all_boxes(site, track, f"from_us={second['pts_us'] + 1}&to_us={third['pts_us']}") == []
    assert_boxes(all_boxes(site, track, f"limit={len(found) - 1}"), found)
    site.post(f"/api/v1/videos/{site.video['id']}/corrections/undo")
    assert tracks_of(site) == before


def test_a_track_is_in_one_place_at_a_time_and_its_pages_end(site, tmp_path):
    # Every second frame has the time of the one before it.
    clip = tmp_path / "pairs.mkv"
    clips.ffmpeg("-i", clips.bikes(), "-t", "4", "-an", "-vf", "setpts=floor(N/2)*2/25/TB", "-fps_mode", "passthrough",
                 "-enc_time_base", "1/1000", "-c:v", "libx264", "-bf", "0", "-preset", "ultrafast", clip)
    video = site.post("/api/v1/projects/pairs/videos", {"source": str(clip), "fps": "all"}).json()["id"]
    assert site.wait_for_end(video)["state"] == "done"
    tracks = checked(site, "GET", f"/api/v1/videos/{video}/tracks").json()["tracks"]
    track = max(tracks, key=lambda one: one["objects"])
    objects = checked(site, "GET", f"/api/v1/tracks/{track['id']}/objects?limit=1000").json()["objects"]
    times = [one["pts_us"] for one in objects]
    assert len(set(times)) < len(times), "the clip has no frames of one time"
    found = all_boxes(site, track["id"], "limit=1000")
    assert [box["pts_us"] for box in found] == sorted({box["pts_us"] for box in found})
    assert set(times) <= {box["pts_us"] for box in found}
    assert_boxes(all_boxes(site, track["id"], "limit=1"), found)


def test_wrong_questions_for_boxes_are_refused(site):
    base = f"/api/v1/tracks/{tracks_of(site)[0]['id']}/boxes"
    for query in ("step_us=0", "step_us=999", "step_us=10000001", "step_us=x", "from_us=-1", "to_us=-1", "limit=0",
                  "limit=1001", "cursor=x", "fps=5"):
        refused(site, "GET", f"{base}?{query}", 400)
    refused(site, "GET", f"/api/v1/tracks/{site.video['id']}-t999999/boxes", 404)
    refused(site, "GET", "/api/v1/tracks/0000000000000000-t1/boxes", 404)
    refused(site, "GET", "/api/v1/tracks/t1/boxes", 400)


def test_tracks_come_page_by_page(site):
    base = f"/api/v1/videos/{site.video['id']}/tracks"
    tracks, cursor = [], None
    while True:
        page = checked(site, "GET", base + "?limit=1" + (f"&cursor={cursor}" if cursor else "")).json()
        tracks += page["tracks"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert tracks == tracks_of(site)
    refused(site, "GET", base + "?limit=0", 400)
    refused(site, "GET", "/api/v1/videos/0000000000000000/tracks", 404)
    refused(site, "GET", f"/api/v1/tracks/{site.video['id']}-t999999", 404)
    refused(site, "GET", "/api/v1/tracks/t1", 400)


def test_similar_objects_come_once_for_each_track_and_say_how_it_was_followed(site):
    track = tracks_of(site)[0]
    path = f"/api/v1/objects/{track['best']}/similar?limit=1000"
    hits = checked(site, "GET", path + "&per_track=true").json()["hits"]
    named = [hit["track"] for hit in hits if hit["track"]]
    assert len(named) == len(set(named))
    facts = {t["id"]: {name: t[name] for name in ("objects", "first_us", "last_us")} for t in tracks_of(site)}
    assert named and all(hit.get("followed") == facts.get(hit["track"]) for hit in hits)
    assert not any("followed" in hit for hit in checked(site, "GET", path).json()["hits"])


def test_what_looks_like_a_track_is_found_without_its_own_objects(site):
    for track in tracks_of(site):
        ask = {"project": "street", "track": track["id"], "limit": 1000}
        hits = checked(site, "POST", "/api/v1/search", body=ask).json()["hits"]
        assert hits and track["id"] not in [hit["track"] for hit in hits]
        assert len(hits) == site.video["progress"]["objects"] - track["objects"]
        scores = [hit["score"] for hit in hits]
        assert scores == sorted(scores, reverse=True)
        once = checked(site, "POST", "/api/v1/search", body={**ask, "per_track": True}).json()["hits"]
        named = [hit["track"] for hit in once if hit["track"]]
        assert len(named) == len(set(named)) == len(tracks_of(site)) - 1
        assert {name: value for name, value in once[0].items() if name != "followed"} == hits[0]
    refused(site, "POST", "/api/v1/search", 404, body={"project": "street", "track": f"{site.video['id']}-t999999"})


def test_a_timeline_counts_a_track(site):
    track = tracks_of(site)[0]
    got = timeline(site, f"?buckets=5&track={track['id']}")
    assert sum(got["track"]) == track["objects"]
    nobody = timeline(site, f"?buckets=5&track={site.video['id']}-t999999")
    assert nobody["track"] == [0] * 5
    refused(site, "GET", f"/api/v1/videos/{site.video['id']}/timeline?track=0000000000000000-t3", 400)


def test_a_video_is_shown_by_one_of_its_frames(site):
    video = checked(site, "GET", f"/api/v1/videos/{site.video['id']}").json()
    assert video["thumbnail"] is True
    picture = checked(site, "GET", f"/api/v1/videos/{video['id']}/image")
    assert picture.body[:3] == b"\xff\xd8\xff"
    frames = site.get(f"/api/v1/videos/{video['id']}/frames?limit=1000").json()["frames"]
    shown = [f for f in frames if site.get(f"/api/v1/frames/{f['id']}/image").body == picture.body]
    assert shown and shown[0]["objects"] and video["media"]["duration_us"] / 3 <= shown[0]["pts_us"]
    assert site.get(f"/api/v1/videos/{video['id']}/image", headers={"If-None-Match": picture.headers["ETag"]}).status == 304


def test_without_stored_frames_there_is_no_thumbnail(home, data):
    with serving(home, data, "--no-keep-frames") as server:
        video = server.post("/api/v1/projects/bare/videos", {"source": str(clips.bikes()), "limit_seconds": 1}).json()
        assert video["thumbnail"] is False
        while (state := server.get(f"/api/v1/videos/{video['id']}").json())["state"] in ("queued", "running"):
            assert state["thumbnail"] is False
        assert state["state"] == "done" and state["thumbnail"] is False and state["progress"]["objects"] > 0
        refused(server, "GET", f"/api/v1/videos/{video['id']}/image", 404)


def test_a_project_can_be_made_and_removed(site):
    assert checked(site, "POST", "/api/v1/projects", body={"name": "empty"}).status == 201
    assert checked(site, "POST", "/api/v1/projects", body={"name": "empty"}).status == 200
    checked(site, "DELETE", "/api/v1/projects/empty")


def test_work_that_failed_for_good_says_of_which_project_it_is(site):
    ids = {}
    for project in ("news", "sport"):
        video = checked(site, "POST", f"/api/v1/projects/{project}/videos", body={
            "source": f"{site.url}/{project}.mp4"}).json()["id"]
        assert site.wait_for_end(video)["state"] == "failed"
        ids[video] = project
    letters = checked(site, "GET", "/api/v1/dead-letters").json()["dead_letters"]
    assert {letter["key"]: letter["project"] for letter in letters} == ids
    for project in ids.values():
        checked(site, "DELETE", f"/api/v1/projects/{project}")


def test_operation_is_visible(site):
    workers = checked(site, "GET", "/api/v1/workers").json()["workers"]
    assert {"splitter", "downloader", "indexer", "tracker"} <= {w["part"] for w in workers}
    state = checked(site, "GET", "/api/v1/activity/state").json()
    assert state["totals"]
    assert {"sources", "segments", "frames"} <= {q["topic"] for q in state["queues"]}
    assert checked(site, "GET", "/api/v1/dead-letters").json()["dead_letters"] == []
    assert checked(site, "GET", "/healthz").json()["status"] == "ok"
    assert set(checked(site, "GET", "/readyz").json()["checks"].values()) == {"ok"}
    text = checked(site, "GET", "/metrics").body.decode()
    assert "# TYPE framehound_" in text
    document = checked(site, "GET", "/api/v1/openapi.json").json()
    assert document == json.loads(json.dumps(contract.document()))
    assert b"Framehound" in site.get("/").body


def test_a_late_client_gets_the_state_so_far_then_live_events(site):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def next_event(stream) -> tuple[str, str, dict]:
        fields: dict[str, str] = {}
        while True:
            line = stream.readline().decode().rstrip("\n")
            if line.startswith(":"):
                continue
            if not line:
                # How full the queues are is said at any time in between, and has no id.
                if fields.get("event") == "queues":
                    assert "id" not in fields and json.loads(fields["data"])["queues"]
                elif "data" in fields:
                    return fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"])
                fields = {}
                continue
            name, _, value = line.partition(": ")
            fields[name] = value

    with opener.open(site.url + "/api/v1/activity", timeout=60) as stream:
        kind, last, state = next_event(stream)
        assert kind == "snapshot" and state["workers"] and state["totals"]
        site.post("/api/v1/projects/street/videos", {"source": str(clips.bikes()), "limit_seconds": 0.5})
        kind, last, event = next_event(stream)
        assert kind == "activity" and event
    request = urllib.request.Request(site.url + "/api/v1/activity", headers={"Last-Event-ID": last})
    site.post("/api/v1/projects/street/videos", {"source": str(clips.bikes()), "limit_seconds": 0.7})
    with opener.open(request, timeout=60) as stream:
        kind, newer, _ = next_event(stream)
        assert kind == "activity" and int(newer) > int(last)


@pytest.mark.parametrize("method,path,status,more", [
    ("GET", "/api/v1/projects/none", 404, {}),
    ("GET", "/api/v1/projects/Bad%20Name", 400, {}),
    ("GET", "/api/v1/projects/none/videos", 404, {}),
    ("POST", "/api/v1/projects", 400, {"body": {"name": "UPPER"}}),
    ("POST", "/api/v1/projects", 400, {"body": {"name": "a", "colour": "red"}}),
    ("POST", "/api/v1/projects", 400, {"body": {}}),
    ("POST", "/api/v1/projects", 400, {"body": {"name": 7}}),
    ("POST", "/api/v1/projects", 400, {"raw": b"{", "headers": {"Content-Type": "application/json"}}),
    ("POST", "/api/v1/projects", 400, {"raw": b"", "headers": {"Content-Type": "application/json"}}),
    ("POST", "/api/v1/projects/p/videos", 400, {"body": {"source": ""}}),
    ("POST", "/api/v1/projects/p/videos", 404, {"body": {"source": "/no/such/file.mp4"}}),
    ("POST", "/api/v1/projects/p/videos", 400, {"body": {"source": "/", "fps": 5}}),
    ("POST", "/api/v1/projects/p/videos", 400, {"body": {"source": "gopher://example.org/x"}}),
    ("POST", "/api/v1/projects/p/videos", 400, {"body": {"source": "x", "chunk_seconds": 0}}),
    ("POST", "/api/v1/projects/p/videos", 400, {"body": {"source": "x", "chunk_seconds": "ten"}}),
    ("POST", "/api/v1/projects/p/videos", 400, {"body": {"source": "x", "limit_seconds": -1}}),
    ("POST", "/api/v1/projects/p/videos", 400, {"body": {"source": "x", "fps": 0}}),
    ("POST", "/api/v1/projects/p/videos", 400, {"body": {"source": "x", "fps": 1e9}}),
    ("POST", "/api/v1/projects/p/videos", 400, {"body": {"source": "x", "fps": [5]}}),
    ("PUT", "/api/v1/projects/p/uploads/empty.mp4", 400, {"raw": b""}),
    ("GET", "/api/v1/videos/0000000000000000", 404, {}),
    ("GET", "/api/v1/videos/xyz", 400, {}),
    ("GET", "/api/v1/videos/0000000000000000/frames", 404, {}),
    ("GET", "/api/v1/videos/0000000000000000/frames?limit=0", 400, {}),
    ("GET", "/api/v1/videos/0000000000000000/frames?limit=1001", 400, {}),
    ("GET", "/api/v1/videos/0000000000000000/frames?from_us=x", 400, {}),
    ("GET", "/api/v1/videos/0000000000000000/frames?colour=red", 400, {}),
    ("GET", "/api/v1/videos/0000000000000000/stream", 404, {}),
    ("DELETE", "/api/v1/videos/0000000000000000", 404, {}),
    ("POST", "/api/v1/videos/0000000000000000/cancel", 404, {}),
    ("GET", "/api/v1/frames/0000000000000000-00000001", 404, {}),
    ("GET", "/api/v1/frames/x/image", 400, {}),
    ("GET", "/api/v1/objects/0000000000000000-00000001-000", 404, {}),
    ("GET", "/api/v1/objects/x/similar", 400, {}),
    ("POST", "/api/v1/search", 400, {"body": {"project": "street"}}),
    ("POST", "/api/v1/search", 404, {"body": {"project": "none", "object": "0000000000000000-00000001-000"}}),
    ("POST", "/api/v1/search", 400, {"body": {"project": "street", "image": "!!!"}}),
    ("POST", "/api/v1/search", 400, {"body": {"project": "street", "image": "aGVsbG8="}}),
    ("POST", "/api/v1/search", 400, {"body": {"project": "street", "image": base64.b64encode(
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0").decode()}}),
    ("POST", "/api/v1/search", 400, {"body": {"project": "street", "text": "a red car"}}),
    ("POST", "/api/v1/search", 400, {"body": {"project": "street", "positive": [1]}}),
    ("POST", "/api/v1/dead-letters/999999/retry", 404, {}),
    ("POST", "/api/v1/dead-letters/x/retry", 400, {}),
], ids=lambda value: value if isinstance(value, str) else None)
def test_bad_requests_are_refused_with_a_problem(site, method, path, status, more):
    refused(site, method, path, status, **more)


V = "/api/v1/videos/0000000000000000"


@pytest.mark.parametrize("method,path,field,more", [
    ("GET", "/api/v1/projects?limit=0", "limit", {}),
    ("GET", "/api/v1/projects?cursor=Bad", "cursor", {}),
    ("GET", "/api/v1/projects?colour=red", "colour", {}),
    ("GET", "/api/v1/projects/Bad%20Name", "project", {}),
    ("POST", "/api/v1/projects", "name", {"body": {"name": "UPPER"}}),
    ("POST", "/api/v1/projects", "name", {"body": {"name": 7}}),
    ("POST", "/api/v1/projects", "name", {"body": {}}),
    ("POST", "/api/v1/projects", "colour", {"body": {"name": "a", "colour": "red"}}),
    ("POST", "/api/v1/projects/Bad/videos", "project", {"body": {"source": "x"}}),
    ("POST", "/api/v1/projects/p/videos", "source", {"body": {"source": ""}}),
    ("POST", "/api/v1/projects/p/videos", "source", {"body": {}}),
    ("POST", "/api/v1/projects/p/videos", "source", {"body": {"source": "/"}}),
    ("POST", "/api/v1/projects/p/videos", "source", {"body": {"source": "/no/such/file.mp4"}}),
    ("POST", "/api/v1/projects/p/videos", "source", {"body": {"source": "gopher://example.org/x"}}),
    ("POST", "/api/v1/projects/p/videos", "source", {"body": {"source": "http://u:p@example.org/x"}}),
    ("POST", "/api/v1/projects/p/videos", "name", {"body": {"source": "x", "name": "n" * 512}}),
    ("POST", "/api/v1/projects/p/videos", "name", {"body": {"source": "x", "name": 1}}),
    ("POST", "/api/v1/projects/p/videos", "name", {"body": {"source": "x", "name": "evil\u001b]0;x\u0007"}}),
    ("POST", "/api/v1/projects/p/videos", "name", {"body": {"source": "x", "name": "turned \u202egpj.exe"}}),
    ("POST", "/api/v1/projects/p/videos", "chunk_seconds", {"body": {"source": "x", "chunk_seconds": 0}}),
    ("POST", "/api/v1/projects/p/videos", "chunk_seconds", {"body": {"source": "x", "chunk_seconds": "ten"}}),
    ("POST", "/api/v1/projects/p/videos", "limit_seconds", {"body": {"source": "x", "limit_seconds": -1}}),
    ("POST", "/api/v1/projects/p/videos", "fps", {"body": {"source": "x", "fps": 0}}),
    ("POST", "/api/v1/projects/p/videos", "fps", {"body": {"source": "x", "fps": "many"}}),
    ("POST", "/api/v1/projects/p/videos", "fps", {"body": {"source": "x", "fps": [5]}}),
    ("PUT", "/api/v1/projects/p/uploads/empty.mp4", "source", {"raw": b""}),
    ("PUT", f"/api/v1/projects/p/uploads/{'n' * 256}", "name", {"raw": b"x"}),
    ("PUT", "/api/v1/projects/p/uploads/x.mp4?chunk_seconds=x", "chunk_seconds", {"raw": b"x"}),
    ("PUT", "/api/v1/projects/p/uploads/x.mp4?chunk_seconds=0", "chunk_seconds", {"raw": b"x"}),
    ("PUT", "/api/v1/projects/p/uploads/x.mp4?limit_seconds=0", "limit_seconds", {"raw": b"x"}),
    ("PUT", "/api/v1/projects/p/uploads/x.mp4?fps=0", "fps", {"raw": b"x"}),
    ("POST", "/api/v1/videos/xyz/rename", "video", {"body": {"name": "x"}}),
    ("POST", f"{V}/rename", "name", {"body": {}}),
    ("POST", f"{V}/rename", "name", {"body": {"name": 7}}),
    ("POST", f"{V}/rename", "name", {"body": {"name": " \n"}}),
    ("POST", f"{V}/rename", "name", {"body": {"name": "n" * 256}}),
    ("POST", f"{V}/rename", "name", {"body": {"name": "one\nforged row"}}),
    ("POST", f"{V}/rename", "name", {"body": {"name": "c1 \u009b[31m"}}),
    ("POST", f"{V}/rename", "colour", {"body": {"name": "x", "colour": "red"}}),
    ("GET", "/api/v1/videos?cursor=x", "cursor", {}),
    ("GET", "/api/v1/videos/xyz", "video", {}),
    ("GET", "/api/v1/videos/xyz/timeline", "video", {}),
    ("GET", f"{V}/frames?state=lost", "state", {}),
    ("GET", f"{V}/timeline?buckets=0", "buckets", {}),
    ("GET", f"{V}/timeline?buckets=4001", "buckets", {}),
    ("GET", f"{V}/timeline?from_us=-1", "from_us", {}),
    ("GET", f"{V}/timeline?from_us=5&to_us=5", "to_us", {}),
    ("GET", f"{V}/timeline?track=7", "track", {}),
    ("POST", "/api/v1/search", "track", {"body": {"project": "street", "track": "7"}}),
    ("GET", "/api/v1/frames/x", "frame", {}),
    ("GET", "/api/v1/objects/x", "object", {}),
    ("GET", "/api/v1/objects/x/image", "object", {}),
    ("GET", "/api/v1/objects/x/similar", "object", {}),
    ("GET", "/api/v1/objects/x/similar?scope=all", "scope", {}),
    ("GET", "/api/v1/objects/x/similar?min_score=2", "min_score", {}),
    ("GET", "/api/v1/objects/x/similar?per_track=perhaps", "per_track", {}),
    ("GET", "/api/v1/dead-letters?video=x", "video", {}),
    ("POST", "/api/v1/search", "project", {"body": {}}),
    ("POST", "/api/v1/search", "project", {"body": {"project": "B"}}),
    ("POST", "/api/v1/search", "object", {"body": {"project": "street", "object": "x"}}),
    ("POST", "/api/v1/search", "positive", {"body": {"project": "street", "positive": ["x"]}}),
    ("POST", "/api/v1/search", "positive", {"body": {"project": "street", "positive": [1]}}),
    ("POST", "/api/v1/search", "image", {"body": {"project": "street", "image": "!!!"}}),
    ("POST", "/api/v1/search", "image", {"body": {"project": "street", "image": "aGVsbG8="}}),
    ("POST", "/api/v1/search", "text", {"body": {"project": "street", "text": "a red car"}}),
    ("POST", "/api/v1/search", "limit", {"body": {"project": "street", "limit": 1001}}),
    ("POST", "/api/v1/search", "filters.videos", {"body": {"project": "street", "filters": {"videos": ["x"]}}}),
    ("POST", "/api/v1/search", "filters.min_score", {"body": {"project": "street", "filters": {"min_score": 2}}}),
    ("POST", "/api/v1/search", "filters.size", {"body": {"project": "street", "filters": {"size": 2}}}),
    ("POST", "/api/v1/session", "token", {"body": {}}),
    ("POST", "/api/v1/dead-letters/x/retry", "id", {}),
], ids=lambda value: value if isinstance(value, str) else None)
def test_an_error_names_the_field_that_is_wrong(site, method, path, field, more):
    status = 404 if more.get("body", {}).get("source") == "/no/such/file.mp4" else 400
    assert refused(site, method, path, status, **more)["field"] == field


def test_a_picture_bomb_is_refused_by_its_header(site):
    bomb = clips.shared("bad", "image_bomb_20000x20000.png").read_bytes()
    problem = None
    with pytest.raises(HttpError) as caught:
        site.post("/api/v1/search", {"project": "street", "image": base64.b64encode(bomb).decode()})
    problem = caught.value.problem()
    assert problem["status"] in (400, 413)


def test_unknown_paths_and_methods_are_said(site):
    with pytest.raises(HttpError) as unknown:
        site.get("/api/v1/nonsense")
    assert unknown.value.status == 404 and unknown.value.problem()["detail"]
    with pytest.raises(HttpError) as method:
        site.request("PATCH", "/api/v1/projects")
    assert method.value.status == 405 and "GET" in method.value.headers["Allow"]


def test_the_contract_has_every_route_of_the_program_and_no_other():
    table = (ROOT / "src" / "api" / "api.c").read_text(encoding="utf-8")
    routes = re.findall(r'\{HTTP_(GET|POST|PUT|DELETE), (V1 )?"([^"]+)"', table)
    served = {(method.lower(), ("/api/v1" if v1 else "") + path) for method, v1, path in routes}
    # What is left is a file of the web application.
    served.remove(("get", "/{file...}"))
    nameless = {(m, re.sub(r"\{[^}]+\}", "{}", p)) for m, p in served}
    promised = {(m, re.sub(r"\{[^}]+\}", "{}", p)) for p, item in contract.document()["paths"].items()
                for m in item if m in ("get", "post", "put", "delete")}
    assert len(served) > 40 and nameless == promised


def test_every_operation_of_the_contract_was_tried(site):
    """Keeps the contract and these tests together: what is new in one must come to the other."""
    tried = {(m.lower(), p) for m, path, _ in site.calls for p in contract.document()["paths"]
             if contract.operation(m, path) is contract.document()["paths"][p].get(m.lower())}
    wanted = {(m, p) for p, item in contract.document()["paths"].items() for m in item if m in ("get", "post", "put", "delete")}
    # These have tests of their own elsewhere; changes in test_label_editors.py, labelling in test_labels.py, corrections in test_corrections.py, export and
    # import in test_import.py.
    elsewhere = {("post", "/api/v1/videos/{v}/resume"), ("post", "/api/v1/session"), ("get", "/api/v1/activity"),
                 ("get", "/api/v1/projects/{p}/changes")}
    elsewhere |= {(m, p) for m, p in wanted if contract.document()["paths"][p][m]["tags"] in (["labels"], ["tracks"], ["exchange"])}
    assert wanted - tried - elsewhere == set()
