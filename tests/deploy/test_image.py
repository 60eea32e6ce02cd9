"""The container image: what is in it, and that it works with nothing writable but its data folder."""

import json
import os
import re
import resource
import shutil
import stat
import subprocess
import time
from pathlib import Path

import pytest

from harness import clips
from harness.clips import DEPS
from harness.program import ROOT, SLOWNESS, HttpError, Server

VERSION = re.search(r"version: '(.+)'", (ROOT / "meson.build").read_text(encoding="utf-8"))[1]
IMAGE = os.environ.get("FRAMEHOUND_IMAGE", f"localhost/framehound:{VERSION}")
TOKEN = "a-token-of-some-length"
UID = 10001
SIZE_MOST = 560_000_000


# Some of Debian's libraries lack symbols unless another is loaded first; what matters is that none lacks a library.
LOAD_ALL = """
import ctypes, pathlib, sqlite3, ssl
for path in pathlib.Path("/usr/lib").rglob("*.so*"):
    try:
        ctypes.CDLL(str(path))
    except OSError as error:
        if "undefined symbol" not in str(error):
            raise
print(len(ssl.create_default_context().get_ca_certs()))
"""


def podman(*args: str, check: bool = True, **more) -> subprocess.CompletedProcess:
    done = subprocess.run(["podman", *args], capture_output=True, text=True, timeout=600 * SLOWNESS, stdin=subprocess.DEVNULL, **more)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="session")
def image() -> dict:
    if os.environ.get("FRAMEHOUND_IMAGE_TESTS") != "1":
        pytest.skip("tests of the container image are run by make test-image")
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed: run scripts/setup image")
    found = podman("image", "inspect", IMAGE, check=False)
    assert found.returncode == 0, f"there is no image {IMAGE}: run make image\n{found.stderr}"
    return json.loads(found.stdout)[0]


@pytest.fixture(scope="session")
def root(image) -> Path:
    """The image's files."""
    path = Path(podman("image", "mount", image["Id"]).stdout.strip())
    yield path
    podman("image", "unmount", image["Id"])


def flags() -> list[str]:
    """As an orchestrator would run it. Where nobody may raise limits, podman's own are too high."""
    limits = []
    for name, most in (("nofile", 20000), ("nproc", 4096)):
        hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        limits.append(f"--ulimit={name}={min(1024, most) if name == 'nofile' else most}:{most}")
    return ["run", "--rm", "--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp:size=64m,mode=1777", "--cap-drop=all",
            "--security-opt=no-new-privileges", "--network=host", "--no-healthcheck", *limits]


def run(*args: str, entrypoint: str | None = None, check: bool = True) -> subprocess.CompletedProcess:
    return podman("--runtime=runc", "--cgroup-manager=cgroupfs", *flags(), *([f"--entrypoint={entrypoint}"] if entrypoint else []),
                  IMAGE, *args, check=check)


def files(root: Path):
    for folder, _, names in os.walk(root):
        for name in names:
            yield Path(folder, name)


def test_the_containerfile_is_clean():
    hadolint = next((DEPS / "image" / "python").glob("**/bin/hadolint"), None) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed: run scripts/setup image")
    done = subprocess.run([hadolint, "--no-color", str(ROOT / "deploy" / "Containerfile")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_smaller_than_560_mb(image):
    print(f"{IMAGE}: {image['Size'] / 1e6:.0f} MB")
    assert image["Size"] < SIZE_MOST


def test_it_says_what_it_is(image):
    labels = image["Labels"]
    for name in ("title", "description", "licenses", "version", "revision", "created"):
        assert labels[f"org.opencontainers.image.{name}"] not in ("", "unknown"), name
    assert labels["org.opencontainers.image.version"] == VERSION
    config = image["Config"]
    assert config["User"] == f"{UID}:{UID}" and config["Volumes"] == {"/data": {}} and config["StopSignal"] == "SIGTERM"


def test_there_is_no_compiler_no_shell_and_no_package_manager(root):
    unwanted = re.compile(r"(.*-)?(cc1?|gcc|g\+\+|c\+\+|cpp|clang|ld|as|make|ninja|tcc|go|rustc)(-[\d.]+)?"
                          r"|sh|bash|dash|busybox|zsh|apt|apt-get|dpkg|pip3?|perl|node|npm|su|sudo|mount")
    found = [str(path.relative_to(root)) for path in files(root)
             if unwanted.fullmatch(path.name) and path.lstat().st_mode & 0o111 and not path.is_dir()]
    assert found == []
    assert [path for path in files(root) if path.suffix in (".h", ".a", ".o") or path.name.endswith(".c")] == []


def test_no_file_gives_more_rights_than_its_user_has(root):
    special = stat.S_ISUID | stat.S_ISGID
    assert [path for path in files(root) if path.lstat().st_mode & special] == []
    for path in files(root):
        assert "security.capability" not in os.listxattr(path, follow_symlinks=False), path


def test_nothing_but_the_data_folder_and_tmp_is_for_others_to_write(root):
    assert [path for path in files(root) if not path.is_symlink() and path.lstat().st_mode & 0o022] == []
    for folder, names, _ in os.walk(root):
        for path in (Path(folder, name) for name in names):
            if not path.is_symlink() and path not in (root / "tmp", root / "data"):
                status = path.stat()
                assert status.st_uid == 0 and not status.st_mode & 0o022, path


def test_nothing_of_the_machine_that_built_it_is_left(root):
    authorities = (root / "etc/ssl/certs/ca-certificates.crt").read_text()
    assert authorities.count("BEGIN CERTIFICATE") > 100
    for own in Path("/usr/local/share/ca-certificates").rglob("*.crt"):
        assert own.read_text().split("-----")[2].strip() not in authorities, own
    for name in ("etc/pip.conf", "etc/npmrc", "root", "src", "etc/apt"):
        assert not (root / name).exists(), name


def test_packages_and_licences_can_be_looked_up(root):
    records = list((root / "var/lib/dpkg/status.d").iterdir())
    assert len(records) > 50
    for record in records:
        assert re.search(r"^Package: ", record.read_text(), re.MULTILINE), record
        assert (root / "usr/share/doc" / record.name / "copyright").exists(), record.name


def test_every_library_is_there(image):
    done = run("-c", LOAD_ALL, entrypoint="/usr/bin/python3")
    assert int(done.stdout) > 100


def test_yt_dlp_runs(image):
    assert re.fullmatch(r"\d{4}\.\d+\.\d+(\.\d+)?", run("--version", entrypoint="/usr/lib/framehound/yt-dlp").stdout.strip())
    said = [json.loads(line) for line in run("doctor", "--json", check=False).stdout.splitlines()]
    for program in ("yt-dlp", "deno", "ffmpeg"):
        assert [line["level"] for line in said if line["check"] == program] == ["ok"], said


def test_the_models_are_whole(image):
    done = run("models", "verify")
    assert done.returncode == 0, done.stdout


def test_without_a_token_nobody_is_let_in(image):
    done = run("up", check=False)
    assert done.returncode == 1 and "--token-file" in done.stderr


@pytest.fixture
def container(image, tmp_path):
    """`framehound up` in the image, read-only and as its own user, with what it stores in a folder of the test."""
    data, token = tmp_path / "data", tmp_path / "token"
    data.mkdir()
    token.write_text(TOKEN)
    token.chmod(0o400)
    if os.getuid() == 0:
        os.chown(data, UID, UID)
        os.chown(token, UID, UID)
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["podman", "--runtime=runc", "--cgroup-manager=cgroupfs", *flags(), f"--volume={data}:/data", f"--volume={token}:/run/token:ro",
             IMAGE, "up", "--token-file=/run/token", "--listen=127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    server = Server(process, data, log, token=TOKEN)
    end = time.monotonic() + 120 * SLOWNESS
    while not (data / "server.json").exists():
        assert process.poll() is None and time.monotonic() < end, server.tail()
        time.sleep(0.1)
    server.url = json.loads((data / "server.json").read_text())["url"]
    yield server
    if process.poll() is None:
        assert server.stop() == 0, server.tail()


def test_it_ingests_a_video_read_only_and_as_nobody_special(container):
    assert container.get("/readyz").json()["status"] == "ok"
    container.post("/api/v1/projects", {"name": "test"})
    sent = container.request("PUT", "/api/v1/projects/test/uploads/bikes.mp4?fps=2", raw=clips.bikes().read_bytes(),
                             headers={"Content-Type": "application/octet-stream"}).json()
    state = container.wait_for_end(sent["id"], seconds=300)
    assert (state["state"], state["errors"]) == ("done", []) and state["progress"]["objects"] > 0
    frames = container.get(f"/api/v1/videos/{sent['id']}/frames?limit=100").json()["frames"]
    some = next(o["id"] for frame in frames for o in frame["objects"])
    assert container.get(f"/api/v1/objects/{some}/similar?limit=5").json()["hits"] != []
    assert b"<div id=\"root\">" in container.get("/").body
    assert {path.stat().st_uid for path in container.data.rglob("*")} == {UID}
    container.token = None
    with pytest.raises(HttpError) as refused:
        container.get("/api/v1/projects")
    assert refused.value.status == 401
