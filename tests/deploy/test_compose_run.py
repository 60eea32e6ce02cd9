"""deploy/compose.yaml, started as a whole by Docker's own programs in the namespaces that scripts/test-compose makes."""

import json
import os
import resource
import secrets
import subprocess
from pathlib import Path

import pytest

from harness.deployment import assert_as_alone, frames_of, seen, upload
from harness.program import ROOT, SLOWNESS, Server
from harness.waiting import until

FILE = ROOT / "deploy" / "compose.yaml"
SOCKET = "unix:///run/docker.sock"
LASTING = {"kafka", "s3", "redis", "vectors", "splitter", "downloader", "indexer", "tracker", "query"}
ONCE = {"secrets", "topics", "bucket"}
NAMES = ("FRAMEHOUND_TOKEN", "VECTOR_KEY", "REDIS_PASSWORD", "S3_SECRET_KEY")


class Host:
    """Docker's engine, and the services of the file on it."""

    def __init__(self, folder: Path):
        work = Path(os.environ["FRAMEHOUND_COMPOSE"])
        self.log = folder / "engine.log"
        self.secrets = {name: secrets.token_urlsafe(24) for name in NAMES}
        self.settings = folder / "env"
        self.settings.write_text("".join(f"{name}={value}\n" for name, value in self.secrets.items()) +
                                 f"S3_ACCESS_KEY=framehound\nFRAMEHOUND_IMAGE={os.environ['FRAMEHOUND_COMPOSE_IMAGE']}\n")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                ["dockerd", f"--host={SOCKET}", f"--data-root={work}/docker", "--exec-root=/run/docker", "--pidfile=/run/docker.pid",
                 "--exec-opt=native.cgroupdriver=cgroupfs", f"--cgroup-parent={os.environ['FRAMEHOUND_COMPOSE_CGROUP']}",
                 "--oom-score-adjust=0", f"--default-ulimit=nofile={soft}:{hard}"], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        until("Docker's engine", self._answers, 300, self.tail)
        self.docker("load", "--quiet", "--input", str(work / "images.tar"))

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.tail()
        return self.docker("version", check=False).returncode == 0

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def _run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(command, capture_output=True, text=True, timeout=900 * SLOWNESS, stdin=subprocess.DEVNULL,
                              env={**os.environ, "DOCKER_HOST": SOCKET})
        assert not check or done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done

    def docker(self, *args: str, **more) -> subprocess.CompletedProcess:
        return self._run("docker", *args, **more)

    def compose(self, *args: str, **more) -> subprocess.CompletedProcess:
        return self._run("docker-compose", "--file", str(FILE), "--env-file", str(self.settings), *args, **more)

    def up(self, *args: str) -> None:
        done = self.compose("up", "--detach", "--quiet-pull", *args, check=False)
        assert done.returncode == 0, f"{done.stderr[-3000:]}\n{self.trouble()}"
        until("everything to be healthy", lambda: all(
            state == ("running", "healthy") for service, state in self.states() if service in LASTING), 300, self.trouble)

    def containers(self) -> list[dict]:
        return [json.loads(line) for line in self.compose("ps", "--all", "--format", "json").stdout.splitlines()]

    def states(self) -> list[tuple[str, tuple[str, str]]]:
        return [(one["Service"], (one["State"], one["Health"])) for one in self.containers()]

    def trouble(self) -> str:
        return f"{self.states()}\n{self.compose('logs', '--tail', '15', check=False).stdout[-8000:]}"

    def server(self, folder: Path) -> Server:
        """The query engine, where the host has it."""
        log = folder / "log"
        log.touch()
        return Server(self.process, folder, log, url="http://127.0.0.1:8080", token=self.secrets["FRAMEHOUND_TOKEN"])


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    if "FRAMEHOUND_COMPOSE" not in os.environ:
        pytest.skip("the compose file is started by make test-compose")
    made = Host(tmp_path_factory.mktemp("host"))
    try:
        made.up()
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "20", check=False)
        made.process.terminate()
        made.process.wait(60 * SLOWNESS)


@pytest.fixture
def server(host, tmp_path):
    return host.server(tmp_path)


def ingested(server, home, folder, fps: float) -> str:
    """A video, with everything that one machine finds in it."""
    state = server.wait_for_end(upload(server, fps), seconds=300)
    assert assert_as_alone(server, state, home, folder, fps)["frames"] == fps * 10
    return state["id"]


def stored(server, video: str) -> list:
    return seen(frames_of(server, video))


def test_all_services_are_healthy_and_what_is_done_once_is_done(host):
    states = host.states()
    assert {service for service, _ in states} == LASTING | ONCE
    assert [service for service, state in states if service in LASTING and state != ("running", "healthy")] == []
    assert {one["Service"]: (one["State"], one["ExitCode"]) for one in host.containers() if one["Service"] in ONCE} == {
        service: ("exited", 0) for service in ONCE}
    assert sum(service == "indexer" for service, _ in states) == 2


def test_a_video_is_ingested_as_on_one_machine(server, home, tmp_path):
    video = ingested(server, home, tmp_path / "alone", 2)
    some = next(o["id"] for frame in frames_of(server, video) for o in frame["objects"])
    assert server.get(f"/api/v1/objects/{some}/similar?limit=5").json()["hits"] != []
    assert server.get(f"/api/v1/objects/{some}/image").body[:2] == b"\xff\xd8"


def test_indexers_are_added_by_one_number(host, server, home, tmp_path):
    host.up("--scale", "indexer=4")
    assert [state for service, state in host.states() if service == "indexer"] == [("running", "healthy")] * 4
    ingested(server, home, tmp_path / "alone", 5)


def test_only_the_query_engine_is_reached_from_outside_and_only_two_parts_have_a_way_out(host):
    containers = host.containers()
    published = {one["Service"]: [(port["URL"], port["PublishedPort"]) for port in one["Publishers"] or [] if port["PublishedPort"]]
                 for one in containers}
    assert {service: ports for service, ports in published.items() if ports} == {"query": [("127.0.0.1", 8080)]}
    internal = {name: json.loads(host.docker("network", "inspect", f"framehound_{name}").stdout)[0]["Internal"]
                for name in ("servers", "outside")}
    assert internal == {"servers": True, "outside": False}
    networks = {one["Service"]: set(json.loads(host.docker("inspect", one["ID"]).stdout)[0]["NetworkSettings"]["Networks"])
                for one in containers}
    assert {service for service, names in networks.items() if names - {"framehound_servers", "none"}} == {"splitter", "query"}


def test_secrets_are_files_that_only_framehound_s_user_may_read(host):
    look = "import os; [print(n, oct(os.stat(f'/run/framehound/{n}').st_mode)[-3:], os.stat(f'/run/framehound/{n}').st_uid) for n in sorted(os.listdir('/run/framehound'))]"
    said = host.compose("exec", "-T", "query", "/usr/bin/python3", "-I", "-c", look).stdout.splitlines()
    assert said == [f"{name} 600 10001" for name in ("redis-password", "token", "vector-key")]
    written = {one["Name"]: host.docker("inspect", one["ID"]).stdout for one in host.containers() if one["Service"] in LASTING - {"redis", "s3"}}
    for name in ("FRAMEHOUND_TOKEN", "VECTOR_KEY", "REDIS_PASSWORD"):
        assert [container for container, text in written.items() if host.secrets[name] in text] == []


def test_secrets_are_in_no_process_s_arguments_and_redis_is_not_root(host):
    lasting = {one["Service"]: one["ID"] for one in host.containers() if one["Service"] in LASTING}
    shown = {service: host.docker("top", container, "-o", "pid,args").stdout for service, container in lasting.items()}
    assert "redis-server" in shown["redis"] and "indexer" in shown["indexer"]
    assert [(service, name) for service, text in shown.items() for name in NAMES if host.secrets[name] in text] == []
    assert host.docker("exec", lasting["redis"], "stat", "-c", "%U", "/proc/1").stdout == "redis\n"


def test_what_was_stored_is_there_after_an_end_and_a_new_start(host, server):
    videos = [one["id"] for one in server.get("/api/v1/projects/test/videos").json()["videos"]]
    before = {video: stored(server, video) for video in videos}
    assert len(before) == 2
    host.compose("down")
    assert host.containers() == []
    host.up()
    assert {video: stored(server, video) for video in videos} == before
    some = next(o["id"] for frame in frames_of(server, videos[0]) for o in frame["objects"])
    assert server.get(f"/api/v1/objects/{some}/similar?limit=5").json()["hits"] != []
