"""Corrections of tracks through HTTP: a real server, a real video, every answer checked against the contract."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import contract
from harness.corrections import (
    apart, belongs, consistent, frame_of, give, history, longest, members, merge,
    not_done, redo, split, together, undo,
)
from harness.labelling import LABELS, checked, frames, submit, without_labels
from harness.program import HttpError, serving


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    base = tmp_path_factory.mktemp("corrections")
    (base / "home").mkdir()
    with serving(base / "home", base / "data") as server:
        server.video = submit(server, "street", 10)["id"]
        server.other = submit(server, "other", 1)["id"]
        server.found = belongs(server)
        yield server


@pytest.fixture
def street(site):
    """The same, with no correction that counts and no label."""
    while checked(site, "GET", history(site))["undo"]:
        undo(site)
    assert belongs(site) == site.found
    return without_labels(site)


def test_a_track_is_split_at_a_time(street):
    track = longest(street)[0]
    before = members(street, track)
    at_us, first = before[2]
    done = split(street, track, at_us, by="ann")
    made = done["step"]["made"]
    assert made not in street.found.values()
    assert members(street, track) == before[:2]
    assert members(street, made) == before[2:]
    assert [t["id"] for t in done["tracks"]] == sorted([track, made], key=lambda t: int(t[18:]))
    assert {t["id"]: t["objects"] for t in done["tracks"]} == {track: 2, made: len(before) - 2}
    assert done["removed"] == [] and done["redo"] is None
    step = done["step"]
    assert (step["kind"], step["track"], step["other"], step["time_us"], step["by"]) == ("split", track, None, at_us, "ann")
    assert done["undo"] == step and first.startswith(street.video)
    assert checked(street, "GET", f"/api/v1/tracks/{made}") == done["tracks"][1]
    consistent(street)
    back = undo(street)
    assert back["removed"] == [made] and back["undo"] is None and back["redo"]["id"] == step["id"]
    assert (back["step"]["kind"], back["step"]["about"], back["step"]["step"]) == ("undo", "split", step["id"])
    assert belongs(street) == street.found
    consistent(street)
    again = redo(street)
    assert again["undo"]["made"] == made and members(street, made) == before[2:]
    consistent(street)


def test_a_split_between_objects_begins_with_the_next_one(street):
    track = longest(street)[0]
    before = members(street, track)
    done = split(street, track, before[0][0] + 1)
    assert done["step"]["time_us"] == before[1][0]
    assert members(street, track) == before[:1]


def test_two_tracks_become_one(street):
    a, b = apart(street)
    all_of_them = sorted(members(street, a) + members(street, b))
    done = merge(street, b, a)
    assert done["removed"] == [b] and [t["id"] for t in done["tracks"]] == [a]
    assert (done["step"]["track"], done["step"]["other"], done["step"]["made"]) == (b, a, None)
    assert members(street, a) == all_of_them
    not_done(street, "GET", f"/api/v1/tracks/{b}", 404)
    consistent(street)
    assert undo(street)["removed"] == []
    assert belongs(street) == street.found
    consistent(street)


def test_tracks_in_the_same_frames_are_not_made_one(street):
    a, b = together(street)
    both = {frame_of(o) for _, o in members(street, a)} & {frame_of(o) for _, o in members(street, b)}
    first = min(t for t, o in members(street, a) if frame_of(o) in both)
    sentence = not_done(street, "POST", f"/api/v1/tracks/{a}/merge", 409, body={"into": b})
    assert f"{len(both)} frames" in sentence and f"{first / 1e6:.3f} s" in sentence
    assert belongs(street) == street.found
    assert checked(street, "GET", history(street))["undo"] is None


def test_an_object_comes_to_a_track_and_to_one_of_its_own(street):
    a, b = apart(street)
    thing = members(street, a)[0][1]
    path = f"/api/v1/objects/{thing}/track"
    done = checked(street, "PUT", path, body={"track": b})
    assert (done["step"]["kind"], done["step"]["objects"], done["step"]["other"]) == ("give", 1, b)
    assert belongs(street) == {**street.found, thing: b}
    done = checked(street, "PUT", path, body={"track": None, "by": "ann"})
    made = done["step"]["made"]
    assert belongs(street) == {**street.found, thing: made}
    assert [t["objects"] for t in done["tracks"] if t["id"] == made] == [1]
    consistent(street)
    assert "own already" in not_done(street, "PUT", path, 409, body={"track": None})


def test_an_exchange_of_identities_is_mended_by_giving_one_track_its_objects_back(street):
    a, b = together(street)
    mine, theirs = dict(members(street, a)), dict(members(street, b))
    shared = sorted(set(mine) & set(theirs))[1:]
    done = give(street, [theirs[t] for t in shared], a)
    assert done["step"]["objects"] == len(shared)
    wanted = dict(street.found)
    for t in shared:
        wanted[theirs[t]], wanted[mine[t]] = a, b
    assert belongs(street) == wanted
    consistent(street)
    # The other way round it is the same again.
    give(street, [mine[t] for t in shared], a)
    assert belongs(street) == street.found


def test_objects_of_several_tracks_are_made_a_track(street):
    a, b = apart(street)
    things = [members(street, a)[0][1], members(street, b)[0][1]]
    done = give(street, things, None)
    made = done["step"]["made"]
    assert belongs(street) == {**street.found, **dict.fromkeys(things, made)}
    assert sorted(t["id"] for t in done["tracks"]) == sorted({made, *({a, b} - set(done["removed"]))})


def test_a_new_correction_forgets_what_could_be_made_again(street):
    track = longest(street)[0]
    at = [t for t, _ in members(street, track)]
    first = split(street, track, at[1])["step"]
    undo(street)
    second = split(street, track, at[2])
    assert second["redo"] is None and second["step"]["made"] != first["made"]
    assert "make again" in not_done(street, "POST", history(street) + "/redo", 409)


def test_the_history_is_newest_first_and_comes_page_by_page(street):
    track = longest(street)[0]
    at = [t for t, _ in members(street, track)]
    before = checked(street, "GET", history(street))["version"]
    split(street, track, at[1], by="ann")
    undone = undo(street)
    assert undone["redo"]["undone_at"] == undone["step"]["at"]
    redo(street)
    listed = checked(street, "GET", history(street) + "?limit=3")
    assert listed["version"] == before + 3
    assert [(s["id"] - before, s["kind"], s["step"]) for s in listed["steps"]] == [
        (3, "redo", before + 1), (2, "undo", before + 1), (1, "split", None)]
    assert listed["steps"][2] == listed["undo"] and listed["redo"] is None
    assert [s["undone_at"] for s in listed["steps"]] == [None] * 3
    assert all(s["at_us"] > 0 for s in listed["steps"])
    pages, cursor = [], ""
    while cursor is not None:
        page = checked(street, "GET", history(street) + f"?limit=2{cursor and '&cursor=' + cursor}")
        pages += page["steps"]
        cursor = page["next_cursor"]
    assert [s["id"] for s in pages] == list(range(listed["version"], 0, -1))


def test_a_change_for_an_older_version_is_refused(street):
    track = longest(street)[0]
    at = [t for t, _ in members(street, track)]
    version = checked(street, "GET", history(street))["version"]
    split(street, track, at[1], version=version)
    sentence = not_done(street, "POST", f"/api/v1/tracks/{track}/split", 409, body={"at_us": at[1], "version": version})
    assert "somebody else" in sentence and str(version + 1) in sentence
    not_done(street, "POST", history(street) + f"/undo?version={version}", 409)
    assert checked(street, "POST", history(street) + f"/undo?version={version + 1}&by=ann")["step"]["by"] == "ann"


# ---- labels

def label_of(server, thing: str):
    found = checked(server, "GET", f"/api/v1/objects/{thing}")["label"]
    return found and (found["name"], found["kind"])


def test_labels_follow_the_corrected_tracks_at_once(street):
    track = longest(street)[0]
    things = members(street, track)
    said = checked(street, "POST", f"{LABELS}/Bob/examples", body={"positive": [things[0][1]]})
    assert said["label"]["explicit"] == len(things)
    done = split(street, track, things[2][0])
    made = done["step"]["made"]
    assert {t["id"]: t["label"] and t["label"]["kind"] for t in done["tracks"]}[track] == "explicit"
    assert {t["id"]: t["label"] and t["label"]["kind"] for t in done["tracks"]}[made] != "explicit"
    assert label_of(street, things[1][1]) == ("Bob", "explicit")
    assert label_of(street, things[2][1]) != ("Bob", "explicit")
    [label] = checked(street, "GET", LABELS)["labels"]
    assert label["explicit"] == 2
    shown = {o["id"]: o["label"] for f in frames(street) for o in f["objects"] if o["label"]}
    kinds = [v["kind"] for v in shown.values()]
    assert (kinds.count("explicit"), kinds.count("probable")) == (label["explicit"], label["probable"])
    merge(street, made, track)
    [label] = checked(street, "GET", LABELS)["labels"]
    assert label["explicit"] == len(things)
    assert all(label_of(street, thing) == ("Bob", "explicit") for _, thing in things)


def test_a_no_follows_the_corrected_tracks_at_once(street):
    track = longest(street)[0]
    things = members(street, track)
    checked(street, "POST", f"{LABELS}/Bob/examples", body={"positive": [things[0][1]], "negative": [things[-1][1]]})
    split(street, track, things[-1][0])
    assert label_of(street, things[1][1]) == ("Bob", "explicit")
    assert label_of(street, things[-1][1]) != ("Bob", "explicit")


# ---- against a model that has no cleverness at all

class Model:
    """object: track, and every state so far."""

    def __init__(self, found):
        self.states, self.undone = [dict(found)], []

    @property
    def now(self):
        return self.states[-1]

    def do(self, change):
        self.undone = []
        self.states.append({**self.now, **change})

    def undo(self):
        self.undone.append(self.states.pop())

    def redo(self):
        self.states.append(self.undone.pop())

    def of(self, track):
        return sorted(o for o, t in self.now.items() if t == track)


def draw(dice, server, model) -> None:
    names = sorted({t for t in model.now.values() if t})
    a, b = dice.sample(names, 2)
    mine, theirs = model.of(a), model.of(b)
    kind = dice.choice(["split", "merge", "give", "new", "undo", "redo", "undo"])
    if kind == "split" and len(mine) > 1:
        at = dice.randrange(1, len(mine))
        made = split(server, a, server.times[frame_of(mine[at])])["step"]["made"]
        model.do(dict.fromkeys(mine[at:], made))
    elif kind == "merge":
        if {frame_of(o) for o in mine} & {frame_of(o) for o in theirs}:
            not_done(server, "POST", f"/api/v1/tracks/{a}/merge", 409, body={"into": b})
        else:
            merge(server, a, b)
            model.do(dict.fromkeys(mine, b))
    elif kind == "give":
        things = dice.sample(mine, dice.randint(1, len(mine)))
        give(server, things, b)
        there = {frame_of(o): o for o in theirs}
        model.do({**dict.fromkeys(things, b), **{there[frame_of(o)]: a for o in things if frame_of(o) in there}})
    elif kind == "new" and len(mine) > 1:
        things = dice.sample(mine, dice.randint(1, len(mine) - 1))
        model.do(dict.fromkeys(things, give(server, things, None)["step"]["made"]))
    elif kind == "undo" and len(model.states) > 1:
        undo(server)
        model.undo()
    elif kind == "redo" and model.undone:
        redo(server)
        model.redo()


@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_corrections_does_what_was_asked(street, seed):
    dice = random.Random(seed)
    street.times = {f["id"]: f["pts_us"] for f in frames(street)}
    model = Model(street.found)
    for _ in range(25):
        draw(dice, street, model)
        assert belongs(street) == model.now
    consistent(street)


# ---- bad input

def test_bad_input_is_refused_with_the_field(street):
    a, b = apart(street)
    things = members(street, a)
    thing = things[0][1]
    elsewhere = street.get(f"/api/v1/videos/{street.other}/tracks").json()["tracks"][0]
    base = f"/api/v1/tracks/{a}"
    nobody = f"{street.video}-t999999"
    for at_us in (things[0][0], things[-1][0] + 1, 0, 10 ** 15):
        not_done(street, "POST", base + "/split", 400, "at_us", body={"at_us": at_us})
    for at_us in (-1, 0.5, "1", None):
        not_done(street, "POST", base + "/split", 400, "at_us", body={"at_us": at_us})
    for raw in (b'{"at_us": NaN}', b'{"at_us": Infinity}', b'{"at_us": 1e999}', b'{"at_us": 1000000000000000000000}', b"[]", b"", b"{"):
        not_done(street, "POST", base + "/split", 400, raw=raw)
    not_done(street, "POST", base + "/split", 400, body={"at_us": 1, "when": 2})
    not_done(street, "POST", base + "/split", 400, "at_us", body={})
    not_done(street, "POST", f"/api/v1/tracks/{nobody}/split", 404, "track", body={"at_us": 1})
    not_done(street, "POST", "/api/v1/tracks/7/split", 400, "track", body={"at_us": 1})
    not_done(street, "POST", "/api/v1/tracks/0000000000000000-t1/split", 404, body={"at_us": 1})
    not_done(street, "POST", base + "/merge", 400, "into", body={"into": a})
    not_done(street, "POST", base + "/merge", 404, "into", body={"into": nobody})
    not_done(street, "POST", base + "/merge", 400, "into", body={"into": elsewhere["id"]})
    not_done(street, "POST", base + "/merge", 400, "into", body={"into": 7})
    not_done(street, "POST", f"/api/v1/tracks/{b}/objects", 400, "objects", body={"objects": [thing, thing]})
    not_done(street, "POST", f"/api/v1/tracks/{b}/objects", 400, "objects", body={"objects": []})
    not_done(street, "POST", f"/api/v1/tracks/{b}/objects", 400, "objects", body={})
    not_done(street, "POST", f"/api/v1/tracks/{b}/objects", 400, "objects", body={"objects": [elsewhere["best"]]})
    not_done(street, "POST", f"/api/v1/tracks/{b}/objects", 404, "objects", body={"objects": [thing[:26] + "999"]})
    not_done(street, "POST", f"/api/v1/tracks/{b}/objects", 400, "objects", body={"objects": ["x"]})
    not_done(street, "POST", f"/api/v1/tracks/{a}/objects", 409, body={"objects": [thing]})
    not_done(street, "POST", f"/api/v1/tracks/{nobody}/objects", 404, "track", body={"objects": [thing]})
    not_done(street, "POST", f"/api/v1/videos/{street.video}/tracks", 409, body={"objects": [o for _, o in things]})
    not_done(street, "PUT", f"/api/v1/objects/{thing}/track", 400, "track", body={})
    not_done(street, "PUT", f"/api/v1/objects/{thing}/track", 400, "track", body={"track": elsewhere["id"]})
    not_done(street, "PUT", f"/api/v1/objects/{thing}/track", 404, "track", body={"track": nobody})
    not_done(street, "PUT", f"/api/v1/objects/{thing[:26]}999/track", 404, "object", body={"track": b})
    not_done(street, "PUT", "/api/v1/objects/x/track", 400, "object", body={"track": b})
    not_done(street, "GET", history(street) + "?limit=0", 400, "limit")
    not_done(street, "GET", history(street, "0000000000000000"), 404)
    not_done(street, "POST", history(street, "x") + "/undo", 400, "video")
    not_done(street, "POST", history(street) + "/undo?version=-1", 400, "version")
    not_done(street, "POST", history(street) + "/undo?by=" + "a" * 101, 400, "by")
    not_done(street, "POST", base + "/merge", 400, "by", body={"into": b, "by": "a\nb"})
    assert "no correction to undo" in not_done(street, "POST", history(street, street.other) + "/undo", 409)
    assert belongs(street) == street.found


def test_two_objects_of_a_frame_and_ten_thousand_and_one_are_too_many(street):
    a, b = together(street)
    mine, theirs = dict(members(street, a)), dict(members(street, b))
    t = min(set(mine) & set(theirs))
    sentence = not_done(street, "POST", f"/api/v1/videos/{street.video}/tracks", 400, "objects",
                       body={"objects": [mine[t], theirs[t]]})
    assert "same frame" in sentence
    many = [f"{street.video}-{i:08}-000" for i in range(10001)]
    not_done(street, "POST", f"/api/v1/tracks/{a}/objects", 400, "objects", body={"objects": many})
    assert belongs(street) == street.found


def test_what_a_person_says_of_themselves_is_kept_as_it_was_said(street):
    track = longest(street)[0]
    name = "Ann 'Ängström' <b> \\ \" 😀"
    split(street, track, members(street, track)[1][0], by=name)
    assert checked(street, "GET", history(street))["steps"][0]["by"] == name


# ---- several at once

def test_of_two_who_correct_at_once_one_is_told_to_look_again(street):
    track = longest(street)[0]
    at = [t for t, _ in members(street, track)]
    for _ in range(5):
        version = checked(street, "GET", history(street))["version"]

        def one(at_us, version=version):
            try:
                return split(street, track, at_us, version=version)["version"]
            except HttpError as error:
                assert error.status == 409 and "somebody else" in error.problem()["detail"], error
                return None

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(one, [at[1], at[2]]))
        assert sorted(done, key=str) == [version + 1, None]
        undo(street)


def test_all_of_many_who_demand_no_version_are_heard(street):
    named = longest(street)[:4]
    at = {track: [t for t, _ in members(street, track)] for track in named}
    version = checked(street, "GET", history(street))["version"]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda track: split(street, track, at[track][2]), named))
    assert sorted(d["version"] for d in done) == list(range(version + 1, version + 1 + len(named)))
    for d, track in zip(done, named, strict=True):
        assert [t for t, _ in members(street, track)] == at[track][:2]
        assert [t for t, _ in members(street, d["step"]["made"])] == at[track][2:]
    consistent(street)
    assert sorted(s["made"] for s in checked(street, "GET", history(street))["steps"][:len(named)]) == \
        sorted(d["step"]["made"] for d in done)


def test_every_correction_of_the_contract_was_tried(site):
    assert contract.untried(site.calls, "tracks") == set()
