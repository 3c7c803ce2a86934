"""What a person waits for at the command line, beside the import of torch and transformers.

    python -m tests.benchmarks.bench_commands [--repeats 5]

Each command runs as a process of its own; the run is computed once before, so that it only has to
find that the store has everything. CPU seconds, the median of the repeats.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile

from tests.benchmarks.ratios import tell

PAIR = ["--model", "all-MiniLM-L6-v2", "--task", "bbc-news"]
SAME_RUN = ["run", *PAIR, "--n", "60", "--max-length", "64", "--metrics", "lrd"]
COMMANDS = {
    "the same run again": SAME_RUN,
    "a model that does not exist": ["run", "--model", "nope", "--task", "bbc-news"],
    "a task that does not exist": ["scores", *PAIR[:3], "nope"],
    "--help": ["--help"],
    "--version": ["--version"],
    "jobs list": ["jobs", "list"],
}


def cpu_seconds(arguments: list[str], environment: dict[str, str]) -> float:
    """Of one process, from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"LRD_DATA_DIR": folder, "OMP_NUM_THREADS": "1"}
        cpu_seconds(["-m", "lrd_core", *SAME_RUN], environment)
        bare = ["-c", "import torch, transformers, transformers.models.auto"]
        taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
        loading = []
        for _ in range(repeats):
            loading.append(cpu_seconds(bare, environment))
            for name, words in COMMANDS.items():
                taken[name].append(cpu_seconds(["-m", "lrd_core", *words], environment))
    beside = statistics.median(loading)
    print(f"{'torch and transformers':<30} {beside:6.2f} s")
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        print(f"{name:<30} {median:6.2f} s")
        tell(name, median / beside, "importing torch and transformers")


if __name__ == "__main__":
    main()
