"""Labelling that makes no sense, or next to none: each with its status and a sentence that helps; nothing is changed."""

import json
from urllib.parse import quote

import pytest

from harness import clips
from harness.labelling import LABELS, NOBODY, at, carried, checked, examples, objects, of_kind, refused, without_labels
from harness.program import serving

STREET = "/api/v1/projects/street"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The same clip twice, cut differently, so that every object has a twin with the same vector; and another project."""
    base = tmp_path_factory.mktemp("label-bad-input")
    (base / "home").mkdir()
    with serving(base / "home", base / "data") as server:
        def submit(project: str, chunk: float, limit: float) -> str:
            video = server.post(f"/api/v1/projects/{project}/videos", {
                "source": str(clips.bikes()), "chunk_seconds": chunk, "limit_seconds": limit, "fps": 5}).json()
            assert server.wait_for_end(video["id"])["state"] == "done"
            return video["id"]
        server.video, server.twin, server.other = submit("street", 2, 4), submit("street", 3, 4), submit("other", 2, 1)
        yield server


@pytest.fixture
def street(site):
    return without_labels(site)


def twins(server) -> list[tuple[str, str]]:
    pairs = [(o, server.twin + o[16:]) for o in objects(server)]
    assert {twin for _, twin in pairs} == set(objects(server, server.twin))
    return pairs


def is_refused(server, method: str, path: str, status: int, words: str, field: str | None, **more) -> None:
    before = checked(server, "GET", LABELS)
    problem = refused(server, method, path, status, **more)
    assert words in problem["detail"] and problem.get("field") == field, problem
    assert checked(server, "GET", LABELS) == before


# ---- objects

@pytest.mark.parametrize("lists", [("positive", "negative"), ("positive", "clear"), ("negative", "clear"),
                                   ("positive", "positive"), ("positive", "negative", "clear")])
def test_assertions_that_contradict_each_other_are_refused(street, lists):
    one, two = objects(street)[:2]
    body: dict[str, list[str]] = {"positive": [two]}
    for name in lists:
        body.setdefault(name, []).append(one)
    problem = refused(street, "POST", at("van", "/examples"), 400, body=body)
    assert f"{one} is named twice: say of each object once what it is" in problem["detail"]
    assert problem["field"] in lists
    assert checked(street, "GET", LABELS)["labels"] == []


def test_suggestions_do_not_take_an_object_for_both(street):
    one = objects(street)[0]
    is_refused(street, "POST", f"{STREET}/suggestions", 400, "named twice", "negative",
               body={"positive": [one], "negative": [one]})


@pytest.mark.parametrize("field", ["positive", "negative", "clear"])
def test_objects_that_are_not_there_are_named(street, field):
    one = objects(street)[0]
    missing = {"no such video": NOBODY, "no such frame": f"{street.video}-99999999-000", "no such object": one[:-3] + "999"}
    for thing in missing.values():
        body = {"positive": [one], field: [*([one] if field == "positive" else []), thing]}
        is_refused(street, "POST", at("van", "/examples"), 404, f"there is no object {thing}", field, body=body)


def test_objects_of_another_project_are_sent_home(street):
    stranger, one = objects(street, street.other)[0], objects(street)[0]
    words = f"the object {stranger} belongs to project other, not to street: label it there, or ingest its video here"
    for field in ("positive", "negative", "clear"):
        body = {"positive": [one], field: [*([one] if field == "positive" else []), stranger]}
        is_refused(street, "POST", at("van", "/examples"), 400, words, field, body=body)
    is_refused(street, "POST", f"{STREET}/suggestions", 400, words, "positive", body={"positive": [stranger]})
    examples(street, "van", positive=[one])
    is_refused(street, "POST", at("van", "/keep"), 404, f"nothing was said of {stranger}", "objects", body={"objects": [stranger]})


# ---- names

HUGE = "x" * 10000


@pytest.mark.parametrize("name,words", [
    ("", "1 to 100 characters"), (HUGE, "at most 100 characters; this one has 10000"), ("x" * 101, "at most 100 characters"),
    (" van", "begins or ends with a space"), ("van\u00a0", "begins or ends with a space"), ("\u3000", "begins or ends with a space"),
    ("a\nb", "no control characters"), ("a\u2028b", "no control characters or line breaks"), ("..", "would not work in addresses"),
    ("\u200b", "a character that can be seen"), ("\u202eabc", "turn the text's direction"), ("a\u2066b", "turn the text's direction"),
], ids=["empty", "huge", "101", "space before", "space after", "only space", "newline", "separator", "dots", "unseen", "turned", "isolated"])
def test_names_that_are_none_are_refused_in_paths_and_bodies(street, name, words):
    one = objects(street)[0]
    examples(street, "van", positive=[one])
    is_refused(street, "POST", at("van", "/rename"), 400, words, "name", body={"name": name})
    is_refused(street, "POST", at("van", "/merge"), 400, words, "into", body={"into": name})
    is_refused(street, "POST", f"{STREET}/suggestions", 400, words, "label", body={"positive": [one], "label": name})
    if name == "a\nb":  # no address has control characters, in a label or anywhere
        is_refused(street, "GET", f"{STREET}/assertions?label=a%0Ab", 400, "without control characters", None)
        is_refused(street, "GET", at(name, "/objects"), 400, "without control characters", None)
        return
    is_refused(street, "GET", f"{STREET}/assertions?label={quote(name, safe='')}", 400, words, "label")
    is_refused(street, "GET", f"{STREET}/mistakes?label={quote(name, safe='')}", 400, words, "label")
    if name not in ("", ".."):  # addresses without them are other addresses
        is_refused(street, "POST", at(name, "/examples"), 400, words, "label", body={"positive": [one]})
        is_refused(street, "GET", at(name, "/objects"), 400, words, "label")
        is_refused(street, "DELETE", at(name), 400, words, "label")


@pytest.mark.parametrize("name", ["\u0627\u0644\u0633\u064a\u0627\u0631\u0629 \u0627\u0644\u062d\u0645\u0631\u0627\u0621",
                                  "\u05de\u05db\u05d5\u05e0\u05d9\u05ea", "van \u0633\u064a\u0627\u0631\u0629 2"])
def test_names_from_right_to_left_are_names(street, name):
    one, two = objects(street)[:2]
    assert examples(street, name, positive=[one], negative=[two])["label"]["name"] == name
    assert carried(street)[one]["name"] == name
    assert [h["object"] for h in of_kind(street, name, "negative")] == [two]


@pytest.mark.parametrize("first,second", [
    ("Caf\u00e9", "CAFE\u0301"), ("Stra\u00dfe", "STRASSE"), ("\ufb01sh", "Fish"), ("\uff36\uff21\uff2e", "van"), ("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3"),
    ("e\u0301\u0323", "e\u0323\u0301"),
], ids=["case and form", "sharp s", "ligature", "width", "sigma", "order of marks"])
def test_names_that_differ_only_in_case_or_form_are_one_label(street, first, second):
    one, two, three = objects(street)[:3]
    name = examples(street, first, positive=[one])["label"]["name"]
    assert examples(street, second, positive=[two])["label"]["name"] == name
    assert {h["object"] for h in of_kind(street, second, "explicit")} == {one, two}
    examples(street, "lorry", positive=[three])
    is_refused(street, "POST", at("lorry", "/rename"), 409, f'another label is called "{name}" already', "name",
               body={"name": second})
    is_refused(street, "POST", at(first, "/merge"), 400, "cannot be merged into itself", "into", body={"into": second})
    # Another spelling of its own name is no conflict.
    assert checked(street, "POST", at(first, "/rename"), body={"name": second})["label"]["positives"] == 2


# ---- labels that are hard to learn from

def everything_answers(server, label: str) -> dict:
    """What is asked of a label, all of which must have an answer."""
    one = objects(server)[0]
    suggestions = checked(server, "POST", f"{STREET}/suggestions", body={"positive": [one], "label": label, "limit": 1000})
    return {"probable": {h["object"] for h in of_kind(server, label, "probable")},
            "candidates": checked(server, "GET", at(label, "/candidates?limit=100")),
            "suggestions": {h["object"] for h in suggestions["hits"]},
            "mistakes": checked(server, "GET", f"{STREET}/mistakes")["mistakes"],
            "shown": carried(server),
            "list": checked(server, "GET", LABELS)["labels"]}


def test_a_label_with_noes_only_lays_claim_to_nothing(street):
    one, two, *_ = objects(street)
    assert examples(street, "van", negative=[one, two])["label"] | {"created_at": "", "updated_at": ""} == {
        "name": "van", "positives": 0, "negatives": 2, "explicit": 0, "probable": 0, "threshold": None, "example": None,
        "created_at": "", "updated_at": ""}
    seen = everything_answers(street, "van")
    assert seen["probable"] == set() and seen["shown"] == {} and seen["mistakes"] == []
    assert seen["candidates"] == {"candidates": [], "settled": True, "precision": None, "missing": None}
    assert two not in seen["suggestions"]


def test_one_positive_is_enough_to_begin_with(street):
    pairs = twins(street)
    thing, twin = pairs[0]
    examples(street, "van", positive=[thing])
    seen = everything_answers(street, "van")
    assert seen["mistakes"] == [] and seen["shown"][thing]["kind"] == "explicit"
    # What looks exactly like it is it.
    assert twin in seen["probable"] | {h["object"] for h in seen["candidates"]["candidates"]}


def test_when_everything_is_it_nothing_is_left_to_ask(street):
    everything = [o for pair in twins(street) for o in pair]
    change = examples(street, "van", positive=everything)
    assert change["label"]["positives"] == change["label"]["explicit"] == len(everything)
    seen = everything_answers(street, "van")
    assert seen["probable"] == set() and seen["candidates"]["candidates"] == [] and seen["candidates"]["settled"]
    assert seen["suggestions"] == set() and seen["mistakes"] == []
    assert {label["name"] for label in seen["shown"].values()} == {"van"}


def test_the_same_picture_on_both_sides_is_what_was_said_of_it(street):
    pairs = twins(street)
    yes, no = [a for a, _ in pairs[:10]], [b for _, b in pairs[:10]]
    vectors = checked(street, "GET", f"/api/v1/objects/{yes[0]}/similar?limit=1")["hits"]
    assert vectors[0]["object"] == no[0] and vectors[0]["score"] > 0.999
    examples(street, "van", positive=yes, negative=no)
    seen = everything_answers(street, "van")
    assert all(seen["shown"][o] == {"name": "van", "kind": "explicit", "score": 1.0} for o in yes)
    # An object's own word counts for itself, however much it looks like the other side; and it is not asked about again.
    gone = set(no)
    assert not gone & (seen["shown"].keys() | seen["probable"] | seen["suggestions"])
    assert not gone & {h["object"] for h in seen["candidates"]["candidates"]}
    assert json.dumps(seen["list"]).count('"van"') == 1
