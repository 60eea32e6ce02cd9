"""Blobs in a folder, in a bucket, and in the same bucket by Amazon's client for Python, in one run.

usage: blobs.py BLOB_BENCH DEPS [--quick]

The bucket is Versity's gateway over a folder of the same disk (scripts/setup live), started here on 127.0.0.1. Each line
is the median of three runs, the three ways taking turns.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

program, deps = Path(sys.argv[1]), Path(sys.argv[2])
quick = "--quick" in sys.argv
SMALL, LARGE_MIB, RUNS = (200, 64, 1) if quick else (2000, 512, 3)
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret"}
COLUMNS = {"put_small": "30 kB in, a second", "get_small": "30 kB out, a second", "put_large": f"{LARGE_MIB} MiB in, MB/s",
           "get_large": "out, MB/s", "ranges": "1 MiB ranges, MB/s", "remove": "removed a second"}

gateway = deps / "live" / "bin" / "versitygw"
if not gateway.exists():
    sys.exit("blobs.py: Versity's gateway is not installed: run scripts/setup live")


def run(*command, **variables):
    done = subprocess.run(list(map(str, command)), env={**os.environ, **KEYS, **variables}, check=True,
                          stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, port):
    (folder / "bucket" / "media").mkdir(parents=True)
    process = subprocess.Popen(
        [gateway, "--port", f"127.0.0.1:{port}", "--keep-alive", "--quiet", "posix", folder / "bucket"],
        env={**os.environ, "ROOT_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            if process.poll() is not None:
                sys.exit("blobs.py: the gateway ended at once")
            time.sleep(0.05)


def measure(threads):
    counts = ("--small", SMALL, "--large", LARGE_MIB, "--threads", threads)
    ways = {
        "folder": lambda n: run(program, *counts, "dir", folder / f"dir-{threads}-{n}"),
        "bucket": lambda n: run(program, *counts, "s3", endpoint, f"s3://media/own-{threads}-{n}"),
        "bucket, boto3": lambda n: run(sys.executable, Path(__file__).with_name("blob_peer.py"), endpoint, "media",
                                       f"boto-{threads}-{n}", SMALL, LARGE_MIB, threads,
                                       PYTHONPATH=str(deps / "bench" / "boto3")),
    }
    results = {name: [] for name in ways}
    for n in range(RUNS):
        for name, way in ways.items():
            results[name].append(way(n))
    for name, runs in results.items():
        values = [f"{statistics.median(r[column] for r in runs):,.0f}" for column in COLUMNS]
        if name == "folder":
            values[3] = "no copy"  # the stored file itself is read
        print(f"| {name} | {threads} | " + " | ".join(values) + " |", flush=True)


with tempfile.TemporaryDirectory() as temporary:
    folder = Path(temporary)
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    server = start(folder, port)
    try:
        print("| where | threads | " + " | ".join(COLUMNS.values()) + " |\n|" + " --- |" * (len(COLUMNS) + 2))
        for threads in (1, 8):
            measure(threads)
    finally:
        server.terminate()
        server.wait()
