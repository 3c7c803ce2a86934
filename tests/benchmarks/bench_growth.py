"""Time and memory of a whole run as the number of texts grows: MiniLM on Bible verses.

    python -m tests.benchmarks.bench_growth [--sizes 1000,3000,10000,30000] [--json]

Each size runs in a fresh process and an empty data folder, so that the peak of its resident
memory is its own. Processor seconds (all threads together; so are the stages) hardly change when
other programs keep the machine busy. `above base` is that peak less what the process holds once
the libraries and the model are loaded and 100 texts went through; `embeddings` is the size of the
array on disk.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
MIB = 2**20
METRICS = ("frenet", "nrs", "gfmi", "dataset_entropy")


def peak() -> int:
    """The most resident memory this process ever had, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def measure(n: int) -> dict[str, float]:
    """One run of n verses; returns seconds by stage and MiB."""
    sys.path.insert(0, str(PROJECT))
    from lrd_core.config import load_config
    from lrd_core.models.loading import Loading
    from lrd_core.runs import RunRequest
    from lrd_core.runs.execute import execute_run
    from lrd_core.settings import RunSettings

    config = load_config()
    stages: dict[str, float] = {}
    last = ["", time.process_time()]

    def watch(stage: str, done: int, total: int) -> None:
        now = time.process_time()
        stages[last[0]] = stages.get(last[0], 0.0) + now - last[1]
        last[:] = [stage, now]

    def run(size: int, seed: int):
        request = RunRequest(
            "all-MiniLM-L6-v2", "bible-kjv", METRICS, RunSettings(n=size, seed=seed, max_length=64)
        )
        return execute_run(request, config=config, loading=Loading("cpu"), progress=watch)

    run(100, seed=1)
    base = peak()
    stages.clear()
    started = time.process_time()
    report = run(n, seed=0)
    watch("", 0, 0)
    array = config.arrays_dir / f"{report.run_key}.npy"
    named = {name: seconds for name, seconds in stages.items() if seconds >= 0.5 and name}
    return {
        "n": n,
        "seconds": report.seconds,
        "processor": time.process_time() - started,
        "peak": peak() / MIB,
        "above base": (peak() - base) / MIB,
        "embeddings": array.stat().st_size / MIB,
        **named,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,3000,10000,30000")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one)))
        return
    if not arguments.json:
        print("texts | wall s | processor s | peak MiB | above base MiB | embeddings MiB | stages")
    for size in arguments.sizes.split(","):
        with tempfile.TemporaryDirectory() as folder:
            answer = subprocess.run(
                [sys.executable, __file__, "--one", size],
                env=os.environ | {"LRD_DATA_DIR": folder},
                check=True,
                capture_output=True,
                text=True,
            ).stdout.splitlines()[-1]
        if arguments.json:
            print(answer, flush=True)
            continue
        row = json.loads(answer)
        columns = ("n", "seconds", "processor", "peak", "above base", "embeddings")
        line = " | ".join(f"{row.pop(name):,.0f}" for name in columns)
        stages = ", ".join(f"{name} {seconds:.0f}" for name, seconds in row.items())
        print(f"{line} | {stages}", flush=True)


if __name__ == "__main__":
    main()
