"""`framehound export` from a server that may be anybody's: what it sends neither fills the disk nor leaves the folder."""

import http.server
import io
import os
import subprocess
import threading
import zipfile

import pytest

from harness.program import run

LARGE = 300 * 1024 * 1024


def archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


class Exports(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802
        content = self.server.content
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(LARGE if content is None else len(content)))
        self.end_headers()
        try:
            for _ in range(LARGE // 2**20 if content is None else 0):
                self.wfile.write(b"x" * 2**20)
            self.wfile.write(content or b"")
        except OSError:
            pass

    def log_message(self, *args):
        pass


@pytest.fixture()
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exports) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        made.url = f"http://127.0.0.1:{made.server_address[1]}"
        yield made
        made.shutdown()


def export(server, home, output, *args, check):
    return run("export", "p", "-o", output, "--server", server.url, *args, home=home, check=check)


def test_an_archive_that_unpacks_to_far_too_much_is_given_up(server, home, tmp_path):
    server.content = archive({"data.yaml": b"names: []\n", "labels/bomb.txt": bytes(100 * 2**20)})
    assert len(server.content) < 200000
    out = tmp_path / "out"
    said = export(server, home, f"{out}/", "-f", "yolo", check=1).stderr
    assert "no export that can be unpacked" in said and "67108864 bytes" in said
    assert not [path for path in out.rglob("*") if path.is_file() and path.stat().st_size > 100]


@pytest.mark.parametrize(("name", "words"), [
    (".bashrc", "hidden file"), ("images/.git/hooks/post-checkout", "hidden file"), ("../out.txt", "leads out of it"),
    ("evil\x1b[31m.txt", "no name")])
def test_an_archive_with_files_that_no_export_has_is_not_unpacked(name, words, server, home, tmp_path):
    server.content = archive({name: b"x"})
    out = tmp_path / "out"
    said = export(server, home, f"{out}/", "-f", "mot", check=1).stderr
    assert words in said and "\x1b" not in said
    assert not list(out.rglob("*.*"))


def test_a_large_export_is_saved_whole(server, home, tmp_path):
    server.content = None
    export(server, home, tmp_path / "a.json", "-f", "coco", check=0)
    assert (tmp_path / "a.json").stat().st_size == LARGE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small file system")
def test_an_export_leaves_room_on_the_disk(server, home, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    within = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=64m none "$0" && exec "$@"', str(small))
    if subprocess.run([*within, "true"], capture_output=True).returncode != 0:
        pytest.skip("mounting is not allowed here")
    server.content = None
    said = run("export", "p", "-o", small / "a.json", "-f", "coco", "--server", server.url, home=home, check=1, within=within)
    assert "larger than the disk has room for" in said.stderr
    server.content = archive({"labels/a.txt": bytes(63 * 2**20)})
    said = run("export", "p", "-o", f"{small}/", "-f", "yolo", "--server", server.url, home=home, check=1, within=within)
    assert "the disk has no room for what is in the archive" in said.stderr
