"""Set-up does nothing twice, whatever path its folder is reached by; what is run lies where nobody else looks."""

import os
import subprocess
from pathlib import Path

from harness.program import ROOT

# A Python that is as new as it should be, makes environments, and runs nothing.
PYTHON = """#!/bin/sh
case $1 in
    -c) echo "x86_64 3 11" ;;
    -m) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
esac
"""
SCRIPT = """
set -euo pipefail
. scripts/lib/common.sh
. scripts/lib/python.sh
pip_run() { say "installs packages"; }
venv_step
"""


def set_up(python: Path, deps: Path) -> str:
    env = {**os.environ, "FRAMEHOUND_DEPS": str(deps), "FRAMEHOUND_PYTHON": str(python)}
    done = subprocess.run(["bash", "-c", SCRIPT], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_python_packages_are_not_installed_again_through_a_link(tmp_path):
    python = tmp_path / "python3"
    python.write_text(PYTHON)
    python.chmod(0o755)
    deps, linked = tmp_path / "deps", tmp_path / "linked"
    linked.symlink_to(deps)
    assert "installs packages" in set_up(python, deps)
    assert set_up(python, linked) == ""
    assert set_up(python, deps) == ""


def test_the_data_folder_that_is_made_is_its_owners_alone(tmp_path):
    data = tmp_path / "made" / "data"
    done = subprocess.run(["scripts/run", "--stop"], cwd=ROOT, env={**os.environ, "DATA": str(data)}, timeout=60,
                          capture_output=True, text=True, umask=0o022)
    assert done.returncode == 0, done.stderr
    assert data.stat().st_mode & 0o777 == 0o700
