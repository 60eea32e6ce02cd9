"""Labelling through HTTP: a real server, a real video, every answer checked against the contract."""

import json
from urllib.parse import quote

import pytest

from harness import contract
from harness.labelling import (
    LABELS, NOBODY, add_objects, alike, at, carried, checked, eventually, examples, frames, objects, of_kind, refused,
    submit, without_labels,
)
from harness.program import HttpError, run, serving


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with a video in each of two projects."""
    base = tmp_path_factory.mktemp("labels")
    (base / "home").mkdir()
    with serving(base / "home", base / "data") as server:
        server.alike = {}
        server.video = submit(server, "street", 10)["id"]
        server.other = submit(server, "other", 1)["id"]
        yield server


@pytest.fixture
def street(site):
    """The same, with no label in it."""
    return without_labels(site)


def everything(server) -> dict:
    """All that labelling shows, to compare."""
    labels = checked(server, "GET", LABELS)
    return {"labels": labels, "frames": frames(server), "history": checked(server, "GET", "/api/v1/projects/street/history"),
            "said": [checked(server, "GET", f"/api/v1/projects/street/assertions?kind={kind}&limit=1000")
                     for kind in ("explicit", "probable", "negative")],
            "mistakes": checked(server, "GET", "/api/v1/projects/street/mistakes"),
            "objects": {(label["name"], kind): of_kind(server, label["name"], kind)
                        for label in labels["labels"] for kind in ("explicit", "probable", "negative")}}


def test_one_word_is_seen_everywhere(street):
    thing, near, *_ = alike(street)
    version = checked(street, "GET", LABELS)["version"]
    done = examples(street, "Bob", positive=[thing], by="ann", version=version)
    assert done["version"] == version + 1 == done["step"]["id"]
    assert done["step"] | {"at": ""} == {
        "id": version + 1, "kind": "examples", "label": "Bob", "labels": 1, "other": None, "positive": 1, "negative": 0,
        "cleared": 0, "at": "", "by": "ann", "undone": False, "undone_at": None}
    assert done["undo"] == done["step"] and done["redo"] is None
    assert done["label"]["name"] == "Bob" and done["label"]["positives"] == 1
    # It holds wherever the object was followed.
    track_of = {o["id"]: o["track"] for f in frames(street) for o in f["objects"]}
    same = [o for o, track in track_of.items() if o == thing or (track and track == track_of[thing])]
    assert done["label"]["explicit"] == len(same)
    listed = checked(street, "GET", LABELS)
    assert listed["labels"] == [done["label"]] and listed["version"] == done["version"] and listed["undo"] == done["step"]

    # Said once more, also by somebody else, it is no step of its own.
    again = examples(street, "bob", positive=[thing], by="cleo")
    assert again == done | {"step": None}

    bob = {"name": "Bob", "kind": "explicit", "score": 1.0}
    assert carried(street)[thing] == bob
    assert checked(street, "GET", f"/api/v1/objects/{thing}")["label"] == bob
    in_frame = checked(street, "GET", f"/api/v1/frames/{thing[:25]}")["objects"]
    assert [o["label"] for o in in_frame if o["id"] == thing] == [bob]
    similar = checked(street, "GET", f"/api/v1/objects/{near}/similar?limit=1000")["hits"]
    assert [h["label"] for h in similar if h["object"] == thing] == [bob]
    found = checked(street, "POST", "/api/v1/search", body={"project": "street", "object": near, "limit": 1000})["hits"]
    assert [h["label"] for h in found if h["object"] == thing] == [bob]
    hits = of_kind(street, "Bob", "explicit")
    assert [(h["object"], h["label"], h["confidence"]) for h in hits] == [(thing, bob, 1.0)]


def longest_track(server) -> list[tuple[str, int]]:
    """The objects of the longest track, with their times."""
    tracks = {}
    for frame in frames(server):
        for thing in frame["objects"]:
            if thing["track"]:
                tracks.setdefault(thing["track"], []).append((thing["id"], frame["pts_us"]))
    return max(tracks.values(), key=len)


def test_a_label_says_how_much_of_a_track_carries_it(street, tmp_path):
    """All of it, and where a no divides it, what is on the side of the yes."""
    track = longest_track(street)
    (first, _), (last, last_us) = track[0], track[-1]
    examples(street, "half", positive=[first])
    (whole,) = of_kind(street, "half", "explicit")
    assert whole["followed"] == {"objects": len(track), "first_us": track[0][1], "last_us": last_us}

    examples(street, "half", negative=[last])
    labels = carried(street)
    own = [pts_us for thing, pts_us in track if labels.get(thing, {}).get("name") == "half"]
    assert 1 <= len(own) < len(track)
    part = {"objects": len(own), "first_us": own[0], "last_us": own[-1]}
    on_it = {thing for thing, _ in track}
    for kind in ("explicit", "probable"):
        hits = [hit for hit in of_kind(street, "half", kind) if hit["object"] in on_it]
        assert all(hit["followed"] == part for hit in hits) and len(hits) == (1 if kind == "explicit" else len(own) - 1)
    assert ["followed" in hit for hit in of_kind(street, "half", "negative")] == [False]
    line, = run("assertions", "street", "--label", "half", "--json", "--server", street.url, home=tmp_path).stdout.splitlines()
    assert json.loads(line)["hit"]["followed"] == part


def together(server, *things: str, video: str | None = None) -> set[str]:
    """These objects of a video and those of their tracks."""
    track_of = {o["id"]: o["track"] for f in frames(server, video) for o in f["objects"]}
    tracks = {track_of[thing] for thing in things} - {None}
    return {*things, *(o for o, track in track_of.items() if track in tracks)}


def test_a_search_by_label_finds_every_object_of_its_tracks(street):
    """Also those that nobody spoke about; and no more after it was taken back."""
    thing, near, *_ = alike(street)
    assert len(together(street, thing)) > 1
    def found() -> set[str]:
        hits = checked(street, "POST", "/api/v1/search", body={
            "project": "street", "object": near, "filters": {"labels": ["Bob"]}, "limit": 1000})["hits"]
        assert all(h["label"]["name"] == "Bob" and h["label"]["kind"] == "explicit" for h in hits)
        return {h["object"] for h in hits}
    examples(street, "Bob", positive=[thing])
    assert found() == together(street, thing) - {near}
    checked(street, "POST", "/api/v1/projects/street/undo")
    assert found() == set()
    checked(street, "POST", "/api/v1/projects/street/redo")
    assert found() == together(street, thing) - {near}


def test_case_and_form_of_a_name_make_no_difference(street):
    thing, near, *_ = alike(street)
    examples(street, "Caf\u00e9", positive=[thing])
    assert examples(street, "CAFE\u0301", positive=[near])["label"]["name"] == "Caf\u00e9"
    assert [h["object"] for h in of_kind(street, "caf\u00e9", "explicit")] == [near, thing]
    for label in ("Caf\u00e9", "CAF\u00c9"):
        by_query = checked(street, "GET", f"/api/v1/objects/{near}/similar?label={quote(label)}")["hits"]
        by_filter = checked(street, "POST", "/api/v1/search", body={
            "project": "street", "object": near, "filters": {"labels": [label, "nobody"]}})["hits"]
        assert [h["object"] for h in by_query] == [h["object"] for h in by_filter]
        assert {h["object"] for h in by_query} == together(street, thing, near) - {near}
    assert checked(street, "GET", f"/api/v1/objects/{near}/similar?label=nobody") == {"hits": [], "more": False}


@pytest.mark.parametrize("name", [
    "AC/DC", "/", "a//b/../c", "100 %", "a?b#c&d=e", "%2F", "blue car", "x" * 100, "\U0001f6b2" * 100, "\u5df4\u58eb",
    "\u0627\u0644\u0633\u064a\u0627\u0631\u0629", "...", "a\\b", "\"'<b>",
])
def test_a_name_may_be_written_in_any_way(street, name):
    thing = objects(street)[0]
    assert examples(street, name, positive=[thing])["label"]["name"] == name
    assert [h["object"] for h in of_kind(street, name, "explicit")] == [thing]
    assert checked(street, "GET", at(name, "/candidates")).keys() == {
        "candidates", "settled", "precision", "missing"}
    renamed = checked(street, "POST", at(name, "/rename"), body={"name": "plain"})
    assert (renamed["step"]["label"], renamed["step"]["other"]) == (name, "plain")
    checked(street, "POST", at("plain", "/rename"), body={"name": name})
    kept = checked(street, "POST", at(name, "/keep"), body={"objects": [thing]})["step"]
    assert (kept["kind"], kept["label"], kept["positive"]) == ("keep", name, 1)
    checked(street, "DELETE", at(name, f"/examples/{thing}"))
    checked(street, "DELETE", at(name))


def test_a_labelling_round_from_the_first_word_to_a_restart(tmp_path):
    home, data = tmp_path / "home", tmp_path / "data"
    home.mkdir()
    with serving(home, data) as server:
        server.video, server.alike = submit(server, "street", 10)["id"], {}
        things = alike(server)
        nothing = everything(server)
        assert nothing["labels"] == {"labels": [], "version": 0, "undo": None, "redo": None}
        assert not carried(server)

        named = examples(server, "bike", positive=things[:3])["label"]
        shown = carried(server)
        explicit = {o for o, label in shown.items() if label["kind"] == "explicit"}
        probable = {o: label for o, label in shown.items() if label["kind"] == "probable"}
        # What is said of an object holds for its track.
        track_of = {o["id"]: o["track"] for f in frames(server) for o in f["objects"]}
        followed = {track_of[o] for o in things[:3]} - {None}
        assert explicit == {*things[:3], *(o for o, track in track_of.items() if track in followed)}
        assert named["positives"] == 3 and named["explicit"] == len(explicit)
        assert probable and all(p["name"] == "bike" and 0 < p["score"] < 1 for p in probable.values())
        assert named["probable"] == len(probable) and named["threshold"] is not None
        hits = of_kind(server, "bike", "probable")
        assert {h["object"]: h["confidence"] for h in hits} == {o: p["score"] for o, p in probable.items()}
        assert [h["confidence"] for h in hits] == sorted((h["confidence"] for h in hits), reverse=True)
        first, rest = (checked(server, "GET", at("bike", f"/objects?kind=probable&{page}"))
                       for page in ("limit=1", "limit=1000&offset=1"))
        assert first["hits"] + rest["hits"] == hits and first["more"] == (len(hits) > 1) and not rest["more"]
        line = checked(server, "GET", f"/api/v1/videos/{server.video}/timeline?buckets=7&label=Bike")
        assert sum(line["explicit"]) == len(explicit) and sum(line["probable"]) == len(probable)

        # "Is this it?" - "No." It is not asked again, and never shown as it.
        before = everything(server)
        wrong = hits[0]["object"]
        examples(server, "bike", negative=[wrong])
        assert wrong not in carried(server)
        assert [h["object"] for h in of_kind(server, "bike", "negative")] == [wrong]
        asked = checked(server, "GET", at("bike", "/candidates?limit=1000"))["candidates"]
        assert not {wrong, *things[:3]} & {h["object"] for h in asked}
        after = everything(server)

        # Undone and done again, all is as it was before and after; only the history has grown.
        undone = checked(server, "POST", "/api/v1/projects/street/undo")
        assert undone["step"]["kind"] == "undo" and undone["redo"]["negative"] == 1
        assert undone["redo"]["undone_at"] == undone["step"]["at"] >= undone["redo"]["at"]
        assert everything(server)["frames"] == before["frames"] and everything(server)["objects"] == before["objects"]
        redone = checked(server, "POST", "/api/v1/projects/street/redo", )
        assert redone["step"]["kind"] == "redo" and redone["redo"] is None
        assert everything(server)["frames"] == after["frames"] and everything(server)["objects"] == after["objects"]
        with pytest.raises(HttpError) as nothing_left:
            server.post("/api/v1/projects/street/redo")
        assert nothing_left.value.status == 409

        # Another name, another label, both one, none.
        renamed = checked(server, "POST", at("bike", "/rename"), body={"name": "bicycle", "by": "ann"})
        assert renamed["label"]["name"] == "bicycle" and renamed["step"]["by"] == "ann"
        refused(server, "GET", at("bike", "/objects"), 404)
        assert {label["name"] for label in carried(server).values()} == {"bicycle"}
        spare = next(o for o in objects(server) if o not in carried(server) and o != wrong)
        examples(server, "machine", positive=[spare])
        refused(server, "POST", at("machine", "/rename"), 409, body={"name": "Bicycle"})
        merged = checked(server, "POST", at("machine", "/merge"), body={"into": "bicycle"})
        assert merged["label"]["name"] == "bicycle" and merged["label"]["positives"] == 4
        assert carried(server)[spare] == {"name": "bicycle", "kind": "explicit", "score": 1.0}
        assert [label["name"] for label in checked(server, "GET", LABELS)["labels"]] == ["bicycle"]
        gone = checked(server, "DELETE", at("bicycle") + "?by=ann")
        assert gone["label"] is None and gone["step"]["kind"] == "delete" and not carried(server)
        back = checked(server, "POST", "/api/v1/projects/street/undo?by=bob")
        assert back["label"]["positives"] == 4
        cleared = checked(server, "DELETE", at("bicycle", f"/examples/{spare}") + "?by=cleo")
        assert [change["step"]["by"] for change in (gone, back, cleared)] == ["ann", "bob", "cleo"]
        assert "100 characters" in refused(server, "POST", "/api/v1/projects/street/undo?by=" + "x" * 101, 400)["detail"]
        assert cleared["step"]["cleared"] == 1 and cleared["label"]["positives"] == 3
        last = everything(server)

        steps = checked(server, "GET", "/api/v1/projects/street/history")["steps"]
        assert [s["kind"] for s in reversed(steps)] == [
            "examples", "examples", "undo", "redo", "rename", "examples", "merge", "delete", "undo", "examples"]
        assert [s["id"] for s in reversed(steps)] == list(range(1, 11)) and steps[2]["undone"]
        paged, cursor = [], ""
        while cursor is not None:
            page = checked(server, "GET", f"/api/v1/projects/street/history?limit=3{cursor and f'&cursor={cursor}'}")
            paged += page["steps"]
            cursor = page["next_cursor"]
        assert paged == steps

    with serving(home, data) as server:
        server.video = next(iter(server.get("/api/v1/videos").json()["videos"]))["id"]
        # Likely labels are learnt again in the background.
        eventually(lambda: everything(server), last)
        # What was done before the restart can still be taken back.
        undone = checked(server, "POST", "/api/v1/projects/street/undo")
        assert undone["label"]["positives"] == 4


def test_the_column_is_filled_without_storing_anything(street):
    thing, *near = alike(street)
    before = everything(street)
    body = {"positive": [thing], "limit": 1000}
    hits = checked(street, "POST", "/api/v1/projects/street/suggestions", body=body)["hits"]
    assert hits and thing not in {h["object"] for h in hits}
    assert [h["confidence"] for h in hits] == sorted((h["confidence"] for h in hits), reverse=True)
    refusal = hits[0]["object"]
    fewer = checked(street, "POST", "/api/v1/projects/street/suggestions", body={**body, "negative": [refusal]})["hits"]
    assert refusal not in {h["object"] for h in fewer} and len(fewer) < len(hits)
    here = checked(street, "POST", "/api/v1/projects/street/suggestions", body={
        **body, "video": street.video, "label": "not there yet", "limit": 1})
    assert len(here["hits"]) == 1 and here["more"] == (len(hits) > 1)
    assert everything(street) == before


def test_both_names_of_a_change_are_looked_at(street):
    one, two, *_ = alike(street)
    examples(street, "one", positive=[one])
    examples(street, "two", positive=[two])
    assert refused(street, "POST", at("one", "/rename"), 409, body={"name": "Two"})["field"] == "name"
    assert refused(street, "POST", at("one", "/merge"), 404, body={"into": "three"})["field"] == "into"
    assert refused(street, "POST", at("one", "/merge"), 400, body={"into": "ONE"})["field"] == "into"
    assert refused(street, "DELETE", at("one", f"/examples/{two}"), 404)["field"] == "object"
    assert checked(street, "POST", at("one", "/rename"), body={"name": "ONE"})["label"]["name"] == "ONE"
    assert checked(street, "POST", at("two", "/merge"), body={"into": "one"})["label"]["positives"] == 2


def test_the_second_of_two_clients_is_told(street):
    one, two, *_ = alike(street)
    seen = checked(street, "GET", LABELS)["version"]
    examples(street, "mine", positive=[one], version=seen)
    problem = refused(street, "POST", at("yours", "/examples"), 409, body={"positive": [two], "version": seen})
    assert problem["code"] == "conflict" and "somebody else" in problem["detail"]
    assert (problem["version"], problem["by"]) == (seen + 1, None)
    for method, path, more in [
        ("DELETE", at("mine", f"?version={seen}"), {}), ("DELETE", at("mine", f"/examples/{one}?version={seen}"), {}),
        ("POST", at("mine", "/rename"), {"body": {"name": "ours", "version": seen}}),
        ("POST", at("mine", "/merge"), {"body": {"into": "ours", "version": seen}}),
        ("POST", f"/api/v1/projects/street/undo?version={seen}", {}),
        ("POST", f"/api/v1/projects/street/redo?version={seen}", {}),
    ]:
        refused(street, method, path, 409, **more)
    now = checked(street, "GET", LABELS)
    assert now["version"] == seen + 1 and [label["name"] for label in now["labels"]] == ["mine"]


def test_who_was_quicker_is_named(street):
    one, two, *_ = alike(street)
    seen = checked(street, "GET", LABELS)["version"]
    late = {"body": {"positive": [two], "version": seen}}
    examples(street, "van", positive=[one], by="anna")
    problem = refused(street, "POST", at("van", "/examples"), 409, **late)
    assert (problem["version"], problem["by"]) == (seen + 1, "anna")
    assert f"changed by anna: they are at version {seen + 1}, not {seen}" in problem["detail"]
    examples(street, "van", negative=[one], by="bob")
    problem = refused(street, "POST", at("van", "/keep"), 409, body={"objects": [one], "version": seen, "by": "cid"})
    assert (problem["version"], problem["by"]) == (seen + 2, "bob") and "changed by bob and others" in problem["detail"]
    # With what it is told, a client can do it again.
    assert examples(street, "van", positive=[two], version=problem["version"])["version"] == seen + 3
    ahead = refused(street, "DELETE", at("van", f"?version={seen + 99}"), 409)
    assert ahead["version"] == seen + 3 and "begun anew" in ahead["detail"]
    # A conflict about something else has no version to go by.
    examples(street, "lorry", positive=[one])
    assert "version" not in refused(street, "POST", at("lorry", "/rename"), 409, body={"name": "van"})


def test_an_object_moves_to_the_label_that_was_said_last(street):
    thing, near, *_ = alike(street)
    examples(street, "first", positive=[thing, near])
    examples(street, "second", positive=[thing])
    assert carried(street)[thing]["name"] == "second"
    assert [h["object"] for h in of_kind(street, "first", "explicit")] == [near]
    checked(street, "POST", "/api/v1/projects/street/undo")
    assert carried(street)[thing] == {"name": "first", "kind": "explicit", "score": 1.0}
    checked(street, "POST", "/api/v1/projects/street/redo")
    assert carried(street)[thing]["name"] == "second"


@pytest.mark.parametrize("method,path,status,field,body", [
    ("GET", "/api/v1/projects/none/labels", 404, None, None),
    ("GET", "/api/v1/projects/Bad/labels", 400, "project", None),
    ("GET", LABELS + "?limit=3", 400, "limit", None),
    ("POST", at("x", "/examples"), 400, None, []),
    ("POST", at("x", "/examples"), 400, "positive", {}),
    ("POST", at("x", "/examples"), 400, "positive", {"positive": []}),
    ("POST", at("x", "/examples"), 400, "positive", {"positive": "x"}),
    ("POST", at("x", "/examples"), 400, "positive", {"positive": [7]}),
    ("POST", at("x", "/examples"), 400, "negative", {"negative": ["x"]}),
    ("POST", at("x", "/examples"), 400, "clear", {"clear": [None]}),
    ("POST", at("x", "/examples"), 400, "positive", {"positive": [NOBODY, NOBODY]}),
    ("POST", at("x", "/examples"), 400, "negative", {"negative": [NOBODY, NOBODY]}),
    ("POST", at("x", "/examples"), 400, "positive", {"positive": [NOBODY] * 10001}),
    ("POST", at("x", "/examples"), 400, "positives", {"positives": [NOBODY]}),
    ("POST", at("x", "/examples"), 400, "version", {"positive": [NOBODY], "version": -1}),
    ("POST", at("x", "/examples"), 400, "version", {"positive": [NOBODY], "version": "new"}),
    ("POST", at("x", "/examples"), 400, "by", {"positive": [NOBODY], "by": "b" * 101}),
    ("POST", at("x", "/examples"), 400, "by", {"positive": [NOBODY], "by": "a\nb"}),
    ("POST", at("x", "/examples"), 404, "positive", {"positive": [NOBODY]}),
    ("POST", at("x" * 101, "/examples"), 400, "label", {"positive": [NOBODY]}),
    ("POST", at(" x", "/examples"), 400, "label", {"positive": [NOBODY]}),
    ("POST", at("x\u202e", "/examples"), 400, "label", {"positive": [NOBODY]}),
    ("POST", at("x", "/examples", "Bad"), 400, "project", {"positive": [NOBODY]}),
    ("POST", at("x", "/examples", "none"), 404, None, {"positive": [NOBODY]}),
    ("DELETE", at("nobody"), 404, "label", None),
    ("DELETE", at("x", "?version=x"), 400, "version", None),
    ("DELETE", at("x", "?colour=red"), 400, "colour", None),
    ("DELETE", at("x", "/examples/x"), 400, "object", None),
    ("DELETE", at("nobody", f"/examples/{NOBODY}"), 404, "label", None),
    ("POST", at("x", "/rename"), 400, "name", {}),
    ("POST", at("x", "/rename"), 400, "name", {"name": ""}),
    ("POST", at("x", "/rename"), 400, "name", {"name": ".."}),
    ("POST", at("x", "/rename"), 400, "name", {"name": 7}),
    ("POST", at("x", "/rename"), 400, "into", {"into": "y"}),
    ("POST", at("nobody", "/rename"), 404, "label", {"name": "y"}),
    ("POST", at("x", "/merge"), 400, "into", {}),
    ("POST", at("nobody", "/merge"), 404, "label", {"into": "y"}),
    ("GET", at("nobody", "/objects"), 404, "label", None),
    ("GET", at("nobody", "/candidates"), 404, "label", None),
    ("GET", at("x", "/objects?kind=likely"), 400, "kind", None),
    ("GET", at("x", "/objects?video=x"), 400, "video", None),
    ("GET", at("x", "/objects?limit=0"), 400, "limit", None),
    ("GET", at("x", "/objects?offset=-1"), 400, "offset", None),
    ("GET", at("x", "/candidates?limit=1001"), 400, "limit", None),
    ("GET", at("x", "/candidates?offset=1"), 400, "offset", None),
    ("POST", "/api/v1/projects/street/suggestions", 400, "positive", {}),
    ("POST", "/api/v1/projects/street/suggestions", 400, "positive", {"positive": ["x"]}),
    ("POST", "/api/v1/projects/street/suggestions", 400, "positive", {"positive": [NOBODY] * 1001}),
    ("POST", "/api/v1/projects/street/suggestions", 400, "positive", {"positive": [NOBODY, NOBODY]}),
    ("POST", "/api/v1/projects/street/suggestions", 400, "label", {"positive": [NOBODY], "label": " "}),
    ("POST", "/api/v1/projects/street/suggestions", 400, "label", {"positive": [NOBODY], "label": 3}),
    ("POST", "/api/v1/projects/street/suggestions", 400, "video", {"positive": [NOBODY], "video": "x"}),
    ("POST", "/api/v1/projects/street/suggestions", 400, "limit", {"positive": [NOBODY], "limit": 0}),
    ("POST", "/api/v1/projects/street/suggestions", 404, "positive", {"positive": [NOBODY]}),
    ("GET", "/api/v1/projects/street/history?cursor=x", 400, "cursor", None),
    ("GET", "/api/v1/projects/street/history?limit=0", 400, "limit", None),
    ("GET", "/api/v1/projects/none/history", 404, None, None),
    ("POST", "/api/v1/projects/street/undo?version=-1", 400, "version", None),
    ("POST", "/api/v1/projects/none/undo", 404, None, None),
], ids=lambda value: value[16:60] if isinstance(value, str) else None)
def test_bad_requests_change_nothing_and_name_the_field(street, method, path, status, field, body):
    before = checked(street, "GET", LABELS)
    problem = refused(street, method, path, status, **({} if body is None else {"body": body}))
    assert problem.get("field") == field, problem
    assert checked(street, "GET", LABELS) == before


def test_a_timeline_of_no_label_is_refused(street):
    problem = refused(street, "GET", f"/api/v1/videos/{street.video}/timeline?label=nobody", 404)
    assert problem["field"] == "label"


def test_an_object_of_another_project_is_refused(street):
    stranger = objects(street, street.other)[0]
    mine = objects(street)[0]
    problem = refused(street, "POST", at("x", "/examples"), 400, body={"positive": [mine], "negative": [stranger]})
    assert stranger in problem["detail"] and problem["field"] == "negative"
    problem = refused(street, "POST", "/api/v1/projects/street/suggestions", 400, body={"positive": [stranger]})
    assert problem["field"] == "positive"
    assert checked(street, "GET", LABELS)["labels"] == []


def test_thousands_of_objects_are_named_in_one_request(tmp_path):
    home, data = tmp_path / "home", tmp_path / "data"
    home.mkdir()
    with serving(home, data) as server:
        server.video = submit(server, "street", 1)["id"]
    many = add_objects(data, server.video, 10000)
    with serving(home, data) as server:
        video = many[0][:16]
        done = examples(server, "boats", positive=many[:5000], negative=many[5000:])
        assert done["label"]["positives"] == done["label"]["explicit"] == 5000 and done["label"]["negatives"] == 5000
        hits = of_kind(server, "boats", "explicit")
        assert len(hits) == 1000
        line = checked(server, "GET", f"/api/v1/videos/{video}/timeline?buckets=2&label=boats")
        assert sum(line["explicit"]) == 5000
        assert checked(server, "POST", "/api/v1/projects/street/undo")["label"] is None


def test_labels_of_a_removed_video_come_back_with_it(street):
    video = submit(street, "street", 2)["id"]
    thing = objects(street, video)[0]
    kept = objects(street)[0]
    examples(street, "back again", positive=[thing, kept])
    street.request("DELETE", f"/api/v1/videos/{video}")
    label = checked(street, "GET", LABELS)["labels"][0]
    assert label["positives"] == 1 and label["explicit"] == len(
        [at for at in carried(street).values() if at["kind"] == "explicit"])
    assert [h["object"] for h in of_kind(street, "back again", "explicit")] == [kept]
    assert submit(street, "street", 2)["id"] == video
    assert carried(street, video)[thing] == {"name": "back again", "kind": "explicit", "score": 1.0}
    # That the video is there again is looked at once a second; then searches that filter by the label find it too.
    question = {"project": "street", "object": kept, "filters": {"labels": ["back again"]}, "limit": 1000}
    carrying = together(street, kept) | together(street, thing, video=video)
    eventually(lambda: {h["object"] for h in checked(street, "POST", "/api/v1/search", body=question)["hits"]},
               carrying - {kept})
    assert {h["object"] for h in of_kind(street, "back again", "explicit")} == {kept, thing}
    street.request("DELETE", f"/api/v1/videos/{video}")


def test_labels_go_with_their_project(site):
    submit(site, "short", 0.5)
    checked(site, "POST", at("x", "/examples", "short"), body={
        "positive": objects(site, site.get("/api/v1/projects/short/videos").json()["videos"][0]["id"])[:1]})
    site.request("DELETE", "/api/v1/projects/short")
    refused(site, "GET", "/api/v1/projects/short/labels", 404)
    submit(site, "short", 0.5)
    assert checked(site, "GET", "/api/v1/projects/short/labels") == {
        "labels": [], "version": 0, "undo": None, "redo": None}
    site.request("DELETE", "/api/v1/projects/short")


def test_every_labelling_operation_of_the_contract_was_tried(site):
    assert contract.untried(site.calls, "labels") == set()
