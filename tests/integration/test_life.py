"""The life of what is stored: parts and processes, cancel and resume, removal, retention, repair, access."""

import json
import os
import shutil
import subprocess
import time

import pytest

from harness import clips, contract
from harness.program import PROGRAM, SLOWNESS, HttpError, environment, frames, ingest, run, serving, start
from harness.small_disk import fill, small_disk
from harness.waiting import until


def test_two_processes_of_one_part_share_the_work(home, data):
    with serving(home, data, command="query") as query:
        parts = [start(home, data, command=c) for c in ("splitter", "downloader", "indexer", "indexer", "tracker")]

        def shares() -> list[int]:
            of: dict[int, int] = {}
            for worker in query.get("/api/v1/workers").json()["workers"]:
                if worker["part"] == "indexer":
                    of[worker["pid"]] = of.get(worker["pid"], 0) + worker["indexed"]
            return list(of.values())

        # One that comes late finds nothing left to do.
        until("both indexers", lambda: len(shares()) == 2)
        video = query.post("/api/v1/projects/test/videos", {
            "source": str(clips.bikes()), "chunk_seconds": 1, "fps": 10}).json()["id"]
        state = query.wait_for_end(video)
        # What workers say comes a moment after what they do.
        until("what the indexers did", lambda: sum(shares()) >= 100, said=lambda: str(shares()))
        done = shares()
        for part in parts:
            assert part.stop() == 0, part.tail()
    assert state["state"] == "done" and state["progress"]["frames_indexed"] == 100
    assert sum(done) == 100 and all(done), done


def test_processes_that_start_together_prepare_the_models_one_by_one(home, data):
    # All find an empty cache of compiled networks.
    with serving(home, data, command="query"):
        for _ in range(2):
            shutil.rmtree(data / "cache", ignore_errors=True)
            parts = [start(home, data, command="indexer") for _ in range(4)]
            end = time.monotonic() + 60 * SLOWNESS
            while sum("works on" in part.tail() for part in parts) < 4:
                assert all(part.process.poll() is None for part in parts), [part.tail() for part in parts]
                assert time.monotonic() < end
                time.sleep(0.05)
            for part in parts:
                assert part.stop() == 0, part.tail()
            assert list((data / "cache").glob("*.blob"))


def test_a_second_up_on_the_same_folder_is_refused(home, data):
    with serving(home, data) as server:
        second = run("up", "--data", data, "--listen", "127.0.0.1:0", home=home, check=1)
        assert "another process" in second.stderr and str(server.process.pid) in second.stderr
        assert f"{server.url}/ already" in second.stderr, second.stderr
        # A command that is given the folder finds the server that has it.
        assert run("projects", "--data", data, home=home).returncode == 0
        os.truncate(server.log, 0)
    # As after a rotation, the log goes on at its beginning.
    assert server.log.read_bytes()[:2] == b"20", server.log.read_bytes()[:80]


def test_a_taken_port_is_said(home, data, tmp_path):
    with serving(home, data) as server:
        port = server.url.rsplit(":", 1)[1]
        other = run("up", "--data", tmp_path / "other", "--listen", f"127.0.0.1:{port}", home=home, check=1)
        assert port in other.stderr


def test_a_cancelled_ingestion_stops_and_can_be_resumed(home, data, tmp_path):
    clip = clips.drawn(tmp_path / "long.mp4", seconds=30, size="640x360")
    with serving(home, data) as server:
        video = server.post("/api/v1/projects/test/videos", {"source": str(clip), "fps": "all", "chunk_seconds": 1}).json()["id"]
        while server.get(f"/api/v1/videos/{video}").json()["progress"]["frames_indexed"] == 0:
            time.sleep(0.02)
        cancelled = server.post(f"/api/v1/videos/{video}/cancel")
        contract.check("POST", f"/api/v1/videos/{video}/cancel", cancelled)
        assert cancelled.json()["state"] == "cancelled"
        before = server.get(f"/api/v1/videos/{video}").json()["progress"]["frames_indexed"]
        assert before < 750
        with pytest.raises(HttpError) as again:
            server.post(f"/api/v1/videos/{video}/cancel")
        assert again.value.status == 409
    with serving(home, data) as server:
        # Neither a restart nor a repair takes a person's decision back.
        state = server.get(f"/api/v1/videos/{video}").json()
        assert state["state"] == "cancelled" and state["resumable"] is True
        resumed = server.post(f"/api/v1/videos/{video}/resume")
        contract.check("POST", f"/api/v1/videos/{video}/resume", resumed)
        state = server.wait_for_end(video)
    assert state["state"] == "done" and state["progress"]["frames_indexed"] == 750


def test_deleting_a_video_removes_all_of_it_and_nothing_else(home, data):
    keep = ingest(clips.bikes(), home, data, "--limit", "2")
    gone = ingest(clips.bikes(), home, data, "--limit", "3")
    before = frames(keep["video"], home, data)
    run("delete", gone["video"], "--yes", "--data", data, home=home)
    assert "no" in run("status", gone["video"], "--data", data, home=home, check=1).stderr
    assert not list((data / "blobs" / "test").glob(f"{gone['video']}*"))
    assert frames(keep["video"], home, data) == before
    query = next(o["id"] for f in before for o in f["objects"])
    hits = [json.loads(line) for line in
            run("similar", query, "--data", data, "--json", "-n", "1000", home=home).stdout.splitlines()]
    assert hits and all(h["video"] == keep["video"] for h in hits)
    run("delete", "--project", "test", "--yes", "--data", data, home=home)
    assert not list((data / "blobs").rglob("*.jpg"))
    assert run("videos", "--data", data, "--json", home=home).stdout == ""


def test_a_video_removed_while_it_is_indexed_can_be_asked_for_again_at_once(home, data):
    import random
    chance = random.Random(7)
    with serving(home, data) as server:
        for i in range(8):
            ask = {"source": str(clips.bikes()), "limit_seconds": 5 + i, "chunk_seconds": 1}
            video = server.post("/api/v1/projects/test/videos", ask).json()["id"]
            time.sleep(chance.uniform(0, 0.8))
            server.request("DELETE", f"/api/v1/videos/{video}")
            assert server.post("/api/v1/projects/test/videos", ask).json()["id"] == video
            state = server.wait_for_end(video, seconds=60)
            assert (state["state"], state["progress"]["frames_indexed"]) == ("done", min(25 + 5 * i, 50)), state


def test_deleting_asks_first(home, data):
    kept = ingest(clips.bikes(), home, data, "--limit", "1")
    done = run("delete", kept["video"], "--data", data, home=home, check=1)
    assert "frames" in done.stdout and "Nothing was removed" in done.stdout
    assert frames(kept["video"], home, data)


def test_retention_keeps_what_it_says(home, tmp_path):
    def blobs(*args):
        data = tmp_path / "-".join(("d", *args))
        result = ingest(clips.bikes(), home, data, "--limit", "1", *args)
        base = data / "blobs" / "test" / result["video"]
        return {k: len(list(base.glob(f"{k}/*"))) for k in ("segments", "frames", "objects")}
    usual = blobs()
    assert usual["segments"] == 0 and usual["frames"] == 5 and usual["objects"] > 0
    assert blobs("--keep-segments")["segments"] > 0
    lean = blobs("--no-keep-frames")
    assert lean["frames"] == 0 and lean["objects"] == usual["objects"]


def test_the_doctor_finds_and_mends_what_the_stores_disagree_on(home, data):
    result = ingest(clips.bikes(), home, data, "--limit", "2")
    before = frames(result["video"], home, data)
    healthy = run("doctor", "--data", data, home=home)
    assert "PROBLEM" not in healthy.stdout
    base = data / "blobs" / "test" / result["video"]
    victim = sorted((base / "objects").glob("*.jpg"))[0]
    victim.unlink()
    (base / "objects" / f"{result['video']}-00000001-998.jpg").write_bytes(b"\xff\xd8\xff")
    (data / "blobs" / "test" / "feedfeedfeedfeed" / "frames").mkdir(parents=True)
    (data / "blobs" / "test" / "feedfeedfeedfeed" / "frames" / "00000001.jpg").write_bytes(b"x")
    sick = run("doctor", "--data", data, "--json", home=home, check=1)
    kinds = {json.loads(line).get("finding") for line in sick.stdout.splitlines()}
    assert {"crop_without_object", "object_without_crop", "blob_without_video"} <= kinds, sick.stdout
    assert "--repair" in sick.stdout
    run("doctor", "--repair", "--data", data, home=home, check=None)
    # What is to be indexed again is done by the next run.
    with serving(home, data) as server:
        assert server.wait_for_end(result["video"])["state"] == "done"
        # The video is done all the while: only a frame of it is looked at again.
        for _ in range(1200):
            if victim.exists():
                break
            time.sleep(0.05)
    assert victim.exists()
    assert not (data / "blobs" / "test" / "feedfeedfeedfeed").exists()
    assert run("doctor", "--data", data, home=home).returncode == 0
    assert frames(result["video"], home, data) == before
    # What nothing can bring back is told, and no repair is offered for it.
    (base / "source").unlink()
    lost = run("doctor", "--data", data, home=home, check=1).stdout
    assert "can be searched, but not played" in lost and "--repair" not in lost, lost


def test_any_address_but_loopback_needs_a_token(home, data, tmp_path):
    refused = run("up", "--data", data, "--listen", "0.0.0.0:0", home=home, check=1)
    assert "token" in refused.stderr
    short = tmp_path / "short"
    short.write_text("abc\n")
    short.chmod(0o600)
    assert "16 characters" in run(
        "up", "--data", data, "--listen", "127.0.0.1:0", "--token-file", short, home=home, check=1).stderr


@pytest.mark.parametrize(("mode", "owner", "words"), [
    (0o644, None, "everybody on this machine may read"), (0o640, None, "others of the group"), (0o440, None, "others of the group"),
    (0o460, 65534, "others of the group"), (0o444, 65534, "everybody on this machine may read"), (0o400, None, None),
    (0o440, 65534, None)])
def test_a_token_is_for_its_owner_alone_or_mounted_for_a_group(mode, owner, words, home, data, tmp_path):
    if owner is not None and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    token = tmp_path / "token"
    token.write_text("correct horse battery staple\n")
    token.chmod(mode)
    if owner is not None:
        os.chown(token, owner, -1)
    # As secrets are mounted: by a link, which says nothing about the file.
    link = tmp_path / "link"
    link.symlink_to(token)
    if words is None:
        with serving(home, data, "--token-file", link, token="correct horse battery staple") as server:
            server.get("/api/v1/projects")
    else:
        said = run("up", "--data", data, "--listen", "127.0.0.1:0", "--token-file", link, home=home, check=1).stderr
        assert words in said and "chmod 600" in said


def test_a_token_is_wanted_for_everything_but_health(home, data, tmp_path):
    token = tmp_path / "token"
    token.write_text("correct horse battery staple\n")
    token.chmod(0o600)
    with serving(home, data, "--token-file", token, token="correct horse battery staple") as server:
        server.get("/api/v1/projects")
        server.token = None
        for path in ("/api/v1/projects", "/metrics", "/api/v1/workers"):
            with pytest.raises(HttpError) as caught:
                server.get(path)
            assert caught.value.status == 401 and caught.value.problem()
        with pytest.raises(HttpError):
            server.get("/api/v1/projects", headers={"Authorization": "Bearer correct horse battery stapl"})
        assert server.get("/healthz").status == 200
        with pytest.raises(HttpError):
            server.post("/api/v1/session", {"token": "wrong wrong wrong wrong"})
        # Whoever has no token cannot make the server hold much.
        with pytest.raises(HttpError) as caught:
            server.post("/api/v1/session", {"token": "x" * 5000})
        assert caught.value.status == 413
        session = server.post("/api/v1/session", {"token": "correct horse battery staple"})
        contract.check("POST", "/api/v1/session", session)
        cookie = session.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "correct" not in cookie
        assert server.get("/api/v1/projects", headers={"Cookie": cookie.split(";")[0]}).status == 200
        done = run("ingest", clips.bikes(), "--project", "p", "--limit", "1", "--server", server.url, "--token-file", token,
                   "--wait", "--json", home=home)
        assert json.loads(done.stdout)["state"] == "done"


def test_a_file_sent_to_a_server_far_away_is_shown_by_the_name_it_was_given(home, data, tmp_path):
    token = tmp_path / "token"
    token.write_text("correct horse battery staple\n")
    token.chmod(0o600)
    with serving(home, data, "--token-file", token, token="correct horse battery staple") as server:
        def names(*args) -> set[str]:
            run("ingest", clips.bikes(), "--project", "p", "--server", server.url, "--token-file", token, *args, home=home)
            return {video["name"] for video in server.get("/api/v1/videos").json()["videos"]}

        assert names("--limit", "0.2", "--name", "Evening news, 3/4") == {"Evening news, 3-4"}
        assert names("--limit", "0.4") == {"Evening news, 3-4", clips.bikes().name}


def test_remote_clients_may_not_name_files_or_private_addresses(home, data):
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    with serving(home, data) as server:
        for source in (str(clips.bikes()), f"file://{clips.bikes()}"):
            with pytest.raises(HttpError) as caught:
                server.post("/api/v1/projects/p/videos", {"source": source}, headers=forwarded)
            assert caught.value.status == 403, caught.value
        for source in (server.url + "/video.mp4", "http://127.0.0.1:9/x.mp4", "http://[::1]:9/x.mp4",
                       "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/x.mp4", "http://2130706433/x.mp4"):
            try:
                video = server.post("/api/v1/projects/p/videos", {"source": source}, headers=forwarded).json()
            except HttpError as error:
                assert error.status in (400, 403)
                continue
            state = server.wait_for_end(video["id"])
            assert state["state"] == "failed" and state["errors"], state


def test_a_foreign_page_cannot_use_the_server(home, data):
    with serving(home, data) as server:
        with pytest.raises(HttpError) as origin:
            server.post("/api/v1/projects", {"name": "x"}, headers={"Origin": "https://evil.example"})
        assert origin.value.status == 403
        with pytest.raises(HttpError) as host:
            server.get("/api/v1/projects", headers={"Host": "evil.example"})
        assert host.value.status in (400, 403, 421)


def test_a_video_is_fetched_from_an_address(home, data, tmp_path):
    import functools
    import http.server
    import shutil
    import threading
    folder = tmp_path / "www"
    folder.mkdir()
    shutil.copy(clips.bikes(), folder / "bikes.mp4")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as www:
        threading.Thread(target=www.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{www.server_address[1]}"
        good = ingest(f"{base}/bikes.mp4", home, data, "--limit", "2")
        assert good["state"] == "done" and good["frames"] == 10
        missing = ingest(f"{base}/none.mp4", home, data, check=1)
        assert missing["state"] == "failed" and "404" in missing["errors"][0]
        large = ingest(f"{base}/bikes.mp4", home, data, "--limit", "1", "--max-download", "2K", check=1)
        assert large["state"] == "failed" and large["errors"]
        www.shutdown()
    gone = ingest(f"{base}/bikes.mp4", home, data, "--limit", "3", "--max-attempts", "2", check=1)
    assert gone["state"] == "failed" and gone["errors"]


def test_the_secret_of_an_address_is_used_and_told_to_nobody(home, data, tmp_path):
    import functools
    import http.server
    import shutil
    import threading
    folder = tmp_path / "www"
    folder.mkdir()
    (folder / "empty.mp4").touch()

    class Signed(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            if "X-Amz-Signature=TOPSECRET" in self.path:
                super().do_GET()
            else:
                self.send_error(403)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Signed, directory=str(folder))) as www:
        threading.Thread(target=www.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{www.server_address[1]}"
        with serving(home, data, "--max-attempts", "1", "--log-level", "debug") as server:
            ids = [server.post("/api/v1/projects/p/videos", {"source": f"{base}/{name}?v=1&X-Amz-Signature=TOPSECRET",
                                                             "limit_seconds": 1}).json()["id"]
                   for name in ("empty.mp4", "bikes.mp4")]
            shown = [server.wait_for_end(video) for video in ids]
            assert "/empty.mp4?… is empty" in shown[0]["errors"][0] and "404" in shown[1]["errors"][0]
            assert shown[1]["source"] == f"{base}/bikes.mp4?v=1&X-Amz-Signature=…"
            for path in ("/api/v1/activity/state", "/api/v1/dead-letters", "/api/v1/videos", "/metrics"):
                assert "TOPSECRET" not in server.get(path).body.decode()
            assert "TOPSECRET" not in run("status", ids[0], "--server", server.url, home=home).stdout
            with pytest.raises(HttpError) as refused:
                server.post("/api/v1/projects/p/videos", {"source": shown[1]["source"]})
            assert refused.value.status == 400 and "stands for a secret" in refused.value.problem()["detail"]
            # The source itself has it still.
            shutil.copy(clips.bikes(), folder / "bikes.mp4")
            server.post(f"/api/v1/videos/{ids[1]}/resume")
            assert server.wait_for_end(ids[1])["state"] == "done"
        www.shutdown()
    assert "TOPSECRET" not in server.log.read_text()


def test_a_video_is_fetched_from_a_page_that_shows_it(home, data, tmp_path):
    import functools
    import http.server
    import shutil
    import threading
    if not (clips.DEPS / "venv" / "bin" / "yt-dlp").exists():
        pytest.skip("yt-dlp is not installed: run make setup")
    folder = tmp_path / "www"
    folder.mkdir()
    shutil.copy(clips.bikes(), folder / "bikes.mp4")
    (folder / "page.html").write_text("<!doctype html><title>A street</title><video src='bikes.mp4'></video>")
    (folder / "empty.html").write_text("<!doctype html><title>Nothing</title><p>No video here.</p>")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as www:
        threading.Thread(target=www.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{www.server_address[1]}"
        page = ingest(f"{base}/page.html", home, data, "--limit", "2")
        assert page["state"] == "done" and page["frames"] == 10
        # Where nobody gave a name, the page's title says more than its address.
        shown = json.loads(run("status", page["video"], "--data", data, "--json", home=home).stdout)
        assert shown["name"].startswith("A street") and shown["media"]["title"] == shown["name"]
        nothing = ingest(f"{base}/empty.html", home, data, check=1)
        assert nothing["state"] == "failed" and "empty.html" in nothing["errors"][0]
        without = ingest(f"{base}/page.html", home, data, "--limit", "1", "--yt-dlp", "", check=1)
        assert without["state"] == "failed" and "yt-dlp" in without["errors"][0]
        www.shutdown()


def test_a_full_disk_is_said_and_loses_nothing(home, tmp_path):
    with small_disk(tmp_path / "small", "24m") as small:
        data = small / "data"
        first = ingest(clips.bikes(), home, data, "--limit", "1")
        before = frames(first["video"], home, data)
        filler = fill(small)
        done = run("ingest", clips.bikes(), "--project", "test", "--limit", "8", "--data", data, "--wait", "--max-attempts", "2",
                   home=home, check=None)
        assert done.returncode == 1
        assert "space" in (done.stdout + done.stderr) or "full" in (done.stdout + done.stderr), done
        filler.unlink()
        assert frames(first["video"], home, data) == before
        again = ingest(clips.bikes(), home, data, "--limit", "8")
        assert again["state"] == "done" and again["frames"] == 40


def test_an_upload_that_does_not_say_its_size_leaves_room_on_the_disk(home, tmp_path):
    room = []

    def pieces():
        for _ in range(200):
            room.append(shutil.disk_usage(small).free)
            yield bytes(1 << 20)

    with small_disk(tmp_path / "small", "80m") as small, serving(home, small / "data") as server:
        # It is refused in the middle; whether the answer is still heard there is up to the connection.
        with pytest.raises((HttpError, OSError)):
            server.request("PUT", "/api/v1/projects/p/uploads/endless.mp4", raw=pieces())
        assert min(room) >= 8 << 20
        server.post("/api/v1/projects", {"name": "still-there"})


def test_waiting_ends_when_tracking_was_given_up(home, data, tmp_path):
    ingest(clips.bikes(), home, data, "--limit", "1")
    vectors = data / "vectors" / "test" / "vectors.sqlite"
    bytes_ = vectors.read_bytes()
    vectors.write_bytes(bytes_[:4096] + b"\xa5" * (len(bytes_) - 4096))
    # Nothing to detect: only the tracker meets what is damaged.
    black = tmp_path / "black.mp4"
    clips.ffmpeg("-f", "lavfi", "-i", "color=black:s=320x240:d=2:r=10", "-pix_fmt", "yuv420p", black)
    result = ingest(black, home, data)
    assert result["state"] == "done" and result["frames"] > 0
    assert len(result["errors"]) == 1
    assert "could not be followed" in result["errors"][0] and "is damaged" in result["errors"][0]


def test_a_model_that_is_not_what_it_should_be_is_refused(home, data, tmp_path):
    import shutil
    models = tmp_path / "models"
    shutil.copytree(clips.DEPS / "models", models)
    for network in models.glob("*/model.bin"):
        bytes_ = bytearray(network.read_bytes())
        bytes_[len(bytes_) // 2] ^= 1
        network.write_bytes(bytes_)
    done = run("ingest", clips.bikes(), "--project", "p", "--data", data, "--models", models, "--wait", home=home, check=1)
    assert "SHA-256" in done.stderr
    verify = run("models", "verify", "--models", models, home=home, check=1)
    assert "SHA-256" in verify.stdout
    assert run("ingest", clips.bikes(), "--project", "p", "--data", data, "--detector", "none", "--wait", home=home,
               check=1).stderr.startswith("framehound: ")


def test_progress_is_shown_as_plain_lines_where_there_is_no_terminal(home, data):
    done = run("ingest", clips.bikes(), "--project", "p", "--limit", "2", "--data", data, "--wait", home=home)
    assert "\r" not in done.stderr and "frames" in done.stderr
    assert done.stdout.startswith("done: video ")


def test_on_a_terminal_progress_is_one_line_that_is_written_over(home, data):
    import pty
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, "ingest", clips.bikes(), "--project", "p", "--data", data, "--wait"],
        env=environment(home), stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    assert process.wait() == 0
    assert b"\r\x1b[K" in shown and "█".encode() in shown
