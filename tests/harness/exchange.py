"""What tests of export and import share: a project to be exported, and reading what comes out."""

import contextlib
import csv
import importlib.util
import io
import zipfile
from pathlib import Path

import pytest

from harness import contract
from harness.labelling import examples, frames, submit
from harness.program import serving

EXPORT = "/api/v1/projects/street/export"
IMPORT = "/api/v1/projects/street/import"


@contextlib.contextmanager
def named_street(base: Path):
    """The street scene, a few objects of which somebody named."""
    (base / "home").mkdir()
    with serving(base / "home", base / "data") as server:
        server.home = base / "home"
        server.video = submit(server, "street", 3)["id"]
        server.other = submit(server, "elsewhere", 1)["id"]
        name_some(server)
        yield server


def name_some(server) -> None:
    """Two labels on tracks, one with an awkward name, and what is not it."""
    tracks = {}
    for frame in frames(server):
        for thing in frame["objects"]:
            if thing["track"]:
                tracks.setdefault(thing["track"], []).append(thing["id"])
    one, two, *_ = sorted(tracks.values(), key=len, reverse=True)
    examples(server, "Bob", positive=[one[0]], negative=[two[0]])
    examples(server, "=2+2, \"it\" שלום", positive=[two[1]], negative=[one[0]])


def export(server, more: str):
    answer = server.get(f"{EXPORT}?{more}")
    contract.check("GET", f"{EXPORT}?{more}", answer)
    return answer


def table(server, more: str = "") -> list[dict]:
    return list(csv.DictReader(io.StringIO(export(server, "format=csv" + more).body.decode(), newline="")))


def archive(server, more: str) -> zipfile.ZipFile:
    answer = export(server, more)
    opened = zipfile.ZipFile(io.BytesIO(answer.body))
    assert opened.testzip() is None
    return opened


def category(thing: dict, with_probable: bool) -> str:
    """What an export of all calls it; formats that cannot say so have nothing that is only probable."""
    label = thing["label"]
    return label["name"] if label and (with_probable or label["kind"] == "explicit") else thing["class"]


def unpack(server, more: str, where: Path) -> Path:
    archive(server, more).extractall(where)
    return where


def labelled(server) -> dict[str, tuple]:
    """object: label, frame, pts_us and box of what carries a label, as the frames show it."""
    return {o["id"]: (o["label"]["name"], f["index"], f["pts_us"], o["box"]) for f in frames(server)
            for o in f["objects"] if o["label"] and o["label"]["kind"] == "explicit"}


def installed(name: str) -> None:
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed: scripts/setup {'test' if name == 'pycocotools' else 'bench'}")
