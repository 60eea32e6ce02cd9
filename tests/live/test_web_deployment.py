"""The web application's main tests, unchanged, against a distributed Framehound: each part a process, over real servers.
In the last one two query engines stand behind a balancer that sends the page from one to the other."""

import contextlib
import json
import os
import shutil
import subprocess

import pytest

from harness.clips import DEPS
from harness.program import PROGRAM, ROOT, SLOWNESS
from harness.redis_server import Redis
from kafka_server import Kafka
from s3_server import KEY, SECRET, Versity

TESTS = ("story", "labelling", "search", "query-engines")


def node() -> str:
    own = DEPS / "node" / "bin" / "node"
    found = str(own) if own.exists() else shutil.which("node")
    if found is None or not (ROOT / "web" / "node_modules" / "vitest").exists():
        pytest.skip("the packages of the web application are not here: run make setup")
    return found


@pytest.mark.parametrize("name", TESTS)
def test_the_web_application_works_on_a_distributed_deployment(name, tmp_path):
    runner = node()
    with contextlib.ExitStack() as stack:
        kafka = Kafka(tmp_path / "kafka")
        stack.callback(kafka.stop)
        s3 = Versity(tmp_path / "s3")
        stack.callback(s3.stop)
        redis = Redis(tmp_path / "redis")
        stack.callback(redis.end)
        servers = {"queue": f"kafka://{kafka.address}", "blobStore": f"s3://{s3.bucket}", "s3Endpoint": s3.url,
                   "metaStore": redis.address}
        done = subprocess.run(
            [runner, "node_modules/vitest/vitest.mjs", "run", "--config", "vitest.e2e.config.ts", f"e2e/{name}.e2e.ts"],
            cwd=ROOT / "web", capture_output=True, text=True, timeout=900 * SLOWNESS, stdin=subprocess.DEVNULL,
            env={**os.environ, "FRAMEHOUND_E2E_SERVERS": json.dumps(servers), "FRAMEHOUND_BIN": str(PROGRAM),
                 "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "NO_COLOR": "1"})
        assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-6000:] + done.stderr[-4000:]
