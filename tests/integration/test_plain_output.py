"""What a server says, whoever runs it, neither steers the terminal nor forges lines."""

import http.server
import json
import threading

import pytest

from harness import clips
from harness.program import ingest, run, serving

EVIL = "evil\x1b]0;PWNED\x07\x1b[31mred\nforged row \u009b2J\u202etxt\u2069\x7f"
SHOWN = "evil\ufffd]0;PWNED\ufffd\ufffd[31mred forged row \ufffd2J\ufffdtxt\ufffd\ufffd"
ID = "0123456789abcdef"
VIDEO = {"id": ID, "name": EVIL, "project": EVIL, "source": EVIL, "state": EVIL, "errors": [EVIL], "errors_count": 1,
         "progress": {"segments": 1}, "models": {"detector": EVIL, "embedder": EVIL},
         "media": {"codec": EVIL, "container": EVIL, "width": 1}}
ANSWERS = {
    "/api/v1/projects": {"projects": [{"name": EVIL, "videos": 1}]},
    "/api/v1/videos": {"videos": [VIDEO], "next_cursor": None},
    f"/api/v1/videos/{ID}": VIDEO,
    f"/api/v1/videos/{ID}/frames": {"frames": [{"index": 1, "state": EVIL, "objects": [{"class": EVIL}]}]},
    "/api/v1/workers": {"workers": [{"worker": EVIL, "part": EVIL, "state": EVIL, "video": EVIL}]},
    "/api/v1/projects/p/labels": {"labels": [{"name": EVIL}]},
    "/api/v1/dead-letters": {"dead_letters": [{"id": 1, "topic": EVIL, "key": EVIL, "reason": EVIL}]},
}


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802
        answer = ANSWERS.get(self.path.split("?")[0])
        body = json.dumps(answer if answer is not None else {"status": 404, "title": EVIL, "detail": EVIL}).encode()
        self.send_response(200 if answer is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def hostile():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def obeyed(text: str) -> list[str]:
    """What a terminal would not show but do."""
    return [c for c in text if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202e\u2069")]


@pytest.mark.parametrize("command", [
    ["projects"], ["videos"], ["status"], ["status", ID], ["frames", ID], ["labels", "p"], ["dead-letters"],
    ["resume", ID], ["delete", ID], ["tracks", ID], ["similar", f"{ID}-00000000-000"]])
def test_what_a_server_says_is_shown_and_not_obeyed(command, hostile, home):
    done = run(*command, "--server", hostile, home=home, check=None)
    said = done.stdout + done.stderr
    assert "evil\ufffd]0;PWNED" in said and not obeyed(said), said
    assert not [line for line in said.splitlines() if line.startswith("forged row")]


def test_a_name_stays_in_its_row(hostile, home):
    done = run("videos", "--server", hostile, home=home)
    assert len(done.stdout.splitlines()) == 2 and SHOWN in done.stdout


def test_json_carries_every_character_and_escapes_what_a_terminal_obeys(hostile, home):
    done = run("videos", "--server", hostile, "--json", home=home)
    assert json.loads(done.stdout)["name"] == EVIL
    assert not obeyed(done.stdout) and "\\u009b" in done.stdout and "\\u202e" in done.stdout


def test_a_file_is_ingested_whatever_it_is_called_and_a_name_is_refused(home, data, tmp_path):
    file = tmp_path / "evil\x1b[31m\nname\u009b.mp4"
    file.write_bytes(clips.bikes().read_bytes())
    kept = "evil\ufffd[31m name\ufffd.mp4"
    first = ingest(file, home, data, "--limit", "1")
    assert json.loads(run("status", first["video"], "--data", data, "--json", home=home).stdout)["name"] == kept
    refused = run("ingest", file, "--project", "p", "--data", data, "--name", EVIL, home=home, check=None)
    assert refused.returncode == 2 and "a video's name has no control characters" in refused.stderr
    # A server that wants a token is sent the file's bytes, and its name in an address.
    token = tmp_path / "token"
    token.write_text("correct horse battery staple\n")
    token.chmod(0o600)
    with serving(home, data, "--token-file", token, token="correct horse battery staple") as server:
        done = run("ingest", file, "--project", "up", "--limit", "1", "--server", server.url, "--token-file", token, "--json",
                   home=home)
        video = json.loads(done.stdout.splitlines()[-1])["video"]
        assert server.get(f"/api/v1/videos/{video}").json()["name"] == kept
