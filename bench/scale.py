"""How ingestion grows with the number of indexers, over real servers: Kafka, S3, Redis and `framehound vectors`.

All servers are started here, on 127.0.0.1 (scripts/setup live), anew for each line. Three tables:

real     Real indexer processes, each with one thread of inference, on this machine's processors; beside them what as
         many processes do that run both networks and nothing else (bench/bare_inference.py): no number of indexers can
         grow better than that, and on processors that share a core or memory that is less than their number.
waiting  1, 2, 4 ... indexers whose inference is replaced by a wait of the processor time that the real one takes
         (BUILD/framehound-waiting, bench/waiting_models.c), so that more of them can be run than the machine could compute
         for. Everything else is done: reading pictures, cutting and storing crops, vectors, objects, messages.
slow     The same with a slower model, so that 64 indexers fit what the servers on this machine can take: what the sharing
         of the work costs by itself.

Frames wait in Kafka before the indexers start; each line is what is indexed in a span of time in the middle, with the
processors that each server used meanwhile, and the milliseconds that a frame takes of an indexer's time, by stage.
"""

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

PROCESSORS = len(os.sched_getaffinity(0))
SLOWER = 16
BATCH = 16  # frames that an indexer takes at once
BARE_S = 8


def counts(text: str) -> list[int]:
    return [int(count) for count in text.split(",")]


def doubled(most: int) -> list[int]:
    return [1 << i for i in range(most.bit_length()) if 1 << i <= most]


def real_counts() -> list[int]:
    """All processors cannot be the indexers': the servers need some."""
    return sorted({*doubled(PROCESSORS), max(1, PROCESSORS * 3 // 4), PROCESSORS})


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("deps", type=Path)
    parser.add_argument("--quick", action="store_true", help="small and short: to see that it works, not to quote")
    for table in ("real", "waiting", "slow"):
        parser.add_argument(f"--{table}", type=counts, nargs="?", const=[], metavar="N,N...",
                            help="this table (and others that are named, no others), with these numbers of indexers")
    parser.add_argument("--span", type=float, default=0, metavar="S", help="seconds that a line is measured for (default: 20)")
    given = parser.parse_args()
    if given.real is given.waiting is given.slow is None:
        given.real = given.waiting = given.slow = []
    most = 4 if given.quick else 64
    if given.real == []:
        given.real = [1, 2] if given.quick else real_counts()
    for table in ("waiting", "slow"):
        if getattr(given, table) == []:
            setattr(given, table, doubled(most))
    given.span = given.span or (5 if given.quick else 20)
    return given


given = arguments()
build, deps = given.build.resolve(), given.deps.resolve()
# The harness of the tests reads them when it is imported.
os.environ.update(FRAMEHOUND_BIN=str(build / "framehound"), FRAMEHOUND_DEPS=str(deps))
root = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(root / "tests"), str(root / "tests" / "live")]

from harness.program import PROGRAM  # noqa: E402
from ingest import default_models  # noqa: E402
from scale_stage import COLUMNS, STAGES, Line, Measuring  # noqa: E402

WAITING = build / "framehound-waiting"


def describe_machine() -> None:
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown")
    siblings = {path.read_text() for path in Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list")}
    cores = f" on {len(siblings)} cores" if siblings else ""
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    print(f"{model}, {PROCESSORS} processors of {os.cpu_count()}{cores}, {gib:.0f} GiB, Linux {platform.release()}; "
          f"lines of {given.span:.0f} s", flush=True)


def bare_inference(count: int) -> float:
    """Frames a second of `count` processes."""
    processes = [subprocess.Popen([sys.executable, root / "bench" / "bare_inference.py", deps / "models", *default_models(),
                                   str(BARE_S)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                 for _ in range(count)]
    for process in processes:
        if process.stdout.readline() != "ready\n":
            sys.exit("scale.py: bare inference does not start")
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    return sum(float(process.communicate()[0]) for process in processes)


class Table:
    """Prints lines as they come; the stages of all below them."""

    def __init__(self, title: str, *more: str):
        self.lines: list[Line] = []
        print(f"\n{title}\n")
        names = ("indexers", "frames/s", "times one", "of what they could", *more, *COLUMNS)
        print("| " + " | ".join(names) + " |\n" + "| ---: " * len(names) + "|", flush=True)

    def add(self, line: Line, *more: str) -> None:
        self.lines.append(line)
        one = self.lines[0].rate / self.lines[0].count
        cells = (line.count, f"{line.rate:.1f}", f"{line.rate / one:.2f}", f"{line.rate / one / line.count:.0%}", *more,
                 *(f"{line.processors[role]:.2f}" for role in COLUMNS))
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)

    def expected(self, count: int, otherwise: float) -> float:
        """Of the next line at the most: as many times more as there are more indexers, until that has proved wrong."""
        if not self.lines:
            return otherwise
        last, before = self.lines[-1], self.lines[-2] if len(self.lines) > 1 else None
        if before and last.rate / before.rate < 0.8 * last.count / before.count:
            return last.rate * min(1.5, count / last.count)
        return last.rate * count / last.count

    def end(self) -> None:
        print("\n| indexers | " + " | ".join(f"{stage}, ms a frame" for stage in STAGES) + " |")
        print("| ---: " * (1 + len(STAGES)) + "|")
        for line in self.lines:
            print(f"| {line.count} | " + " | ".join(f"{line.stages_ms[stage]:.1f}" for stage in STAGES) + " |", flush=True)


def real_table(measuring: Measuring) -> Line:
    """Its first line: one indexer, which the other tables go by."""
    counts = given.real or [1]
    table = Table("Real inference, a thread each (processors used in the last columns)", "bare inference, times one")
    bare_one = bare_inference(1)
    for count in counts:
        # Twice what inference alone does: nothing does more.
        line = measuring.line(count, table.expected(count, 2 * bare_one * count), PROGRAM, {}, "--inference-threads", "1")
        bare = bare_one if count == 1 else bare_inference(count)
        table.add(line, f"{bare / bare_one:.2f}")
    table.end()
    return table.lines[0]


def waiting_table(measuring: Measuring, title: str, counts: list[int], answers: dict, objects: int, frame_us: float) -> None:
    table = Table(title)
    waits = {**answers, "FRAMEHOUND_WAIT_DETECT_US": str(int(frame_us / 2)),
             "FRAMEHOUND_WAIT_EMBED_US": str(int(frame_us / 2 / objects))}
    best, fruitless = 0.0, 0
    for count in counts:
        if fruitless == 2:
            print(f"(twice as many brought less than a tenth more, two times: {count} and above are left out)")
            break
        # A few batches of each.
        line = measuring.line(count, table.expected(count, count * 1e6 / frame_us), WAITING, waits,
                              span_s=5 * BATCH * frame_us / 1e6)
        table.add(line)
        fruitless = 0 if line.rate > 1.1 * best else fruitless + 1
        best = max(best, line.rate)
    table.end()


def main() -> None:
    if not WAITING.exists():
        sys.exit(f"scale.py: {WAITING} is not there: ninja -C BUILD framehound-waiting")
    # Ended in the middle, it takes its servers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="framehound-scale-") as name:
        describe_machine()
        most = max([1, *(given.real or []), *(given.waiting or []), *(given.slow or [])])
        # Twice as many partitions as readers, so that they are shared evenly; fewer are made sooner.
        measuring = Measuring(Path(name), deps / "media" / "bikes.mp4", max(16, 2 * most), given.span)
        one = real_table(measuring)
        if not given.waiting and not given.slow:
            return
        objects = max(1, round(one.objects))
        per_frame_us = one.processors["indexers"] / one.rate / one.count * 1e6
        answers = {"FRAMEHOUND_WAIT_OBJECTS": str(objects), "FRAMEHOUND_WAIT_DIMENSION": str(one.dimension)}
        # What an indexer computes beside inference is what the waiting one computes.
        waits = {**answers, "FRAMEHOUND_WAIT_DETECT_US": "50000", "FRAMEHOUND_WAIT_EMBED_US": "0"}
        line = measuring.line(1, 20, WAITING, waits)
        other_us = line.processors["indexers"] / line.rate * 1e6
        inference_us = max(1000, per_frame_us - other_us)
        print(f"\nA frame: {objects} objects, {per_frame_us / 1000:.1f} ms of processor time in the indexer, "
              f"{other_us / 1000:.1f} ms of it without inference")
        for counts, slower in ((given.waiting, 1), (given.slow, SLOWER)):
            if counts:
                waiting_table(measuring, f"Inference replaced by a wait of {inference_us * slower / 1000:.0f} ms a frame",
                              counts, answers, objects, inference_us * slower)


main()
