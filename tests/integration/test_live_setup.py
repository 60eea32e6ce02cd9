"""Set-up of the servers of tests/live: what cannot be had is left out, and the tests say why."""

import os
import subprocess

import pytest

from harness import live_servers
from harness.program import ROOT

SCRIPT = """
set -euo pipefail
. scripts/lib/common.sh
. scripts/lib/live.sh
have() { [ "$1" != go ]; }
breaks() { false; say "went on after what failed"; }
complains() { die "the registry does not answer: see the lines above"; }
works() { say "worked"; }
live_or_leave_out broken breaks
live_or_leave_out refused complains
live_or_leave_out built live_go_step built example.org/built@v1.0.0
live_or_leave_out there works
say "came to the end"
"""


def test_a_server_that_cannot_be_had_does_not_end_the_set_up_and_leaves_its_reason(tmp_path, monkeypatch):
    done = subprocess.run(["bash", "-c", SCRIPT], cwd=ROOT, env={**os.environ, "FRAMEHOUND_DEPS": str(tmp_path)},
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and done.stderr.endswith("worked\ncame to the end\n"), done.stderr
    assert "went on" not in done.stderr
    monkeypatch.setattr(live_servers, "LIVE", tmp_path / "live")
    for name, reason in (("broken", "its set-up ended with status 1"), ("refused", "the registry does not answer"),
                         ("built", "it is built by Go (1.25 or newer), which is not here"), ("there", "run scripts/setup live")):
        with pytest.raises(pytest.skip.Exception) as skipped:
            live_servers.need(tmp_path / name, name)
        assert str(skipped.value) == f"{name} is not here: {reason}"
    live_servers.need(tmp_path, "tmp")
