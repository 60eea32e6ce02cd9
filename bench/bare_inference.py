"""Both networks in one thread, again and again: what a processor gives where nothing but inference runs (bench/scale.py).

usage: bare_inference.py MODELS DETECTOR EMBEDDER SECONDS
says "ready", waits for a line, and says how many frames (a picture to find objects in, and an object) it did a second
"""

import sys
import time
from pathlib import Path

from ingest import load_network

ONE_THREAD = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": False}


def main() -> None:
    models, seconds = Path(sys.argv[1]), float(sys.argv[4])
    networks = [load_network(models, name, 1, ONE_THREAD) for name in sys.argv[2:4]]
    requests = [(network.create_infer_request(), pictures) for network, pictures in networks]
    frames = 0

    def frame():
        for request, pictures in requests:
            request.infer({0: pictures}, share_inputs=True)

    frame()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        frame()
        frames += 1
    print(frames / (time.perf_counter() - began))


main()
