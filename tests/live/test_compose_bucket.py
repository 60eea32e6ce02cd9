"""The service of deploy/compose.yaml that makes the bucket, on a real S3 server."""

import os
import subprocess

import pytest
import yaml

from harness.program import ROOT
from s3_server import KEY, SECRET, Versity


@pytest.fixture
def server(tmp_path):
    made = Versity(tmp_path / "s3")
    yield made
    made.stop()


@pytest.mark.short
def test_the_bucket_is_made_once_and_then_found(server):
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    # What compose makes of the file: `$$` is a dollar sign, a variable is replaced.
    shell, flag, script = services["bucket"]["entrypoint"]
    script = script.replace("${S3_BUCKET:-media}", "another").replace("$$", "$").replace("http://s3:7070", server.url)
    for expected in ("another: 200", "another: 409"):
        done = subprocess.run([shell, flag, script], env={**os.environ, "KEYS": f"{KEY}:{SECRET}", "no_proxy": "*"},
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and expected in done.stdout, done.stdout + done.stderr
    wrong = subprocess.run([shell, flag, script], env={**os.environ, "KEYS": f"{KEY}:wrong", "no_proxy": "*"}, capture_output=True, text=True)
    assert wrong.returncode != 0 and "another: 403" in wrong.stdout
