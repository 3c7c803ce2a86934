"""Every benchmark, one after the other, and a table of their ratios.

    python tests/benchmarks/all.py [--only commands frenet ...] [--to TABLE.md] [--full]

Each is a process of its own, so that nothing it loads or warms helps the next. By default the
sizes are small: all together take about half an hour on two cores. --full takes the sizes that
each file names as its own. One that fails is told with its last line, and the status is 1.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from tests.benchmarks.ratios import Ratio, told

ROOT = Path(__file__).resolve().parents[2]

QUICK: dict[str, tuple[str, ...]] = {
    "commands": ("--repeats", "3"),
    "one_pass": ("300",),
    "all_metrics": ("200",),
    "token_texts": ("--texts", "600", "--max-length", "256", "--rounds", "1"),
    "short_texts": ("--texts", "5000"),
    "prompt_entropy": (),
    "frenet": ("--layers", "13", "--width", "1024", "--rank", "300"),
    "neighbours": ("--texts", "10000"),
    "gfmi": (),
    "dime": (),
    "lidar": (),
    "dominance": ("--texts", "64"),
    "store_open": (),
    "app": ("--repeats", "2"),
}
"""Name of the file without bench_, and what makes it quick."""

WITHOUT_RATIO = {
    "ask": "what answers lose in scores, not in time",
    "ask_record": "the same over all bundled scores",
    "crowd": "writers and readers at one store for minutes: what came through",
    "growth": "time and memory by number of texts",
    "store_load": "writers, readers and exports at one store: does everybody end",
    "projection": "a test of chained maps beside AlignedUMAP: pytest -s bench_projection.py",
    "metric_costs": "each metric beside the costliest, which the declared costs are taken from",
}
"""Benchmarks that answer another question, which are run by themselves."""


def run(name: str, options: Sequence[str]) -> tuple[int, str]:
    """Status and output of one benchmark in a process of its own."""
    command = [sys.executable, "-m", f"tests.benchmarks.bench_{name}", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        return ended.returncode, ended.stdout + ended.stderr
    return 0, ended.stdout


def table(found: Sequence[tuple[str, Ratio]]) -> str:
    """The ratios as Markdown: what, how many times as long, against what, which file."""
    rows = [
        f"| {one.what} | {one.ratio:.2f} | {one.against} | bench_{name} |" for name, one in found
    ]
    return "\n".join(["| what | takes | times as long as | file |", "|---|---|---|---|", *rows])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(QUICK), default=list(QUICK))
    parser.add_argument("--to", type=Path, help="write the table here too")
    parser.add_argument("--full", action="store_true", help="the sizes that each file names")
    asked = parser.parse_args()
    found: list[tuple[str, Ratio]] = []
    failed = []
    for name in asked.only:
        started = time.monotonic()
        status, output = run(name, () if asked.full else QUICK[name])
        ratios = told(output)
        found += [(name, one) for one in ratios]
        if status or not ratios:
            last = (output.strip() or "nothing").splitlines()[-1]
            failed.append(f"bench_{name} ended with {status}: {last}")
        # As they come: who stops it half way has the first half.
        seconds = time.monotonic() - started
        print(f"bench_{name} in {seconds:.0f} s", *ratios, sep="\n  ", flush=True)
    print(table(found))
    print("\n".join(failed))
    if asked.to:
        asked.to.write_text(table(found) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
