"""What it costs to open the store for one question, beside a DuckDB instance of its own for it.

    python -m tests.benchmarks.bench_store_open [--repeats 20]

CPU seconds of this process, in turns, the median of the repeats.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import duckdb

from lrd_core.config import load_config
from lrd_core.store import connect
from tests.benchmarks.ratios import tell

QUESTION = "SELECT count(*) FROM runs"


def cpu_seconds(act: Callable[[], None]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    config = load_config()

    def ours() -> None:
        with connect(config, read_only=True) as connection:
            connection.execute(QUESTION).fetchall()

    def alone() -> None:
        with duckdb.connect(str(config.database), read_only=True) as connection:
            connection.execute(QUESTION).fetchall()

    ours()
    pairs = [(cpu_seconds(ours), cpu_seconds(alone)) for _ in range(repeats)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = mine / theirs
    print(f"attached {mine * 1e3:.1f} ms, a new instance {theirs * 1e3:.1f} ms")
    tell("opening the store", ratio, "a DuckDB of its own for each question")


if __name__ == "__main__":
    main()
