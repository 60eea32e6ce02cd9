import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.live_servers import LIVE
from harness.program import ROOT

# Clients of servers, which scripts/setup live installs.
sys.path.append(str(LIVE / "python"))

BUILD = Path(os.environ.get("FRAMEHOUND_BUILD", ROOT / "build"))
FORM = os.environ.get("FRAMEHOUND_LIVE")  # "whole" or "short"


def pytest_configure(config):
    config.addinivalue_line("markers", "short(*ids): in the short form too; of a test with parameters, only with those of these ids")


def is_short(item) -> bool:
    mark = item.get_closest_marker("short")
    return mark is not None and (not mark.args or item.callspec.id in mark.args)


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if FORM == "short" and here in item.path.parents and not is_short(item):
            item.add_marker(pytest.mark.skip(reason="not in the short form: make test-live runs it"))


@pytest.fixture(scope="session", autouse=True)
def _live():
    if FORM not in ("whole", "short"):
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
