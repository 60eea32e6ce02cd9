"""The blob store in buckets of real servers: its contract, whole ingestions, media for browsers, and what goes wrong."""

import hashlib
import http.server
import json
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest

from cluster import wait_until
from harness import clips
from harness.certificates import make_certificate
from harness.clips import DEPS
from harness.ports import free_port
from harness.program import ROOT, HttpError, frames, ingest, run, serving, start
from harness.reference import indexed
from s3_server import KEY, SECRET, Minio, Versity, write_keys

INGEST = ("--chunk", "2", "--fps", "2")
KEYS = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}


@pytest.fixture(scope="module")
def versity(tmp_path_factory):
    server = Versity(tmp_path_factory.mktemp("versity"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def minio(tmp_path_factory):
    server = Minio(tmp_path_factory.mktemp("minio"))
    yield server
    server.stop()


@pytest.fixture
def own_versity(tmp_path):
    """One that the test may break."""
    server = Versity(tmp_path / "versity")
    yield server
    server.stop()


@pytest.fixture
def home(home):
    """With keys where AWS's own programs would find them."""
    write_keys(home)
    return home


@pytest.fixture
def prefix():
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the embedded stores make of the clip."""
    folder = tmp_path_factory.mktemp("embedded")
    (folder / "home").mkdir()
    done = ingest(clips.bikes(), folder / "home", folder / "data", *INGEST)
    keys = [path.relative_to(folder / "data" / "blobs").as_posix()
            for path in (folder / "data" / "blobs").rglob("*.*") if path.is_file()]
    return done["video"], frames(done["video"], folder / "home", folder / "data"), sorted(keys)


def post(server, source=None) -> str:
    return server.post("/api/v1/projects/test/videos", {
        "source": str(source or clips.bikes()), "chunk_seconds": 2, "fps": 2}).json()["id"]


def wait_for_log(server, text: str):
    wait_until(lambda: text in server.log.read_text(errors="replace"), said=server.tail)


def assert_no_secret(*texts: str):
    assert all(SECRET not in text for text in texts)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def redirect_of(server, path: str, method: str = "GET") -> tuple[int, dict]:
    """The answer itself, where a browser would go on."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
    with pytest.raises(urllib.error.HTTPError) as answer:
        opener.open(urllib.request.Request(server.url + path, method=method), timeout=30)
    return answer.value.code, dict(answer.value.headers)


def fetch(url: str, **headers: str):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, headers=headers), timeout=30) as got:
        return got.status, dict(got.headers), got.read()


# ---- the contract, and what is particular to buckets


@pytest.mark.short
def test_versitys_gateway_keeps_the_contract(versity, run_c_test):
    run_c_test("src/blob_store/blob_store_contract", "s3", **KEYS,
               FRAMEHOUND_TEST_S3=versity.url, FRAMEHOUND_TEST_BUCKET=versity.bucket)


def test_the_bucket_may_be_in_the_hosts_name(versity, run_c_test):
    run_c_test("src/blob_store/blob_store_contract", "s3", **KEYS, FRAMEHOUND_TEST_VIRTUAL="1",
               FRAMEHOUND_TEST_S3=f"http://localhost:{versity.port}", FRAMEHOUND_TEST_BUCKET=versity.bucket)


@pytest.mark.short
def test_versitys_gateway_takes_parts_odd_keys_and_links(versity, run_c_test):
    run_c_test("src/blob_store/blob_store_s3_live", **KEYS,
               FRAMEHOUND_TEST_S3=versity.url, FRAMEHOUND_TEST_BUCKET=versity.bucket)


def test_minio_keeps_the_contract(minio, run_c_test):
    run_c_test("src/blob_store/blob_store_contract", "s3", **KEYS,
               FRAMEHOUND_TEST_S3=minio.url, FRAMEHOUND_TEST_BUCKET=minio.bucket)


def test_minio_takes_parts_odd_keys_and_links(minio, run_c_test):
    run_c_test("src/blob_store/blob_store_s3_live", **KEYS, FRAMEHOUND_TEST_HIDES_UPLOADS="1",
               FRAMEHOUND_TEST_S3=minio.url, FRAMEHOUND_TEST_BUCKET=minio.bucket)


# ---- whole ingestions


def test_an_ingestion_over_it_ends_as_one_over_the_data_folder(home, data, versity, prefix, expected):
    video, reference, keys = expected
    done = ingest(clips.bikes(), home, data, *INGEST, *versity.settings(prefix))
    assert (done["video"], done["state"], done["errors"]) == (video, "done", [])
    # The folder remembers where its blobs are.
    assert frames(video, home, data) == reference
    assert [key.removeprefix(f"{prefix}/") for key in versity.keys(prefix) if key.endswith((".jpg", ".mp4"))] == keys
    assert not (data / "blobs").exists()
    assert [path.name for path in (data / "tmp").iterdir() if path.name.startswith(("blob-", "cut-", "copy-"))] == []


def test_keys_come_from_a_containers_endpoint(home, data, versity, prefix, expected):
    class Endpoint(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            known = (self.path, self.headers["Authorization"]) == ("/keys", "a-token-of-the-container")
            body = json.dumps({"AccessKeyId": KEY, "SecretAccessKey": SECRET, "Expiration": "2100-01-01T00:00:00Z"}).encode()
            self.send_response(200 if known else 403)
            self.send_header("Content-Length", str(len(body) if known else 0))
            self.end_headers()
            self.wfile.write(body if known else b"")

        def log_message(self, *_):
            pass

    (home / ".aws" / "credentials").unlink()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as endpoint:
        threading.Thread(target=endpoint.serve_forever, daemon=True).start()

        def try_with(token: str):
            within = ("env", f"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:{endpoint.server_port}/keys",
                      f"AWS_CONTAINER_AUTHORIZATION_TOKEN={token}")
            return run("ingest", clips.bikes(), "--project", "test", "--data", data, "--wait", "--json", *INGEST,
                       *versity.settings(prefix), home=home, check=None, within=within)

        refused = try_with("another")
        assert refused.returncode == 1 and "the container's endpoint gives no keys" in refused.stderr, refused.stderr
        done = json.loads(try_with("a-token-of-the-container").stdout.splitlines()[-1])
        endpoint.shutdown()
    assert (done["video"], done["state"], done["errors"]) == (expected[0], "done", [])


def test_the_same_over_minio(home, data, minio, prefix, expected):
    done = ingest(clips.bikes(), home, data, *INGEST, *minio.settings(prefix))
    assert (done["video"], done["state"], done["errors"]) == (expected[0], "done", [])
    assert frames(expected[0], home, data) == expected[1]


def test_a_large_upload_goes_up_in_parts_plays_in_ranges_and_goes_with_its_project(home, data, tmp_path, versity, prefix):
    # A real video with a box behind it that players pass over: large, but quick to index.
    clip = tmp_path / "large.mp4"
    fill = hashlib.sha512(b"seed").digest() * (40 * 1024 * 1024 // 64)
    clip.write_bytes(clips.bikes().read_bytes() + (len(fill) + 8).to_bytes(4, "big") + b"free" + fill)
    whole = clip.read_bytes()
    with serving(home, data, *versity.settings(prefix), "--s3-part-size", "5M", "--log-level", "debug") as server:
        video = server.request("PUT", "/api/v1/projects/test/uploads/large.mp4?chunk_seconds=2&fps=2", raw=whole).json()["id"]
        state = server.wait_for_end(video)
        assert (state["state"], state["errors"]) == ("done", [])
        assert server.log.read_text().count(f"PUT {versity.url}/{versity.bucket}/{prefix}/test/{video}/source?") == 9
        stream = f"/api/v1/videos/{video}/stream"
        answer = server.get(stream)
        assert answer.headers["Content-Type"] == "video/mp4" and answer.body == whole
        for first, last in ((0, 0), (0, 65535), (1000, 7_000_000), (len(whole) - 5, len(whole) + 100)):
            part = server.get(stream, headers={"Range": f"bytes={first}-{last}"})
            assert part.status == 206 and part.body == whole[first:last + 1]
            assert part.headers["Content-Range"] == f"bytes {first}-{min(last, len(whole) - 1)}/{len(whole)}"
        assert server.get(stream, headers={"Range": "bytes=-7"}).body == whole[-7:]
        with pytest.raises(HttpError) as beyond:
            server.get(stream, headers={"Range": f"bytes={len(whole)}-"})
        assert beyond.value.status == 416
        assert server.get(stream, headers={"If-None-Match": answer.headers["ETag"]}).status == 304
        assert server.request("HEAD", stream).headers["Content-Length"] == str(len(whole))
        assert_no_secret(server.log.read_text())
        server.request("DELETE", "/api/v1/projects/test")
        assert versity.keys(prefix) == []


def test_pictures_come_through_the_server_and_missing_ones_are_not_found(home, data, versity, prefix):
    with serving(home, data, *versity.settings(prefix)) as server:
        video = post(server)
        server.wait_for_end(video)
        picture = server.get(f"/api/v1/frames/{video}-00000000/image")
        assert picture.headers["Content-Type"] == "image/jpeg" and picture.body[:3] == b"\xff\xd8\xff"
        assert server.get(f"/api/v1/videos/{video}/image").body[:3] == b"\xff\xd8\xff"
        found = server.get(f"/api/v1/videos/{video}/frames?limit=1000").json()["frames"]
        crop = next(o["id"] for frame in found for o in frame["objects"])
        assert server.get(f"/api/v1/objects/{crop}/image").body[:3] == b"\xff\xd8\xff"
        (versity.folder / "data" / versity.bucket / prefix / "test" / video / "frames" / "00000000.jpg").unlink()
        with pytest.raises(HttpError) as missing:
            server.get(f"/api/v1/frames/{video}-00000000/image")
        assert missing.value.status == 404 and "not kept" in missing.value.problem()["detail"]


def test_presigned_media_come_from_the_bucket_itself(home, data, tmp_path, versity, prefix):
    public = f"http://localhost:{versity.port}"
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<!doctype html>")
    with serving(home, data, *versity.settings(prefix), "--media", "presigned", "--s3-public-endpoint", public,
                 "--media-link-valid", "1h", "--web", str(tmp_path / "web"), "--log-level", "debug") as server:
        video = post(server)
        server.wait_for_end(video)
        whole = clips.bikes().read_bytes()
        status, headers = redirect_of(server, f"/api/v1/videos/{video}/stream")
        assert status == 307 and headers["Location"].startswith(f"{public}/{versity.bucket}/{prefix}/test/{video}/source?")
        assert headers["Cache-Control"] == "private, max-age=300"
        status, got, body = fetch(headers["Location"])
        assert (status, got["Content-Type"], body) == (200, "video/mp4", whole)
        status, got, body = fetch(headers["Location"], Range="bytes=100-199")
        assert (status, got["Content-Range"], body) == (206, f"bytes 100-199/{len(whole)}", whole[100:200])
        # A browser that goes on by itself gets the same.
        assert fetch(f"{server.url}/api/v1/videos/{video}/stream", Range="bytes=100-199")[2] == whole[100:200]
        status, headers = redirect_of(server, f"/api/v1/frames/{video}-00000000/image", method="HEAD")
        assert status == 307
        status, got, body = fetch(headers["Location"])
        assert got["Content-Type"] == "image/jpeg" and body[:3] == b"\xff\xd8\xff"
        with pytest.raises(HttpError) as missing:
            server.get(f"/api/v1/videos/{'0' * 16}/stream")
        assert missing.value.status == 404
        # The page may load from there, and from nowhere else.
        policy = server.get("/").headers["Content-Security-Policy"]
        assert f"img-src 'self' blob: data: {public};" in policy and f"media-src 'self' blob: {public};" in policy
        log = server.log.read_text()
        assert_no_secret(log)
        assert "X-Amz-Signature" not in log


@pytest.mark.parametrize("media", ["proxied", "presigned"])
def test_a_browser_plays_a_video_and_shows_pictures(home, data, tmp_path, versity, prefix, media):
    if not (ROOT / "web" / "node_modules" / "playwright-core").exists() or not Path("/usr/bin/chromium").exists():
        pytest.skip("there is no browser here: run scripts/setup build test")
    public = f"localhost:{versity.port}"
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><title>page</title>')
    with serving(home, data, *versity.settings(prefix), "--media", media, "--s3-public-endpoint", f"http://{public}",
                 "--web", str(tmp_path / "web")) as server:
        video = post(server)
        server.wait_for_end(video)
        node = DEPS / "node" / "bin" / "node"
        done = subprocess.run(
            [node if node.exists() else "node", Path(__file__).with_name("browser_media.mjs"), server.url, video,
             f"{video}-00000000"], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        assert seen["complaints"] == [] and seen["ranges"] != []
        assert abs(seen["duration"] - 10) < 0.1 and abs(seen["at"] - 8) < 0.1 and seen["width"] == 640
        assert (public in seen["hosts"]) == (media == "presigned")


def test_presigned_media_need_a_bucket(home, data):
    done = run("up", "--data", data, "--listen", "127.0.0.1:0", "--media", "presigned", home=home, check=None)
    assert done.returncode != 0 and "--media presigned is for what is kept in a bucket" in done.stderr


# ---- while something is wrong


@pytest.mark.short
def test_a_server_killed_in_the_middle_and_started_again_loses_nothing(home, data, own_versity, prefix, expected):
    settings = (*own_versity.settings(prefix), "--s3-attempts", "2", "--max-attempts", "2")
    with serving(home, data, *settings) as server:
        video = post(server)
        wait_until(lambda: indexed(server, video) >= 2, said=server.tail)
        own_versity.stop()
        wait_for_log(server, "work stops until the stores can be used again")
        with pytest.raises(HttpError) as unready:
            server.get("/readyz")
        assert unready.value.status == 503
        assert f"{own_versity.url} (--s3-endpoint) does not answer" in unready.value.body.decode()
        with pytest.raises(HttpError) as picture:
            server.get(f"/api/v1/frames/{video}-00000000/image")
        assert picture.value.status == 503 and own_versity.url in picture.value.problem()["detail"]
        # Longer than all attempts of a message would last.
        lines = len(server.log.read_text().splitlines())
        time.sleep(5)
        assert len(server.log.read_text().splitlines()) - lines < 20
        own_versity.start()
        state = server.wait_for_end(video)
        assert state["state"] == "done"
        assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
        assert server.get("/readyz").json()["status"] == "ok"
    assert frames(video, home, data) == expected[1]


def test_a_bucket_that_turns_read_only_holds_the_work_up_until_it_takes_writes_again(home, data, own_versity, prefix, expected):
    with serving(home, data, *own_versity.settings(prefix), "--max-attempts", "2") as server:
        own_versity.restart(read_only=True)
        video = post(server)
        wait_for_log(server, "work stops until the stores can be used again")
        assert "it must have the right to s3:PutObject" in server.log.read_text()
        with pytest.raises(HttpError) as unready:
            server.get("/readyz")
        assert "s3:PutObject" in unready.value.body.decode()
        own_versity.restart()
        assert server.wait_for_end(video)["state"] == "done"
        assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
    assert frames(video, home, data) == expected[1]


def hold_up(server, video: str, *words: str) -> None:
    """Waits until the work stops, and nothing is given up for it."""
    wait_for_log(server, "work stops until the stores can be used again")
    with pytest.raises(HttpError) as unready:
        server.get("/readyz")
    assert unready.value.status == 503
    assert all(word in unready.value.body.decode() for word in words), unready.value.body
    assert server.get(f"/api/v1/videos/{video}").json()["state"] in ("queued", "running")


def test_a_bucket_that_is_removed_holds_the_work_up_until_it_is_back(home, data, own_versity, prefix, expected):
    bucket, aside = own_versity.folder / "data" / own_versity.bucket, own_versity.folder / "aside"
    with serving(home, data, *own_versity.settings(prefix), "--max-attempts", "1") as server:
        bucket.rename(aside)
        video = post(server)
        hold_up(server, video, "there is no bucket", "--blob-store")
        aside.rename(bucket)
        assert server.wait_for_end(video)["state"] == "done"
        assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
    assert frames(video, home, data) == expected[1]


def test_keys_that_are_taken_back_hold_the_work_up_until_there_are_new_ones(home, data, own_versity, prefix, expected):
    with serving(home, data, *own_versity.settings(prefix), "--max-attempts", "1") as server:
        own_versity.secret = "another-secret-of-the-server"
        own_versity.restart()
        video = post(server)
        hold_up(server, video, f"does not accept the key {KEY}", "AWS_SECRET_ACCESS_KEY")
        write_keys(home, secret=own_versity.secret)
        assert server.wait_for_end(video)["state"] == "done"
        assert server.get("/api/v1/dead-letters").json()["dead_letters"] == []
    assert frames(video, home, data) == expected[1]


def test_a_part_that_is_killed_in_an_upload_leaves_what_the_doctor_clears_away(home, data, tmp_path, own_versity, prefix):
    clip = tmp_path / "large.mp4"
    fill = b"x" * (60 * 1024 * 1024)
    clip.write_bytes(clips.bikes().read_bytes() + (len(fill) + 8).to_bytes(4, "big") + b"free" + fill)
    settings = (*own_versity.settings(prefix), "--s3-part-size", "5M")
    uploads = own_versity.folder / "data" / own_versity.bucket / ".sgwtmp" / "multipart"
    server = start(home, data, *settings)
    video = post(server, clip)
    wait_until(lambda: uploads.exists() and any(uploads.rglob("*")))
    server.kill()
    # Uploads younger than a day are looked at only where somebody says that nobody else is at work.
    beside = run("doctor", "--data", data, "--json", home=home, check=None)
    assert "unfinished_upload" not in beside.stdout
    doctor = ("doctor", "--data", data, "--json", "--offline")
    found = [json.loads(line) for line in run(*doctor, home=home, check=1).stdout.splitlines()]
    texts = [line["text"] for line in found if line.get("finding") == "unfinished_upload"]
    assert len(texts) == 1 and f"test/{video}/source" in texts[0]
    mended = [json.loads(line) for line in run(*doctor, "--repair", home=home, check=None).stdout.splitlines()]
    assert [line["mended"] for line in mended if line.get("finding") == "unfinished_upload"] == [True]
    again = [json.loads(line) for line in run(*doctor, home=home, check=None).stdout.splitlines()]
    assert [line for line in again if line.get("finding") == "unfinished_upload"] == []
    with serving(home, data, *settings) as server:
        assert server.wait_for_end(video)["state"] == "done"


def test_what_is_wrong_at_the_start_is_told_with_its_setting(home, data, tmp_path, versity, prefix):
    up = ("up", "--data", data, "--listen", "127.0.0.1:0")

    def refused(*settings: str) -> str:
        done = run(*up, *settings, home=home, check=None)
        assert done.returncode != 0
        assert_no_secret(done.stderr, done.stdout)
        return done.stderr

    endpoint = ("--s3-endpoint", versity.url)
    assert 'there is no bucket "absent" on the S3 server' in refused("--blob-store", "s3://absent/x", *endpoint)
    assert "--blob-store: " in refused("--blob-store", "gs://bucket", *endpoint)
    assert "--s3-endpoint: " in refused("--blob-store", "s3://media/x", "--s3-endpoint", "localhost:1")
    gone = f"http://127.0.0.1:{free_port()}"
    assert f"{gone} (--s3-endpoint) does not answer" in refused("--blob-store", "s3://media/x", "--s3-endpoint", gone)
    write_keys(home, secret="another-secret")
    assert f"does not accept the key {KEY}" in refused(*versity.settings(prefix))
    write_keys(home, key="nobody")
    assert "does not accept the key nobody" in refused(*versity.settings(prefix))
    assert 'no keys for the profile "other"' in refused(*versity.settings(prefix), "--s3-profile", "other")
    (home / ".aws" / "credentials").unlink()
    assert "AWS_ACCESS_KEY_ID" in refused(*versity.settings(prefix))
    # Nothing of it is remembered.
    assert not (data / "blobs.json").exists()


def test_mistakes_with_tls_are_told_and_a_named_authority_is_trusted(home, data, tmp_path, prefix, run_c_test):
    folder = tmp_path / "tls"
    folder.mkdir()
    certificate = make_certificate(folder, "IP:127.0.0.1", "DNS:localhost")
    server = Versity(folder / "versity", certificate=certificate)
    up = ("up", "--data", data, "--listen", "127.0.0.1:0")
    try:
        untrusted = run(*up, *server.settings(prefix), home=home, check=None)
        assert untrusted.returncode != 0 and "certificate" in untrusted.stderr and "--s3-ca-file" in untrusted.stderr
        plain = run(*up, "--blob-store", f"s3://{server.bucket}/{prefix}", "--s3-endpoint", f"http://{server.host}",
                    home=home, check=None)
        assert plain.returncode != 0 and f"http://{server.host}" in plain.stderr
        (folder / "other").mkdir()
        other = make_certificate(folder / "other", "DNS:elsewhere.example")[0]
        stranger = run(*up, *server.settings(prefix), "--s3-ca-file", str(other), home=home, check=None)
        assert stranger.returncode != 0 and "--s3-ca-file" in stranger.stderr
        done = ingest(clips.bikes(), home, data, *INGEST, *server.settings(prefix), "--s3-ca-file", str(certificate[0]))
        assert (done["state"], done["errors"]) == ("done", [])
    finally:
        server.stop()


def test_a_folder_with_blobs_elsewhere_is_not_taken_for_one_that_lost_them(home, data, versity, prefix):
    ingest(clips.bikes(), home, data, *INGEST, *versity.settings(prefix))
    other = run("up", "--data", data, "--listen", "127.0.0.1:0", "--blob-store", "s3://media/other", "--s3-endpoint",
                versity.url, home=home, check=1)
    assert f"are in s3://media/{prefix}, and --blob-store says s3://media/other" in other.stderr
    # Without being told, everything finds them.
    report = [json.loads(line) for line in run("doctor", "--data", data, "--json", home=home).stdout.splitlines()]
    assert [line for line in report if "finding" in line] == []
    local = data.parent / "local"
    ingest(clips.bikes(), home, local, *INGEST)
    kept = run("up", "--data", local, "--listen", "127.0.0.1:0", *versity.settings(prefix + "-2"), home=home, check=1)
    assert "are in its folder blobs, and --blob-store says" in kept.stderr


def test_a_signal_ends_a_server_whose_bucket_does_not_answer(home, data, own_versity, prefix):
    with serving(home, data, *own_versity.settings(prefix)) as server:
        own_versity.process.send_signal(signal.SIGSTOP)
        try:
            post(server)
            wait_until(lambda: server.get("/api/v1/workers").json()["workers"] != [])
            assert server.stop(seconds=60) == 0
        finally:
            own_versity.process.send_signal(signal.SIGCONT)
