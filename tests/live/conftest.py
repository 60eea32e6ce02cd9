import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.clips import DEPS
from harness.program import ROOT

# Clients of servers, which scripts/setup live installs.
sys.path.append(str(DEPS / "live" / "python"))

BUILD = Path(os.environ.get("FRAMEHOUND_BUILD", ROOT / "build"))


@pytest.fixture(scope="session", autouse=True)
def _live():
    if os.environ.get("FRAMEHOUND_LIVE") != "1":
        pytest.skip("tests against real servers are run by make test-live")


@pytest.fixture(scope="session")
def run_c_test():
    """Runs one of the C tests with the variables that name its server; it must not find that there is none."""

    def run(program: str, *args: str, timeout: float = 600, **variables: str) -> None:
        done = subprocess.run([BUILD / program, *args], env={**os.environ, **variables}, capture_output=True, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        assert "SKIP" not in said and "PASSED" in said + done.stderr, said

    return run
