"""Resident memory of `framehound up` while it ingests a long video in full HD: is it small, and does it stay flat?

usage: memory.py PROGRAM STREET_CLIP [MINUTES]     prints a table: a tenth of the time a row
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    program, street = sys.argv[1], sys.argv[2]
    minutes = float(sys.argv[3]) if len(sys.argv) > 3 else 10
    with tempfile.TemporaryDirectory(prefix="framehound-bench-") as name:
        folder = Path(name)
        video, data = folder / "long-1080p.mp4", folder / "data"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-stream_loop", "100000", "-i", street, "-t", str(minutes * 60),
                        "-vf", "scale=1920:1080", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "28", "-g", "50", video],
                       check=True)
        server = subprocess.Popen([program, "up", "--data", data, "--listen", "127.0.0.1:0"], stderr=subprocess.DEVNULL)
        try:
            while not (data / "server.json").exists():
                time.sleep(0.1)
            began = time.perf_counter()
            client = subprocess.Popen([program, "ingest", video, "--project", "bench", "--data", data, "--wait"],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            samples = []
            while client.poll() is None:
                samples.append(resident_mb(server.pid))
                time.sleep(0.25)
            seconds = time.perf_counter() - began
            print(client.stdout.read().strip())
        finally:
            server.terminate()
            server.wait()
        print(f"\n{minutes:g} minutes of 1920x1080 in {seconds:.0f} s; resident memory of the server in MB")
        print(f"{'part':<8}{'least':>8}{'most':>8}")
        for i in range(10):
            part = samples[len(samples) * i // 10 : len(samples) * (i + 1) // 10] or samples[-1:]
            print(f"{i + 1:>2}/10   {min(part):>8.0f}{max(part):>8.0f}")
        print(f"most of all: {max(samples):.0f} MB")


if __name__ == "__main__":
    main()
