"""Random labelling, and all that is answered afterwards: for tests that compare one state, or one store, with another."""

import json
import random
from urllib.parse import quote

from harness.labelling import LABELS, at, objects
from harness.program import HttpError

STREET = "/api/v1/projects/street"


def without(answer: bytes, *fields: str) -> bytes:
    shown = json.loads(answer)
    return json.dumps({name: value for name, value in shown.items() if name not in fields}).encode()


def answers(server) -> dict[str, bytes]:
    """All answers that labelling has a part in, byte for byte; of the list of labels and the mistakes without the version,
    and of the list without what could be done again."""
    listed = server.get(LABELS)
    names = [label["name"] for label in listed.json()["labels"]]
    found = {LABELS: without(listed.body, "version", "undo", "redo")}
    paths = [f"/api/v1/videos/{server.video}/frames?limit=1000", f"/api/v1/videos/{server.video}/tracks?limit=1000",
             f"{STREET}/classes", f"{STREET}/mistakes?min_score=0"]
    paths += [f"{STREET}/assertions?limit=1000&kind={kind}" for kind in ("explicit", "negative", "probable")]
    one = objects(server)[0]
    paths += [f"/api/v1/objects/{one}", f"/api/v1/frames/{one[:25]}", f"/api/v1/objects/{one}/similar?limit=1000&class=car"]
    for name in names:
        paths += [at(name, f"/objects?limit=1000&kind={kind}") for kind in ("explicit", "negative", "probable")]
        paths += [at(name, "/candidates?limit=50"), f"/api/v1/objects/{one}/similar?limit=1000&label={quote(name)}",
                  f"/api/v1/videos/{server.video}/timeline?buckets=20&label={quote(name)}"]
    for path in paths:
        body = server.get(path).body
        found[path] = without(body, "version") if "/mistakes" in path else body
    return found


def random_step(server, chance: random.Random, everything: list[str]) -> bool:
    """Does something to the labels; whether it was possible and a step: what is all so already is none."""
    names = ["red", "blue", "car", "gr\u00fcn"]
    name, other = chance.choice(names), chance.choice(names)
    some = chance.sample(everything, 6)
    what = chance.randrange(8)
    try:
        if what < 4:
            done = server.post(at(name, "/examples"), {"positive": some[:chance.randrange(4)], "negative": some[3:3 + chance.randrange(1, 3)]})
        elif what == 4:
            done = server.post(at(name, "/rename"), {"name": other})
        elif what == 5:
            done = server.post(at(name, "/merge"), {"into": other})
        elif what == 6:
            done = server.request("DELETE", at(name))
        else:
            said = server.get(f"{STREET}/assertions?limit=1").json()["assertions"]
            if not said:
                return False
            done = server.post(at(said[0]["label"], "/keep"), {"objects": [said[0]["hit"]["object"]]})
    except HttpError as error:
        assert error.status in (400, 404, 409), error
        return False
    return done.json()["step"] is not None
