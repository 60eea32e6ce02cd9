"""Labels as data through HTTP: classes that people refuse; every answer checked against the contract."""

import pytest

from harness.labelling import at, checked, examples, frames, LABELS, submit
from harness.program import serving

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
    for label in site.get(LABELS).json()["labels"]:
        site.request("DELETE", at(label["name"]))
    return site


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
    assert checked(street, "GET", at(name, "/candidates")) == {"candidates": [], "settled": True}

    checked(street, "POST", f"{STREET}/undo")
    assert every_object(street) == before
    assert of_class(street, name, other) == everywhere and count_of(street, name) == count
    checked(street, "POST", f"{STREET}/redo")
    assert of_class(street, name, other) == [found - same for found in everywhere]
    # Somebody who sees better says yes.
    examples(street, name, positive=[thing["id"]])
    assert thing["id"] in of_class(street, name, other)[0]
    assert "class_refused" not in checked(street, "GET", f"/api/v1/objects/{thing['id']}")
