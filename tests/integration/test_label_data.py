"""Labels as data through HTTP: what was said, and classes that people refuse; every answer checked against the contract."""

import json
from urllib.parse import urlencode

import pytest

from harness.labelling import LABELS, NOBODY, alike, at, checked, examples, frames, of_kind, refused, submit, without_labels
from harness.program import run, serving

STREET = "/api/v1/projects/street"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    base = tmp_path_factory.mktemp("label-data")
    (base / "home").mkdir()
    with serving(base / "home", base / "data") as server:
        server.alike = {}
        server.video = submit(server, "street", 10)["id"]
        yield server


@pytest.fixture
def street(site):
    """The same, with no label in it."""
    return without_labels(site)


def every_object(server) -> dict[str, dict]:
    return {o["id"]: o for f in frames(server) for o in f["objects"]}


def of_class(server, name: str, near: str) -> list[set[str]]:
    """The objects of a class, by each way to ask for them."""
    def search(**question):
        hits, more = [], True
        while more:
            answer = checked(server, "POST", "/api/v1/search", body={
                "project": "street", "filters": {"classes": [name]}, "limit": 200, "offset": len(hits), **question})
            hits, more = hits + answer["hits"], answer["more"]
        return {h["object"] for h in hits}
    similar = checked(server, "GET", f"/api/v1/objects/{near}/similar?limit=1000&class={name}")["hits"]
    return [search(), search(object=near), {h["object"] for h in similar}]


def count_of(server, name: str) -> int:
    return sum(c["objects"] for c in checked(server, "GET", f"{STREET}/classes")["classes"] if c["name"] == name)


def test_not_this_class_is_said_like_any_no_and_holds_in_filters_until_undone(street):
    before = every_object(street)
    kinds = [o["class"] for o in before.values()]
    name = max(set(kinds), key=kinds.count)
    thing = next(o for o in before.values() if o["class"] == name)
    other = next(o["id"] for o in before.values() if o["class"] != name)
    same = {o["id"] for o in before.values() if o["class"] == name and (
        o["id"] == thing["id"] or (o["track"] and o["track"] == thing["track"]))}
    everywhere, count = of_class(street, name, other), count_of(street, name)
    assert all(same <= found for found in everywhere)

    # The name's case makes no difference, as with all labels.
    done = examples(street, name.upper(), negative=[thing["id"]], by="ann")
    assert done["label"]["negatives"] == 1 and done["label"]["positives"] == 0
    shown = every_object(street)
    refused = {o for o, seen in shown.items() if seen.get("class_refused")}
    assert same <= refused and all(shown[o]["track"] == thing["track"] for o in refused)
    # What the detector said stays what it is, and nothing else has changed.
    assert {o: {**seen, "class_refused": None} for o, seen in shown.items()} == {
        o: {**seen, "class_refused": None} for o, seen in before.items()}
    assert checked(street, "GET", f"/api/v1/objects/{thing['id']}")["class_refused"]
    if thing["track"]:
        track = checked(street, "GET", f"/api/v1/tracks/{thing['track']}")
        assert track.get("class_refused", False) == (track["class"] == name)
    hits = checked(street, "GET", f"/api/v1/objects/{other}/similar?limit=1000")["hits"]
    assert [h["class_refused"] for h in hits if h["object"] == thing["id"]] == [True]
    assert of_class(street, name, other) == [found - same for found in everywhere]
    assert count_of(street, name) == count - len(same)
    # It is nobody's likely label: a label with noes only lays claim to nothing.
    assert not any(seen["label"] for seen in shown.values())
    assert checked(street, "GET", at(name, "/candidates")) == {
        "candidates": [], "settled": True, "precision": None, "missing": None}

    checked(street, "POST", f"{STREET}/undo")
    assert every_object(street) == before
    assert of_class(street, name, other) == everywhere and count_of(street, name) == count
    checked(street, "POST", f"{STREET}/redo")
    assert of_class(street, name, other) == [found - same for found in everywhere]
    # Somebody who sees better says yes.
    examples(street, name, positive=[thing["id"]])
    assert thing["id"] in of_class(street, name, other)[0]
    assert "class_refused" not in checked(street, "GET", f"/api/v1/objects/{thing['id']}")


def said(server, limit: int = 1000, **filters) -> list[dict]:
    """All pages."""
    found, cursor = [], None
    while True:
        query = urlencode({**filters, "limit": limit, **({"cursor": cursor} if cursor else {})})
        page = checked(server, "GET", f"{STREET}/assertions?{query}")
        assert len(page["assertions"]) <= limit
        found, cursor = found + page["assertions"], page["next_cursor"]
        if cursor is None:
            return found


def test_what_was_said_is_found_by_who_when_and_what(street):
    one, two, three, *_ = alike(street)
    video = street.video
    first = examples(street, "van", positive=[one, two], by="anna")["step"]
    second = examples(street, "van", negative=[three], by="bob")["step"]
    third = examples(street, "lorry", positive=[two])["step"]
    assert [(a["label"], a["hit"]["object"], a["by"], a["step"]) for a in said(street)] == [
        ("lorry", two, None, third["id"]), ("van", one, "anna", first["id"])]
    assert said(street, limit=1) == said(street)
    anna, = said(street, by="anna")
    assert anna | {"hit": None} == {"label": "van", "kind": "explicit", "score": 1.0, "by": "anna", "at": first["at"],
                                    "step": first["id"], "hit": None}
    assert anna["hit"]["label"] == {"name": "van", "kind": "explicit", "score": 1.0}
    # What did we say was not the van?
    no, = said(street, kind="negative", label="VAN")
    assert (no["hit"]["object"], no["by"], no["step"], no["kind"]) == (three, "bob", second["id"], "negative")
    assert said(street, by="") == [a for a in said(street) if a["by"] is None]
    assert said(street, **{"from": third["at"]})[0]["step"] == third["id"]
    assert said(street, to=first["at"]) == [] and said(street, to="2020-01-01") == []
    assert len(said(street, **{"from": "2020-01-01", "to": "2100-01-01T00:00:00+02:00"})) == 2
    assert said(street, video=video) == said(street) and said(street, video="0" * 16) == []
    class_name = anna["hit"]["class"]
    assert anna in said(street, **{"class": class_name}) and said(street, **{"class": "no such class"}) == []
    # Its class refused, it is still found by what the detector called it.
    examples(street, class_name, negative=[one])
    assert [a["hit"]["class_refused"] for a in said(street, **{"class": class_name}) if a["hit"]["object"] == one] == [True]


def test_what_is_probable_is_found_by_how_sure_it_is(street):
    things = alike(street)
    examples(street, "thing", positive=things[:1])
    probable = said(street, kind="probable")
    assert [(p["hit"]["object"], p["score"]) for p in probable] == [
        (h["object"], h["confidence"]) for h in of_kind(street, "thing", "probable")]
    assert probable and all((p["by"], p["at"], p["step"]) == (None, None, None) for p in probable)
    assert said(street, limit=2, kind="probable") == probable
    low, high = probable[-1]["score"], probable[0]["score"]
    assert said(street, kind="probable", min_score=low, max_score=high) == probable
    assert {p["score"] for p in said(street, kind="probable", min_score=high)} == {high}
    assert said(street, kind="probable", max_score=low / 2) == []


@pytest.mark.parametrize("query,status,field", [
    ("kind=likely", 400, "kind"), ("label=", 400, "label"), ("label=nobody", 404, "label"), ("from=yesterday", 400, "from"),
    ("to=2026-02-30", 400, "to"), ("from=2026-01-02&to=2026-01-01", 400, "to"), ("video=x", 400, "video"),
    ("min_score=2", 400, "min_score"), ("max_score=-1", 400, "max_score"), ("min_score=0.9&max_score=0.1", 400, "max_score"),
    ("limit=0", 400, "limit"), ("limit=1001", 400, "limit"), ("cursor=x", 400, "cursor"), ("colour=red", 400, "colour"),
    ("kind=probable&by=anna", 400, "by"), ("kind=probable&from=2026-01-01", 400, "from"),
    ("kind=probable&cursor=7.0123456789abcdef-00000042-007", 400, "cursor"),
])
def test_questions_that_make_no_sense_name_the_field(street, query, status, field):
    assert refused(street, "GET", f"{STREET}/assertions?{query}", status)["field"] == field


def test_what_was_said_is_listed_on_the_command_line(street, tmp_path):
    one, two, *_ = alike(street)
    examples(street, "red van", positive=[one], by="anna")
    examples(street, "red van", negative=[two], by="bob")
    def listed(*args, check=0):
        return run("assertions", "street", *args, "--server", street.url, home=tmp_path, check=check)
    line, = listed("--json", "--by", "anna").stdout.splitlines()
    assert json.loads(line) == said(street, by="anna")[0]
    table = listed("--kind", "negative", "--label", "Red Van").stdout
    assert two in table and "no" in table.split() and "bob" in table and one not in table
    assert "Nothing was said" in listed("--by", "nobody").stdout
    assert "no time" in listed("--from", "monday", check=2).stderr
    assert "no label" in listed("--label", "blue van", check=1).stderr


# ---- probable mistakes

def mistakes(server, **query) -> list[dict]:
    found, cursor = [], None
    while True:
        page = checked(server, "GET", f"{STREET}/mistakes?" + urlencode({**query, **({"cursor": cursor} if cursor else {})}))
        found, cursor = found + page["mistakes"], page["next_cursor"]
        if cursor is None:
            return found


def label_tracks(server) -> dict[str, list[str]]:
    """Names the two things that are seen longest by their tracks, each object for itself."""
    tracks: dict[str, list[str]] = {}
    for o in every_object(server).values():
        if o["track"]:
            tracks.setdefault(o["track"], []).append(o["id"])
    first, second, *_ = sorted(tracks.values(), key=len, reverse=True)
    examples(server, "first", positive=first, by="anna")
    examples(server, "second", positive=second, by="anna")
    return {"first": first, "second": second}


def test_a_planted_mistake_is_the_first_and_nothing_else_is_one(street):
    things = label_tracks(street)
    clean = checked(street, "GET", f"{STREET}/mistakes")
    assert clean["mistakes"] == [] and clean["examined"] == clean["assertions"] == sum(map(len, things.values()))
    # Somebody was careless: one picture of the second thing became the first.
    wrong = things["second"][len(things["second"]) // 2]
    step = examples(street, "first", positive=[wrong], by="bob")["step"]
    found = mistakes(street)
    assert [m["assertion"]["hit"]["object"] for m in found] == [wrong]
    mistake = found[0]
    assert mistake["assertion"]["label"] == "first" and mistake["assertion"]["kind"] == "explicit"
    assert (mistake["assertion"]["by"], mistake["assertion"]["step"]) == ("bob", step["id"])
    assert mistake["reason"] == "other_label" and mistake["likely"] == "second" and mistake["score"] >= 0.7
    assert mistake["other"]["object"] in things["second"] and "second" in mistake["detail"]
    assert mistakes(street, label="FIRST") == found and mistakes(street, label="second") == []
    assert mistakes(street, min_score=1) == [] and mistakes(street, min_score=0.5, limit=1)[:1] == found

    # Bob looks again, and is sure.
    kept = checked(street, "POST", at("first", "/keep"), body={"objects": [wrong], "by": "bob"})
    assert kept["step"]["kind"] == "keep" and kept["step"]["by"] == "bob" and kept["undo"] == kept["step"]
    assert mistakes(street) == []
    checked(street, "POST", f"{STREET}/undo")
    assert mistakes(street) == found
    # Anna corrects it.
    examples(street, "second", positive=[wrong])
    assert mistakes(street) == []


def test_a_wrong_no_is_found_too(street):
    things = label_tracks(street)
    wrong = things["first"][len(things["first"]) // 2]
    examples(street, "first", negative=[wrong])
    found, = mistakes(street)
    assert found["assertion"]["kind"] == "negative" and found["assertion"]["hit"]["object"] == wrong
    assert found["reason"] == "like_yes" and found["likely"] == "first"


@pytest.mark.parametrize("method,path,status,field,body", [
    ("GET", f"{STREET}/mistakes?label=nobody", 404, "label", None),
    ("GET", f"{STREET}/mistakes?label=", 400, "label", None),
    ("GET", f"{STREET}/mistakes?min_score=1.5", 400, "min_score", None),
    ("GET", f"{STREET}/mistakes?limit=0", 400, "limit", None),
    ("GET", f"{STREET}/mistakes?cursor=x", 400, "cursor", None),
    ("GET", f"{STREET}/mistakes?by=anna", 400, "by", None),
    ("GET", "/api/v1/projects/none/mistakes", 404, None, None),
    ("POST", at("nobody", "/keep"), 404, "label", {"objects": [NOBODY]}),
    ("POST", at("red", "/keep"), 400, "objects", {}),
    ("POST", at("red", "/keep"), 400, "objects", {"objects": []}),
    ("POST", at("red", "/keep"), 400, "objects", {"objects": ["x"]}),
    ("POST", at("red", "/keep"), 400, "objects", {"objects": [NOBODY] * 10001}),
    ("POST", at("red", "/keep"), 404, "objects", {"objects": [NOBODY]}),
    ("POST", at("red", "/keep"), 400, "by", {"objects": [NOBODY], "by": "b" * 101}),
    ("POST", at("red", "/keep"), 400, "version", {"objects": [NOBODY], "version": "x"}),
    ("POST", at("red", "/keep"), 409, None, {"objects": [NOBODY], "version": 0}),
    ("POST", at("red", "/keep"), 400, "colour", {"objects": [NOBODY], "colour": "red"}),
], ids=lambda value: value[17:60] if isinstance(value, str) else None)
def test_bad_questions_about_mistakes_name_the_field(street, method, path, status, field, body):
    examples(street, "red", positive=[next(iter(every_object(street)))])
    before = checked(street, "GET", LABELS)
    assert refused(street, method, path, status, **({} if body is None else {"body": body})).get("field") == field
    assert checked(street, "GET", LABELS) == before


def test_the_same_object_cannot_be_kept_twice_in_one_request(street):
    one = next(iter(every_object(street)))
    examples(street, "red", positive=[one])
    problem = refused(street, "POST", at("red", "/keep"), 400, body={"objects": [one, one]})
    assert "twice" in problem["detail"] and problem["field"] == "objects"


def test_mistakes_are_reviewed_on_the_command_line(street, tmp_path):
    things = label_tracks(street)
    wrong = things["second"][len(things["second"]) // 2]
    examples(street, "first", positive=[wrong], by="bob")
    at_server = ("--server", street.url)
    line, = run("mistakes", "street", "--json", *at_server, home=tmp_path).stdout.splitlines()
    assert json.loads(line) == mistakes(street)[0]
    table = run("mistakes", "street", *at_server, home=tmp_path).stdout
    assert wrong in table and "bob" in table and 'looks like "second"' in table.replace("more ", "")
    run("label", "street", "first", "--keep", wrong, "--yes", wrong, *at_server, home=tmp_path, check=2)
    run("label", "street", "first", "--keep", wrong, "--by", "bob", *at_server, home=tmp_path)
    assert "Nothing looks like a mistake" in run("mistakes", "street", *at_server, home=tmp_path).stdout
