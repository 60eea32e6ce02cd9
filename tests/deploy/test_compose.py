"""deploy/compose.yaml: a valid file, of services that are pinned, watched, limited and know their settings."""

import json
import os
import re
import shutil
import subprocess

import jsonschema
import pytest
import yaml

from harness.clips import DEPS
from harness.ports import free_port
from harness.program import ROOT
from harness.waiting import until

FILE = ROOT / "deploy" / "compose.yaml"
PARTS = ("splitter", "downloader", "indexer", "tracker", "query", "vectors")
ONCE = ("secrets", "topics", "bucket")
SERVERS = ("kafka", "s3", "redis")


@pytest.fixture(scope="module")
def text() -> str:
    return FILE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def services(text) -> dict:
    return yaml.safe_load(text)["services"]


def test_it_is_what_the_specification_says(text):
    schema = DEPS / "k8s" / "compose-spec.json"
    if not schema.exists():
        pytest.skip(f"{schema} is not there: run scripts/setup k8s")
    specification = json.loads(schema.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(specification)(specification)
    assert [error.message for error in validator.iter_errors(yaml.safe_load(text))] == []
    wrong = yaml.safe_load(text.replace("stop_grace_period", "stop_grace"))
    assert list(validator.iter_errors(wrong)) != []


def test_all_of_the_system_is_there(services):
    assert set(services) == {*PARTS, *ONCE, *SERVERS}


def test_every_image_is_pinned(services):
    for name, service in services.items():
        image = re.sub(r"\$\{\w+:-(.*)\}", r"\1", service["image"])
        assert re.search(r":v?\d+\.\d+\.\d+[\w.-]*$", image), f"{name}: {image}"


def test_what_runs_for_long_is_watched_limited_and_started_again(services):
    for name in (*PARTS, *SERVERS):
        service = services[name]
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0].startswith("CMD"), name
        assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys(), name


def test_what_is_done_once_comes_to_an_end(services):
    for name in ONCE:
        assert services[name]["restart"] in ("no", "on-failure:5")
        assert name == "secrets" or services[name]["deploy"]["resources"]["limits"]
    for name in ("splitter", "downloader", "indexer", "tracker", "query"):
        waits = services[name]["depends_on"]
        assert all(waits[once]["condition"] == "service_completed_successfully" for once in ONCE), name


def test_no_part_may_do_more_than_it_needs(services):
    for name in (*PARTS, "topics", "secrets"):
        service = services[name]
        assert service["user"] == "10001:10001" and service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service and "cap_add" not in service


def test_servers_are_reached_by_the_parts_only(text, services):
    assert yaml.safe_load(text)["networks"]["servers"]["internal"] is True
    assert {name for name, service in services.items() if "outside" in service.get("networks", [])} == {"splitter", "query"}
    assert {name for name, service in services.items() if "ports" in service} == {"query"}
    assert services["query"]["ports"] == ["${FRAMEHOUND_ADDRESS:-127.0.0.1:8080}:8080"]


def test_every_secret_is_asked_for_and_none_is_written_down(text):
    example = dict(line.split("=", 1) for line in (ROOT / "deploy" / "compose.env").read_text().splitlines() if re.match(r"\w+=", line))
    asked = set(re.findall(r"\$\{(\w+):\?", text))
    assert asked == set(example)
    assert {name: value for name, value in example.items() if value} == {"S3_ACCESS_KEY": "framehound"}


def test_redis_is_told_any_password_and_shows_it_to_nobody(services, tmp_path):
    program = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if program is None or shutil.which("redis-cli") is None:
        pytest.skip("no Redis server is installed: scripts/setup test installs redis-tools")
    (tmp_path / "bin" / "server").mkdir(parents=True)
    (tmp_path / "bin" / "server" / "redis-server").symlink_to(program)
    port, password = free_port(), "a $HOME `of` \\n 'quotes' \"and\" \\ more"
    for name, text in (("docker-entrypoint.sh", 'exec "$@"'),
                       ("redis-server", f'printf "%s\\n" "$@" >{tmp_path}/arguments\n'
                                        f'exec {tmp_path}/bin/server/redis-server "$@" --port {port} --bind 127.0.0.1')):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    told = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "REDISCLI_AUTH": password}
    server = subprocess.Popen([word.replace("$$", "$") for word in services["redis"]["command"]], env=told, cwd=tmp_path,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def says(**more) -> str:
        return subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True, text=True, env={**told, **more}).stdout

    try:
        until("Redis to take the password", lambda: says() == "PONG\n", 60)
        assert "NOAUTH" in says(REDISCLI_AUTH="")
    finally:
        server.kill()
        server.wait(60)
    shown = (tmp_path / "arguments").read_text()
    assert "noeviction" in shown and "quotes" not in shown


def test_every_variable_is_one_that_the_program_knows(text, services):
    known = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    used = {key for name in PARTS for key in services[name].get("environment", {}) if key.startswith("FRAMEHOUND_")}
    assert len(used) > 10
    assert [key for key in used if f"`{key}`" not in known] == []
