"""Labelling by several people in several processes, killed at any moment, and undone step by step."""

import json
import os
import random
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.corrections import split
from harness.label_answers import answers, random_step
from harness.labelling import LABELS, add_objects, at, checked, examples, objects, refused, submit
from harness.program import SLOWNESS, HttpError, serving, start

STREET = "/api/v1/projects/street"
KILLS = int(os.environ.get("FRAMEHOUND_KILLS", "8"))


@pytest.fixture
def pair(home, data):
    """Two processes that answer requests over the same stores."""
    with serving(home, data) as first:
        video = submit(first, "street", 10)["id"]
        with serving(home, data, command="query") as second:
            for server in (first, second):
                server.video, server.alike = video, {}
            yield first, second


# ---- several editors

def test_editors_in_two_processes_lose_nothing(pair):
    everything = objects(pair[0])
    each = len(everything) // 6
    assert each >= 20

    def say(server, number: int) -> int:
        """Names its own objects one by one, after whatever the others did."""
        for thing in everything[number * each:number * each + 20]:
            server.post(at(f"label {number % 3}", "/examples"), {"positive": [thing], "by": f"editor {number}"})
        return 20

    def say_carefully(server, number: int) -> int:
        """Only for the version it has seen; told that somebody was quicker, it looks at what it was told and tries again."""
        version, refusals = 0, 0
        for thing in everything[number * each:number * each + 20]:
            while True:
                try:
                    body = {"negative": [thing], "by": f"editor {number}", "version": version}
                    version = server.post(at(f"label {number % 3}", "/examples"), body).json()["version"]
                    break
                except HttpError as error:
                    problem = error.problem()
                    assert error.status == 409 and problem["version"] > version and problem["by"].startswith("editor")
                    version, refusals = problem["version"], refusals + 1
                    assert refusals < 2000
        return 20

    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(say if number < 4 else say_carefully, pair[number % 2], number) for number in range(6)]
        total = sum(job.result() for job in jobs)
    for server in pair:
        listed = checked(server, "GET", LABELS)
        assert listed["version"] == total
        assert sum(label["positives"] for label in listed["labels"]) == 80
        assert sum(label["negatives"] for label in listed["labels"]) == 40
        steps = checked(server, "GET", f"{STREET}/history?limit=1000")["steps"]
        assert [s["id"] for s in reversed(steps)] == list(range(1, total + 1))
        assert all(sum(s["by"] == f"editor {n}" for s in steps) == 20 for n in range(6))
        for n in range(6):
            kind = "explicit" if n < 4 else "negative"
            said = checked(server, "GET", f"{STREET}/assertions?limit=1000&kind={kind}&by=editor%20{n}")["assertions"]
            assert {a["hit"]["object"] for a in said} == set(everything[n * each:n * each + 20])


def events(server, path: str):
    """What the stream says, as kind and data; ends with it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(server.url + path, timeout=60 * SLOWNESS) as stream:
        kind = ""
        for line in stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                yield kind, json.loads(value)


def test_changes_through_one_process_are_heard_at_the_other(pair):
    first, second = pair
    thing = objects(first)[0]
    stream = events(second, f"{STREET}/changes?video={first.video}")
    corrections = {"video": first.video}
    assert [next(stream), next(stream)] == [("labels", {"version": 0}), ("corrections", {**corrections, "version": 0})]
    examples(first, "a", positive=[thing])
    assert next(stream) == ("labels", {"version": 1})
    checked(first, "POST", at("a", "/rename"), body={"name": "b"})
    assert next(stream) == ("labels", {"version": 2})
    checked(first, "POST", f"{STREET}/undo")
    assert next(stream) == ("labels", {"version": 3})
    first.request("DELETE", at("a"))
    assert next(stream) == ("labels", {"version": 4})
    track = next(t for t in checked(first, "GET", f"/api/v1/videos/{first.video}/tracks")["tracks"] if t["objects"] > 1)
    split(first, track["id"], track["last_us"])
    assert next(stream) == ("corrections", {**corrections, "version": 1})
    # Whoever comes later is told at once what is so.
    late = events(first, f"{STREET}/changes")
    assert next(late) == ("labels", {"version": 4})
    first.request("DELETE", STREET)
    assert list(stream) == [] and list(late) == []


def test_only_changes_of_what_is_there_can_be_followed(pair):
    server = pair[1]
    assert "no project" in refused(server, "GET", "/api/v1/projects/none/changes", 404)["detail"]
    for video, status in (("x", 400), ("0" * 16, 404)):
        assert refused(server, "GET", f"{STREET}/changes?video={video}", status)["field"] == "video"
    server.post("/api/v1/projects", {"name": "other"})
    assert refused(server, "GET", f"/api/v1/projects/other/changes?video={server.video}", 404)["field"] == "video"


# ---- undo

def settled(server, home) -> dict[str, bytes]:
    """The answers once they are those of a process that has just begun, and knows what was said, not in which order."""
    with serving(home, server.data, command="query") as fresh:
        fresh.video = server.video
        end = time.monotonic() + 60 * SLOWNESS
        while True:
            ours, theirs = answers(server), answers(fresh)
            if ours == theirs:
                return ours
            different = [path for path in ours if ours[path] != theirs.get(path)]
            assert time.monotonic() < end, f"another process over the same store answers otherwise: {different}"
            time.sleep(0.1)


def test_undoing_everything_brings_back_every_answer_byte_for_byte(home, data):
    chance = random.Random(1)
    with serving(home, data) as server:
        server.video = submit(server, "street", 10)["id"]
        everything = objects(server)
        states = [settled(server, home)]
        examples(server, "red", positive=everything[:3])
        states.append(settled(server, home))
        while len(states) < 5:
            done = 0
            while done < 4:
                done += random_step(server, chance, everything)
            states.append(settled(server, home))
        counts = [1, 4, 4, 4]
        for verb, order in (("undo", range(3, -1, -1)), ("redo", range(4))):
            for i in order:
                for _ in range(counts[i]):
                    checked(server, "POST", f"{STREET}/{verb}")
                wanted, now = states[i if verb == "undo" else i + 1], settled(server, home)
                assert {path: (wanted.get(path), now.get(path)) for path in wanted.keys() | now.keys()
                        if wanted.get(path) != now.get(path)} == {}


# ---- killed

def test_a_server_killed_while_thousands_are_named_names_all_or_none(home, data):
    with serving(home, data) as server:
        server.video = submit(server, "street", 1)["id"]
    many = add_objects(data, server.video, 10000)
    chance = random.Random(7)
    outcomes, took = [], None
    for attempt in range(KILLS + 1):
        server = start(home, data)
        done = threading.Event()

        def name_all():
            try:
                server.post(at("boats", "/examples"), {"positive": many, "by": "anna"})
            except (OSError, HttpError):
                pass  # killed in the middle: what counts is what is found afterwards
            done.set()

        thread = threading.Thread(target=name_all)
        began = time.monotonic()
        thread.start()
        if took is None:
            # The first is let be, to know how long it takes.
            assert done.wait(60 * SLOWNESS)
            took = time.monotonic() - began
        else:
            done.wait(chance.uniform(0, 1.1) * took)
        server.kill()
        thread.join(60 * SLOWNESS)
        with serving(home, data) as again:
            labels = checked(again, "GET", LABELS)
            found = [(label["name"], label["positives"]) for label in labels["labels"]]
            assert found in ([], [("boats", 10000)])
            outcomes.append(bool(found))
            said = checked(again, "GET", f"{STREET}/assertions?limit=1000")
            assert len(said["assertions"]) == (1000 if found else 0)
            history = checked(again, "GET", f"{STREET}/history?limit=1")["steps"]
            if found:
                assert history[0]["kind"] == "examples" and history[0]["positive"] == 10000
                gone = checked(again, "POST", f"{STREET}/undo")
                assert gone["label"] is None
    assert outcomes[0]
