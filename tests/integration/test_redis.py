"""The meta store over Redis: whole ingestions, while servers and processes are killed, full, or shared."""

import json
import random
import re
import time

import pytest

from harness import clips
from harness.label_answers import answers, random_step
from harness.labelling import examples, objects, submit
from harness.ports import free_port
from harness.program import SLOWNESS, HttpError, frames, ingest, run, serving, start
from harness.redis_server import Redis
from harness.reference import INGEST, all_frames, ingest_embedded, post

KILLS = 4


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = Redis(tmp_path_factory.mktemp("redis") / "server")
    yield server
    server.end()


@pytest.fixture
def store(redis, request):
    """The settings of a meta store of the test's own."""
    return ("--meta-store", redis.address, "--redis-prefix", f"test-{request.node.name[:20]}-{random.randrange(10**6)}")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the embedded meta store has of the clip."""
    return ingest_embedded(tmp_path_factory.mktemp("embedded"))


def stored_frames(video, home, data, store) -> list[dict]:
    done = run("frames", video, "--data", data, *store, "--json", home=home)
    return [json.loads(line) for line in done.stdout.splitlines()]


def wait_for_frames(server, video: str, count: int) -> None:
    end = time.monotonic() + 120 * SLOWNESS
    while server.get(f"/api/v1/videos/{video}").json()["progress"]["frames_indexed"] < count:
        assert time.monotonic() < end, server.tail()
        time.sleep(0.02)


def wait_until_ready(server) -> None:
    end = time.monotonic() + 60 * SLOWNESS
    while True:
        try:
            return server.get("/readyz") and None
        except HttpError:
            assert time.monotonic() < end, server.tail()
            time.sleep(0.05)


def assert_whole(server, video: str, expected: tuple) -> None:
    state = server.wait_for_end(video)
    assert (state["state"], state["errors"]) == ("done", [])
    assert all_frames(server, video) == expected[1]
    assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []


def test_an_ingestion_over_it_ends_as_one_over_the_embedded_store(home, data, store, expected):
    done = ingest(clips.bikes(), home, data, *INGEST, *store)
    assert (done["video"], done["state"], done["errors"]) == (expected[0], "done", [])
    assert stored_frames(done["video"], home, data, store) == expected[1]
    said = run("doctor", "--data", data, *store, "--json", home=home, check=None).stdout.splitlines()
    assert [line for line in said if "finding" in json.loads(line)] == []
    run("delete", "--project", "test", "--yes", "--data", data, *store, home=home)
    assert json.loads(run("projects", "--data", data, *store, "--json", home=home).stdout or "null") in (None, [], {})


def test_a_server_killed_again_and_again_loses_nothing(home, data, store, expected):
    chance = random.Random(7)
    for _ in range(KILLS):
        server = start(home, data, *store)
        assert post(server) == expected[0]
        time.sleep(chance.uniform(0, 0.5) * SLOWNESS)
        server.kill()
    with serving(home, data, *store) as server:
        assert post(server) == expected[0]
        assert_whole(server, expected[0], expected)


def test_redis_killed_in_the_middle_and_started_again_loses_nothing(home, data, tmp_path, expected):
    redis = Redis(tmp_path / "redis")
    try:
        # Calls end soon, so that the parts notice that it is away.
        with serving(home, data, "--meta-store", redis.address, "--redis-timeout", "300ms", "--max-attempts", "2") as server:
            video = post(server)
            wait_for_frames(server, video, 3)
            redis.end()
            end = time.monotonic() + 60 * SLOWNESS
            while "work stops until the stores can be used again" not in server.log.read_text():
                assert time.monotonic() < end, server.tail()
                time.sleep(0.02)
            with pytest.raises(HttpError) as unready:
                server.get("/readyz")
            assert unready.value.status == 503 and redis.address in unready.value.body.decode()
            redis.start()
            wait_until_ready(server)
            assert_whole(server, video, expected)
            assert server.stop() == 0
    finally:
        redis.end()


def test_a_short_restart_is_not_noticed(home, data, tmp_path, expected):
    redis = Redis(tmp_path / "redis")
    try:
        with serving(home, data, "--meta-store", redis.address) as server:
            video = post(server)
            for count in (2, 6, 10):
                wait_for_frames(server, video, count)
                redis.end()
                redis.start()
            assert_whole(server, video, expected)
            assert "work stops" not in server.log.read_text()
    finally:
        redis.end()


def test_a_full_memory_stops_the_work_until_there_is_room(home, data, tmp_path, expected):
    redis = Redis(tmp_path / "redis")
    try:
        with serving(home, data, "--meta-store", redis.address, "--max-attempts", "2") as server:
            video = post(server)
            wait_for_frames(server, video, 3)
            redis.tell("CONFIG", "SET", "maxmemory", 1)
            end = time.monotonic() + 60 * SLOWNESS
            while "its memory is full" not in server.log.read_text():
                assert time.monotonic() < end, server.tail()
                time.sleep(0.02)
            assert server.get(f"/api/v1/videos/{video}").json()["state"] == "running"
            with pytest.raises(HttpError) as refused:
                server.post("/api/v1/projects", {"name": "another"})
            assert refused.value.status == 507 and "maxmemory" in refused.value.problem()["detail"]
            redis.tell("CONFIG", "SET", "maxmemory", 0)
            assert_whole(server, video, expected)
    finally:
        redis.end()


def test_a_password_that_is_changed_holds_the_work_up_until_it_is_right_again(home, data, tmp_path, expected):
    redis = Redis(tmp_path / "redis", password="s3cret")
    password = tmp_path / "password"
    password.write_text("s3cret\n")
    password.chmod(0o600)
    store = ("--meta-store", redis.address, "--redis-password-file", str(password))
    try:
        with serving(home, data, *store, "--max-attempts", "1") as server:
            video = post(server)
            wait_for_frames(server, video, 3)
            redis.tell("CONFIG", "SET", "requirepass", "other")
            redis.password = "other"
            redis.tell("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            end = time.monotonic() + 60 * SLOWNESS
            while "work stops until the stores can be used again" not in server.log.read_text():
                assert time.monotonic() < end, server.tail()
                time.sleep(0.02)
            assert "does not take this user and password" in server.log.read_text()
            with pytest.raises(HttpError) as unready:
                server.get("/readyz")
            assert unready.value.status == 503 and "--redis-password-file" in unready.value.body.decode()
            redis.tell("CONFIG", "SET", "requirepass", "s3cret")
            redis.password = "s3cret"
            wait_until_ready(server)
            assert_whole(server, video, expected)
    finally:
        redis.end()


def test_parts_as_processes_share_one_redis_and_one_is_killed(home, data, store, expected):
    with serving(home, data, *store, command="query") as server:
        parts = {name: start(home, data, *store, command=name) for name in ("splitter", "downloader", "tracker")}
        indexers = [start(home, data, *store, command="indexer") for _ in range(2)]
        try:
            video = post(server)
            wait_for_frames(server, video, 3)
            indexers[0].kill()
            assert_whole(server, video, expected)
            for part in (*parts.values(), indexers[1]):
                assert part.stop() == 0, part.tail()
        finally:
            for part in (*parts.values(), *indexers):
                if part.process.poll() is None:
                    part.kill()


def test_installations_with_prefixes_share_a_server_and_folders_keep_to_their_store(home, redis, tmp_path, expected):
    one, other = tmp_path / "one", tmp_path / "other"
    first = ("--meta-store", redis.address, "--redis-prefix", "shared-1")
    second = ("--meta-store", redis.address, "--redis-prefix", "shared-2")
    with serving(home, one, *first) as left, serving(home, other, *second) as right:
        videos = [post(server) for server in (left, right)]
        assert videos == [expected[0]] * 2
        for server in (left, right):
            assert_whole(server, expected[0], expected)
        right.request("DELETE", "/api/v1/projects/test")
        assert all_frames(left, expected[0]) == expected[1]
    # The work of a folder belongs to the videos of one meta store.
    for folder, settings in ((other, first), (one, second), (one, ())):
        refused = run("videos", "--data", folder, *settings, home=home, check=1)
        assert "another" in refused.stderr and "--meta-store" in refused.stderr, refused.stderr
    refused = run("meta", "export", tmp_path / "nothing.meta", "--data", one, home=home, check=1)
    assert "another meta store than its own, which is empty" in refused.stderr and not (tmp_path / "nothing.meta").exists()
    third = run("videos", "--data", tmp_path / "third", *first, home=home, check=1)
    assert "does not exist" in third.stderr
    refused = run("up", "--data", tmp_path / "third", *first, home=home, check=1)
    assert "belongs to another data folder" in refused.stderr


def test_a_store_is_taken_from_the_folder_to_redis_and_back(home, data, store, redis, tmp_path, expected):
    done = ingest(clips.bikes(), home, data, *INGEST)
    object_id = next(o["id"] for frame in expected[1] for o in frame["objects"])
    run("label", "test", "it", "--yes", object_id, "--data", data, home=home)
    said_before = run("labels", "test", "--data", data, "--json", home=home).stdout
    first, second, damaged = (tmp_path / name for name in ("first.meta", "second.meta", "damaged.meta"))
    said = json.loads(run("meta", "export", first, "--data", data, "--json", home=home).stdout)
    assert (said["videos"], said["frames"], said["objects"]) == (1, done["frames"], done["objects"])
    # The folder does not take an empty store for its own.
    refused = run("videos", "--data", data, *store, home=home, check=1)
    assert "another meta store" in refused.stderr and "meta import" in refused.stderr

    damaged.write_bytes(first.read_bytes()[:-20])
    refused = run("meta", "import", damaged, *store, home=home, check=1)
    assert "damaged" in refused.stderr and str(damaged) in refused.stderr
    assert json.loads(run("meta", "import", first, *store, "--json", home=home).stdout)["objects"] == done["objects"]
    refused = run("meta", "import", first, *store, home=home, check=1)
    assert "has projects already" in refused.stderr
    with serving(home, data, *store) as server:
        assert [f["index"] for f in all_frames(server, done["video"])] == [f["index"] for f in expected[1]]
        assert server.get(f"/api/v1/objects/{object_id}").json()["label"]["name"] == "it"
    assert run("labels", "test", "--data", data, *store, "--json", home=home).stdout == said_before
    run("meta", "export", second, *store, home=home)

    other = tmp_path / "other"
    run("meta", "import", second, "--data", other, home=home)
    assert [(f["index"], [(o["id"], o["box"], o["track"]) for o in f["objects"]])
            for f in frames(done["video"], home, other)] == \
        [(f["index"], [(o["id"], o["box"], o["track"]) for o in f["objects"]]) for f in expected[1]]


def timeless(answers: dict[str, bytes]) -> dict[str, str]:
    return {path: re.sub(r'"[0-9-]{10}T[0-9:.]+Z"', '"then"', body.decode()) for path, body in answers.items()}


def difference(ours: dict[str, str], theirs: dict[str, str]) -> tuple | None:
    """The first of the answers that are not the same."""
    paths = [path for path in sorted(ours | theirs) if ours.get(path) != theirs.get(path)]
    return (paths[0], ours.get(paths[0]), theirs.get(paths[0])) if paths else None


def test_labels_are_those_of_the_embedded_store_whatever_is_said(home, tmp_path, store):
    """The same steps over both, tracks and likely labels included: the same answers but for the time of day."""
    with serving(home, tmp_path / "embedded") as own, serving(home, tmp_path / "other", *store) as other:
        for server in (own, other):
            server.video, server.alike = submit(server, "street", 10)["id"], {}
        assert own.video == other.video
        everything = objects(own)
        for seed in range(3):
            for server in (own, other):
                chance, done = random.Random(seed), 0
                examples(server, "red", positive=everything[seed:seed + 2], negative=everything[20:21])
                while done < 6:
                    done += random_step(server, chance, everything)
                for verb in ("undo", "undo", "redo"):
                    server.post(f"/api/v1/projects/street/{verb}")
            # Likely labels of both are brought up to date in the background.
            end = time.monotonic() + 60 * SLOWNESS
            while (differs := difference(timeless(answers(own)), timeless(answers(other)))) is not None:
                assert time.monotonic() < end, differs
                time.sleep(0.05)
        steps = [server.get("/api/v1/projects/street/history?limit=1000").json()["steps"] for server in (own, other)]
        assert [[(s["kind"], s["label"], s["undone"]) for s in of] for of in steps][0] == [
            (s["kind"], s["label"], s["undone"]) for s in steps[1]]


def test_wrong_credentials_are_named_and_never_shown(home, data, tmp_path):
    redis = Redis(tmp_path / "redis", password="s3cret-of-the-test")
    try:
        password = tmp_path / "password"
        password.write_text("s3cret-of-the-test\n")
        password.chmod(0o600)
        refused = run("up", "--data", data, "--meta-store", redis.address, home=home, check=1)
        assert redis.address in refused.stderr and "--redis-password-file" in refused.stderr
        wrong = redis.address.replace("redis://", "redis://:s3cret-but-wrong@")
        refused = run("up", "--data", data, "--meta-store", wrong, home=home, check=1)
        assert "does not take this user and password" in refused.stderr and "s3cret" not in refused.stderr
        password.chmod(0o644)
        refused = run("up", "--data", data, "--meta-store", redis.address, "--redis-password-file", password, home=home,
                      check=1)
        assert "chmod 600" in refused.stderr
        password.chmod(0o600)
        with serving(home, data, "--meta-store", redis.address, "--redis-password-file", password,
                     "--log-level", "debug") as server:
            assert server.get("/readyz").json()["status"] == "ok"
        right = redis.address.replace("redis://", "redis://:s3cret-of-the-test@")
        with serving(home, data, "--meta-store", right, "--log-level", "debug") as server:
            said = server.get("/metrics").body.decode() + server.get("/api/v1/workers").body.decode()
            assert "s3cret" not in server.log.read_text() + said
        assert not any("s3cret" in file.read_text(errors="replace") for file in data.glob("*.json"))
    finally:
        redis.end()


def test_a_server_that_is_not_there_is_named_with_its_setting(home, data):
    address = f"redis://127.0.0.1:{free_port()}/0"
    refused = run("up", "--data", data, "--meta-store", address, "--redis-timeout", "200ms", home=home, check=1)
    assert "--meta-store" in refused.stderr and address in refused.stderr and "is the server running" in refused.stderr
    refused = run("up", "--data", data, "--meta-store", "mysql://host", home=home, check=None)
    assert refused.returncode != 0 and "redis://HOST:PORT/DATABASE" in refused.stderr
